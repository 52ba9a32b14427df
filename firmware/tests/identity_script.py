"""Runs on MicroPython: read identities out of a partition, whole and harmed.

``identity_script.py <firmware> <protocol> <image> read|harm|tls`` or ``... - settings``, which
judges settings from stdin, one JSON object a line.
"""

import json
import sys

sys.path += sys.argv[1:3]

from callpoint_firmware import identity, settings

_SECTOR = 4096


class Flash:
    """A partition that cannot be read across the border of a sector, nor written at all."""

    def __init__(self, cells):
        self.cells = cells

    def readblocks(self, number, buf, offset):
        if offset + len(buf) > _SECTOR:
            raise OSError(22)
        at = number * _SECTOR + offset
        buf[:] = memoryview(self.cells)[at : at + len(buf)]

    def ioctl(self, op, arg):
        return len(self.cells) // _SECTOR if op == 4 else _SECTOR


def reason(cells):
    try:
        identity.read(Flash(cells))
    except ValueError as error:
        return str(error)
    return "read"


def harm(image):
    """Print how often which harm got which answer."""
    used = len(image)
    while image[used - 1] == 0xFF:
        used -= 1
    told = {}

    def note(harm, cells):
        key = harm + ": " + reason(cells)
        told[key] = told.get(key, 0) + 1

    cells = bytearray(image)
    for at in range(used):
        for mask in (1 << at % 8, 0xFF):
            cells[at] ^= mask
            note("flip", cells)
            cells[at] ^= mask
    note("whole", cells)
    for at in range(used - 1, -1, -1):
        cells[at] = 0xFF
        note("cut", cells)
    cells[:] = image
    for at in range(used - 1, -1, -1):
        cells[at] = 0 if image[at] else 1  # what an older, longer identity left there
        note("over", cells)
    note("small", memoryview(image)[: used // _SECTOR * _SECTOR])
    print(json.dumps(told))


def judge():
    for line in sys.stdin:
        try:
            settings.Settings(json.loads(line))
            print("good")
        except ValueError as error:
            print(error)
        except (KeyError, TypeError, AttributeError) as error:
            print("crashed: %r" % error)


if sys.argv[4] == "settings":
    judge()
else:
    with open(sys.argv[3], "rb") as file:
        found = file.read()
    if sys.argv[4] == "harm":
        harm(found)
    elif sys.argv[4] == "tls":
        known = settings.Settings(identity.read(Flash(found)))
        print(known.ssl_context()[1])
    else:
        content = identity.read(Flash(found))
        for key in ("ca", "cert", "key"):
            if key in content.get("tls", {}):
                content["tls"][key] = list(content["tls"][key])
        print(json.dumps(content))
