"""Follows the journals in one thread, and sends what has changed to every open page."""
