"""Runs on MicroPython: ask a time server once; ``ntp_script.py <firmware> <protocol> <port>``."""

import asyncio
import json
import sys

sys.path += sys.argv[1:3]

from boards.ntp import Time
from callpoint_firmware.clock import Clock

told = []


async def main(port):
    clock = Clock()
    turns = 0
    task = asyncio.create_task(Time(lambda: "127.0.0.1", clock, told.append, port).once())
    while not task.done():
        await asyncio.sleep_ms(5)
        turns += 1
    print(json.dumps({"set": await task, "wall": clock.wall_ms(), "told": told, "turns": turns}))


asyncio.run(main(int(sys.argv[3])))
