"""Runs on MicroPython: the device's start on fakes of the chip, with nothing on its flash.

``start_script.py <firmware> <protocol> <fakes>``; prints what came of it, one JSON line each.
"""

import json
import sys

sys.path.insert(0, sys.argv[3])
sys.path += sys.argv[1:3]

import chip
import esp32

# A file system that is there and cannot be mounted: the stock start would print for ever.
esp32.Partition.sizes["vfs"] = 4
__import__("start._boot")
print(json.dumps(["boot", "goes on"]))

from start import main  # noqa: E402 - what it finds was set up above

armed = []


class Time:
    """The pause before the restart, noticed and not waited for."""

    @staticmethod
    def sleep_ms(ms):
        armed.extend(chip.watchdogs)
        print(json.dumps(["pause", ms]))


main.time = Time
try:
    main.main()
except chip.Reset:
    print(json.dumps(["end", "reset"]))
print(json.dumps(["watchdog first", armed[:1]]))
