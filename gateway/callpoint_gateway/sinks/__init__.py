"""Sinks: servers to which the gateway sends journal entries over HTTP, each in its own thread."""
