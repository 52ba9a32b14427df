"""Monthly reports, and the situation against the weeks before: places, never persons."""
