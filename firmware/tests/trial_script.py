"""Runs on MicroPython: the life of one trial, against a client that does what it is told.

``trial_script.py <firmware> <protocol>`` prints one JSON line for each case: which contexts the
attempts used, whether the certificate was kept, and whether the trial is over.
"""

import asyncio
import json
import sys

sys.path += sys.argv[1:3]

from callpoint_firmware.certificate import Trial


class Clock:
    now = 0

    def monotonic_ms(self):
        return self.now


class Client:
    def __init__(self):
        self.trial = None
        self.proven = True
        self.reconnects = 0

    def doubt(self):
        self.proven = False

    async def reconnect(self):
        self.reconnects += 1


async def case(name, steps):
    client, clock, used, kept = Client(), Clock(), ["old"], []
    client.trial = Trial(client, clock, "new", lambda: kept.append(True))

    def attempt():
        if client.trial:
            used.append(client.trial.context(used[-1]))

    for step in steps:
        if step == "attempt":
            attempt()
        elif step == "proven":
            client.proven = True
        elif client.trial:
            clock.now += 1_000
            await client.trial.step(step == "quiet")
    told = {"case": name, "used": used[1:], "kept": len(kept), "over": client.trial is None}
    told["reconnects"] = client.reconnects
    print(json.dumps(told))


async def main():
    await case("taken", ["quiet", "attempt", "busy", "proven", "busy", "attempt"])
    await case("refused", ["quiet", "attempt", "attempt", "proven", "quiet"])
    await case("lost at once", ["quiet", "attempt", "proven", "attempt", "quiet"])
    await case("never quiet", ["busy"] * 31)
    await case("lost before it was quiet", ["busy", "attempt", "proven", "busy"])
    await case("slow", ["quiet", "attempt"] + ["quiet"] * 31 + ["attempt", "quiet"])


asyncio.run(main())
