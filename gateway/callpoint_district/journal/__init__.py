"""Takes, checks and keeps the journals of gateways, and what follows from them."""
