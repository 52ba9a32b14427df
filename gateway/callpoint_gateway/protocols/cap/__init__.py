"""OASIS CAP 1.2: an event as an alert for property desks and city platforms."""
