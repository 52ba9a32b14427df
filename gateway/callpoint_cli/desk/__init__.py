"""Commands with which people act on alarms, exercises, partitions and inhibits."""
