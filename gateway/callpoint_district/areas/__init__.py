"""What a district does for each area: desks of alarms, response levels, action plans."""
