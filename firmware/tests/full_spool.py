"""Runs on MicroPython: more events than fit. ``full_spool.py <firmware> <protocol> <every>``."""

import json
import sys

sys.path += sys.argv[1:3]

from nor_flash import NorFlash

from callpoint_firmware.events import Events
from callpoint_firmware.spool import Spool
from callpoint_protocol.names import ALARM, DEVICE, DOOR, NOTICE, OPEN, PANIC


class Clock:
    def monotonic_ms(self):
        return 1000

    def wall_ms(self):
        return None


def count(events, kind, numbers):
    return len([event for event in events if event.kind == kind and event.seq in numbers])


def waiting(spool):
    found = []
    position = spool.after(-1)
    while position >= 0:
        event = spool.read(position)
        found.append(event)
        position = spool.after(position)
    return found


flash = NorFlash(4)
spool = Spool(flash, lambda: 7)
events = Events(spool, Clock(), lambda event: None)
alarms = []
every = int(sys.argv[3])  # every such event is an alarm
for number in range(2000):
    if number % every == 0:
        alarms.append(events.raise_event(PANIC, ALARM, 1, 1).seq)
    else:
        events.raise_event(DOOR, NOTICE, 2, OPEN)
now = waiting(spool)
later = waiting(Spool(flash, lambda: 7))
print(
    json.dumps(
        {
            "alarms": len(alarms),
            "now": count(now, PANIC, alarms),
            "later": count(later, PANIC, alarms),
            "reports": len([event for event in now if event.kind == DEVICE]),
            "lost": spool.lost,
            "raised": spool.seq,
            "waiting": len(now),
            "capacity": spool.capacity,
        }
    )
)
