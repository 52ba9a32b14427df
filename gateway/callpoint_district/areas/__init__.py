"""What a district says and does for each area of the grid: whose an alarm is, levels, plans."""
