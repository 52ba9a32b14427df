"""The engine (NATS) of a district, and who may use it."""
