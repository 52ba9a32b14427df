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


class Answers:
    def raised(self, boot, seq, kind, state, since):
        pass


def kinds(spool):
    found = []
    position = spool.after(-1)
    while position >= 0:
        event = spool.read(position)
        found.append((event[0], event[7], event[4]))
        position = spool.after(position)
    return found


flash = NorFlash(4)
spool = Spool(flash, lambda: 7)
events = Events(spool, Clock(), Answers(), lambda event: None)
alarms = []
every = int(sys.argv[3])  # every such event is an alarm
for number in range(2000):
    if number % every == 0:
        alarms.append(events.raise_event(PANIC, ALARM, 1, 1))
    else:
        events.raise_event(DOOR, NOTICE, 2, OPEN)
now = kinds(spool)
later = kinds(Spool(flash, lambda: 7))
print(
    json.dumps(
        {
            "alarms": len(alarms),
            "now": len([e for e in now if e[0] == PANIC and e[1] in alarms]),
            "later": len([e for e in later if e[0] == PANIC and e[1] in alarms]),
            "reports": len([e for e in now if e[0] == DEVICE]),
            "lost": spool.lost,
            "raised": spool.seq,
            "waiting": len(now),
            "capacity": spool.capacity,
        }
    )
)
