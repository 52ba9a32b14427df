"""Tells a city what the district has: the district is a gateway of its city."""
