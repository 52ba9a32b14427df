"""Runs on MicroPython: an update over a bad line, from a resumed start, and on trial.

``update_script.py <firmware> <protocol> <package> <modulus>``: files named; a line of stdin is
what comes on ``img`` before an answer, bodies in hex between blanks, ``-`` for an answer that is
lost. Prints one JSON line. Time passes by pauses only, and each is over at once.
"""

import asyncio
import json
import struct
import sys
from binascii import unhexlify

sys.path += sys.argv[1:3]

from update_parts import Device, Gateway

from callpoint_firmware.sleeper import Sleeper
from callpoint_firmware.store import SEQUENCE, UPDATE, Store


class Time:
    """Moves on by every pause that is asked for."""

    def __init__(self):
        self.now = 0
        self.patience_ms = 200  # real ones, for what comes after garbage
        self._sleep = asyncio.sleep_ms
        self._wait = asyncio.wait_for_ms
        asyncio.sleep_ms = self.sleep_ms
        asyncio.wait_for_ms = self.wait_for_ms

    def monotonic_ms(self):
        return self.now

    async def sleep_ms(self, ms):
        self.now += ms
        await self._sleep(0)

    async def wait_for_ms(self, task, ms):
        try:
            await self._wait(task, self.patience_ms)
        except asyncio.TimeoutError:
            self.now += ms
            raise


TIME = Time()
_MANY = 3_000_000  # turns; it ends with the restart


class BadLine(Gateway):
    """An answer comes after garbage, twice, or not at all; what was asked for is kept."""

    def __init__(self, content, noise):
        super().__init__(content)
        self.noise = noise
        self.asked = []
        self.mute = False
        self.answering = None
        self.faults = []

    async def publish(self, channel, body):
        asked = json.loads(body)
        self.asked.append(asked["o"])
        if not self.mute:
            self.answering = asyncio.create_task(self._answer(asked, channel, body))

    async def _answer(self, asked, channel, body):
        before = self.noise.pop(0) if self.noise else []
        bodies = [unhexlify(text) for text in before if text != "-"]
        # The right offset of another package, and another offset of the right one.
        if asked["p"]:
            bodies.append(struct.pack("<II", asked["p"] ^ 1, asked["o"]) + b"wrong")
            bodies.append(struct.pack("<II", asked["p"], asked["o"] - 1) + b"wrong")
        for chunk in bodies:
            try:
                self.update.take(chunk)
            except Exception as error:  # none may leave ``take``
                self.faults.append(repr(error))
            for _ in range(8):  # until the device has looked at it
                await asyncio.sleep_ms(0)
        if "-" not in before:
            await super().publish(channel, body)
            await super().publish(channel, body)


def device(content, modulus, noise=()):
    made = Device(content, modulus, False, -1)
    made.gateway = BadLine(content, list(noise))
    made.clock = TIME
    return made


async def over_a_bad_line(content, modulus, noise):
    unit = device(content, modulus, noise)
    restarts = [await unit.live(turns=_MANY), await unit.live(command=False, turns=2_000)]
    return [unit.image(), restarts, unit.events.raised + unit.gateway.faults]


async def resumed(content, modulus):
    """Return the offsets asked for by a device that had two blocks already."""
    unit = device(content, modulus)
    await unit.live(turns=_MANY)
    whole, unit.gateway.asked = unit.gateway.asked, []
    stage, number = Store(unit.state).get(UPDATE)[:1], unit.gateway.number
    again = device(content, modulus)
    again.loader.slots[1].cells[:] = unit.loader.slots[1].cells
    done = (1).to_bytes(1, "little") + number.to_bytes(4, "little") + (8192).to_bytes(4, "little")
    Store(again.state).put(UPDATE, done + b"\0")
    restarted = await again.live(command=False, turns=_MANY)
    return [stage[0], whole, again.gateway.asked, restarted]


async def unanswered(content, modulus):
    """The new image is healthy, but the gateway never answers it: ten minutes, then back."""
    unit = device(content, modulus)
    await unit.live(turns=_MANY)
    unit.gateway.mute = True
    TIME.patience_ms = 1
    began = TIME.now
    restarted = await unit.live(turns=_MANY)
    lasted = TIME.now - began
    confirmed = unit.loader.active
    unit.gateway.mute = False
    TIME.patience_ms = 200
    await unit.live(command=False)
    kept = Store(unit.state).get(SEQUENCE)
    return [
        restarted,
        600_000 < lasted < 700_000,
        confirmed,
        unit.image(),
        kept,
        unit.events.raised,
    ]


class Rest:
    """A link, inputs, a spool that want nothing; ``publish`` says when the farewell came."""

    idle = proven = at_rest = True
    boot = 1

    left_at = 0

    async def publish(self, *words):
        self.left_at = TIME.now

    async def close(self):
        pass


class Settings:
    sleep = (3_600_000, 2_000)
    zones = ()


class Awake:
    pass


async def awake(ms):
    """Return how long a device that would sleep at once stays awake for an update of ``ms``."""
    board, rest, began = Awake(), Rest(), TIME.now
    board.clock = TIME
    await Sleeper(
        board, Settings, rest, rest, rest, lambda: TIME.now - began < ms, lambda: None
    ).run()
    return rest.left_at - began


async def busy(content, modulus):
    """Return ``busy`` before an order, before the restart, on trial, and when confirmed."""
    unit = device(content, modulus)
    found = []
    unit.look = lambda update: found.append(bool(update.busy))
    await unit.live(command=False)
    await unit.live(turns=_MANY)
    await unit.live(healthy=False)
    unit.loader.tried = False
    await unit.live(turns=2_000)
    return found


async def main(content, modulus, noise):
    result = {
        "bad line": await over_a_bad_line(content, modulus, noise),
        "resumed": await resumed(content, modulus),
        "unanswered": await unanswered(content, modulus),
        "awake": [await awake(0), await awake(30_000)],
        "busy": await busy(content, modulus),
    }
    print(json.dumps(result))


with open(sys.argv[3], "rb") as file:
    package = file.read()
with open(sys.argv[4]) as file:
    modulus = unhexlify(file.read().strip())
asyncio.run(main(package, modulus, [line.split() for line in sys.stdin]))
