"""Tells centres by SIA DC-09. The frames are those of ``protocols.dc09``."""
