"""Callpoint on one machine with simulated parts: for the demo, for chaos runs and for tests."""
