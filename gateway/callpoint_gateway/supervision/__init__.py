"""Supervises devices, the gateway's parts and the clock; holds inhibits of work under way."""
