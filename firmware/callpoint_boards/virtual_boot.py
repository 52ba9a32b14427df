"""Start a virtual board from the firmware in one of its slots: ``virtual_boot.py settings.json``.

``board.slots`` in the settings names the folder of the slots (see ``virtual_slots``). Everything
but this file and the loader comes out of the slot's image.
"""

import json
import sys

_HERE = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
sys.path.append(_HERE)

import virtual_slots  # noqa: E402 - the path must be known first


def main(path: str) -> None:
    with open(path) as file:
        board = json.load(file)["board"]
    slots = virtual_slots.Slots(board["slots"], board.get("slot_sectors", 64))
    virtual_slots.mount(slots.path(slots.running))
    from callpoint_boards import virtual

    slots.open_with(virtual.FileFlash)
    virtual.start(path, slots)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.stderr.write("usage: micropython virtual_boot.py settings.json\n")
        sys.exit(2)
    main(sys.argv[1])
