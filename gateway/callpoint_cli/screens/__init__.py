"""Commands that show the present state and the journals."""
