"""The identity of a device: its settings, checked and packed into an image."""
