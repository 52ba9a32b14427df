"""The ways by which messages of devices come in: MQTT, CoAP, serial lines."""
