"""Commands for whoever runs the gateway."""
