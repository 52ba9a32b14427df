"""The files that people write for a gateway, read and checked before anything starts."""
