"""Commands for who runs the gateway."""
