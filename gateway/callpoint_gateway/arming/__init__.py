"""Partitions that people arm: what is guarded when, and what an open door means then.

``state``: what may follow what, without time or disk. ``guard``: does it durably. ``keypad``:
whose code it is. ``panel``: Home Assistant's alarm panel over MQTT.
"""
