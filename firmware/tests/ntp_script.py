"""Runs on MicroPython: ask a time server; ``ntp_script.py <firmware> <protocol> <JSON>``.

JSON: ``port``; ``times``, how often to ask; ``epoch``, 2000 as on an ESP32; ``wall`` at the start;
``made``; ``server``, an address or a name; ``dns``, the port of who knows names.
"""

import asyncio
import json
import sys

sys.path += sys.argv[1:3]
asked = json.loads(sys.argv[3])

if asked.get("epoch") == 2000:
    import time as real

    class Time:
        """The same clock, counted from 2000."""

        ticks_ms, ticks_diff, ticks_add = real.ticks_ms, real.ticks_diff, real.ticks_add
        sleep_ms = real.sleep_ms

        @staticmethod
        def time():
            return real.time() - 946_684_800

        @staticmethod
        def time_ns():
            return real.time_ns() - 946_684_800_000_000_000

        @staticmethod
        def gmtime(seconds):
            return real.gmtime(seconds + 946_684_800)

    sys.modules["time"] = Time

from callpoint_boards import ntp  # noqa: E402 - the epoch was set above
from callpoint_firmware.clock import Clock  # noqa: E402

told = []


async def main():
    clock = Clock()
    if "wall" in asked:
        clock.set_wall(asked["wall"] * 1000)
    dns = asked.get("dns")
    server = ntp.Time(
        lambda: asked.get("server", "127.0.0.1"),
        clock,
        told.append,
        asked.get("made", 0),
        lambda: dns and ("127.0.0.1", dns),
        asked["port"],
    )
    turns = 0
    done, pauses = [], []
    for _ in range(asked.get("times", 1)):
        task = asyncio.create_task(server.once())
        while not task.done():
            await asyncio.sleep_ms(5)
            turns += 1
        done.append(await task)
        pauses.append(server.pause(done[-1]))
    system = clock.wall_ms()
    clock.set_wall_from_system()
    off = clock.wall_ms() - asked.get("now", 0) * 1000
    result = {"set": done, "wall": system, "told": told, "turns": turns}
    result.update({"pauses": pauses, "off": off})
    print(json.dumps(result))


asyncio.run(main())
