"""A technician's day on the phone: testing what hangs at a place, what is left, the hand-over."""
