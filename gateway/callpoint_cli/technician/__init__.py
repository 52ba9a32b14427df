"""Commands that prepare devices and send them orders."""
