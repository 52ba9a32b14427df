"""What is written to a board: partition table, MicroPython, the application in its slots."""
