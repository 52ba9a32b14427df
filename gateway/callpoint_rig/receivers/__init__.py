"""Alarm centres for the demo and the tests, each a process of its own."""
