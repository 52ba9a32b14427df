"""The pages of the console: their addresses, and what answers there."""
