"""Tells a district what the alarms journal holds; its cursor moves on the district's receipt."""
