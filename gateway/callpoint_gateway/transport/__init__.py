"""Connections: MQTT, TCP and UDP to receivers, HTTP."""
