"""Forgotten alarms, found by what their devices sent."""

from typing import Final

#: Each event that comes is looked up among the forgotten alarms, of which there are few. Without
#: an index of these alone, all alarms that were ever kept would be read for each parcel.
STEP: Final = """
CREATE INDEX alarms_forgotten ON alarms (gateway, device, boot, seq) WHERE forgotten;
"""
