"""Runs on MicroPython: a whole update in a heap that has no piece of 4 KiB left.

``update_pieces.py <firmware> <protocol> <package> <modulus> <piece>`` prints what runs then.
"""

import asyncio
import sys
from binascii import unhexlify

sys.path += sys.argv[1:3]

from pieces import chop
from update_parts import Device

with open(sys.argv[3], "rb") as file:
    package = file.read()
with open(sys.argv[4]) as file:
    modulus = unhexlify(file.read().strip())


async def main():
    device = Device(package, modulus, False, -1)
    await device.live(command=False)  # what the first start loads is there
    walls = chop(int(sys.argv[5]))
    command = True
    for _ in range(4):
        if not await device.live(command=command):
            break
        command = False
    del walls  # what the comparison itself needs is no part of the update
    print(device.image(), device.events.raised)


asyncio.run(main())
