"""Writes boards: ports, esptool behind one adapter, the journal of a batch, what goes wrong."""
