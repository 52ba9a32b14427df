"""Tells centres by CAP 1.2. The messages are those of ``protocols.cap``."""
