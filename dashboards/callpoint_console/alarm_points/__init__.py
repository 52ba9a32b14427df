"""What residents may know of an alarm point: the codes on its labels, and its public page."""
