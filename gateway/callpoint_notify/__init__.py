"""Tells people outside of alarms and faults, in a process of its own."""
