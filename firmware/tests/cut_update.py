"""Runs on MicroPython: a whole update with the power cut at every flash operation.

``cut_update.py <firmware> <protocol> <package> <modulus> <torn> <every> <loader>``: files named,
``loader`` is ``Loader`` or ``Picker``; prints one JSON line. The slots, the boot loader's record
and the store all lose power at once. With ``every`` 0 the update is played once, and what runs
then and was told is printed.
"""

import asyncio
import json
import sys
from binascii import unhexlify

sys.path += sys.argv[1:3]

import update_parts
from nor_flash import PowerCut
from update_parts import Device

from callpoint_firmware.store import SEQUENCE, Store


async def play(device, healthy=True, command=True):
    """Live until nothing restarts any more; the gateway's command comes in the first life."""
    for _ in range(6):
        if not await device.live(healthy, command):
            return
        command = False


async def main(content, modulus, torn, every, loader):
    whole = Device(content, modulus, torn, -1, loader)
    await play(whole)
    if not every:
        print(json.dumps([whole.image(), whole.events.raised]))
        return
    result = {"operations": whole.cuts.operations, "image": whole.image(), "points": 0, "bad": 0}
    result["sequence"] = int.from_bytes(Store(whole.state).get(SEQUENCE), "little")
    result["unfinished"] = 0
    for left in range(0, whole.cuts.operations, every):
        device = Device(content, modulus, torn, left, loader)
        try:
            await play(device)
        except PowerCut:
            result["points"] += 1
        device.cuts.left = -1
        if device.image(device.loader.would_run()) == "neither":
            result["bad"] += 1
        await play(device)
        sequence = int.from_bytes(Store(device.state).get(SEQUENCE) or b"", "little")
        if device.image() != "new" or sequence != 7:
            result["unfinished"] += 1
    sick = Device(content, modulus, torn, -1, loader)
    await play(sick, False)
    result["on_trial"] = sick.image()
    await play(sick, False, False)
    result["returned"] = [sick.image(), sick.events.raised]
    print(json.dumps(result))


with open(sys.argv[3], "rb") as file:
    package = file.read()
with open(sys.argv[4]) as file:
    modulus = unhexlify(file.read().strip())
chosen = getattr(update_parts, sys.argv[7])
asyncio.run(main(package, modulus, sys.argv[5] == "1", int(sys.argv[6]), chosen))
