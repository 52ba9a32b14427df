"""Partitions that people arm: what is guarded when, and what an open door means then.

``state``: what may follow what, without time or disk. ``guard``: does it durably. ``codes``: who
may disarm from afar. ``panel``: Home Assistant's alarm panel over MQTT.
"""
