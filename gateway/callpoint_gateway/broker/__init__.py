"""Mosquitto's configuration and certificates, and what the broker really does."""
