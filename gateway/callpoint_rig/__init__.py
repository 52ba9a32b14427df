"""Callpoint on one machine with simulated parts: demo, chaos, tests. Not the product."""
