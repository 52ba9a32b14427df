"""Alarms from the event that opens one to the person who closes it, and the model of a site."""
