"""The sources of device messages: MQTT, CoAP and serial lines."""
