"""The life of an alarm, from the event that opened it to the person who closed it."""
