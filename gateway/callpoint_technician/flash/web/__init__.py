"""The page from which a browser writes the firmware, without an identity."""
