"""A chaos run: devices raise events while faults occur; then it waits and checks.

Each raised event must be in the journal once and at the centre at least once, in the order of its
device unless the broker lost its sessions. Nothing else may be there, and the hash chain must
hold. Then a fresh event must reach the centre, and its answer the device. The same seed gives the
same devices, faults and pauses.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import msgspec

from callpoint_gateway.journal.entries import EventBody, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_rig.chaos.devices import ZONES, Device, Ledger, zone_kind
from callpoint_rig.chaos.faults import Faults
from callpoint_rig.chaos.gateway import Hand, grip
from callpoint_rig.rig import SITE, Rig

DEVICES = 4
PER_S = 15.0
QUIET_S = 60.0
BOOT = 70_000


class Verdict(msgspec.Struct, frozen=True):
    """Counts, and a text for each broken obligation; ``wrong`` is empty if all is well."""

    seed: int
    raised: int
    stored: int
    delivered: int
    lost: int
    duplicates: int
    resent: int
    faults: dict[str, int]
    wrong: list[str]


class Harness:
    """Real parts in ``folder``, with the faults of ``seed``."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        only: Sequence[str] = (),
        gateway: Sequence[str] = ("-m", "callpoint_rig.chaos.gateway"),
    ) -> None:
        """``only``: the faults that may occur; empty: all of them.

        ``gateway``: arguments with which Python starts the gateway; the path of the control file
        follows them.
        """
        self._seed = seed
        self._only = list(only)
        self._control = folder / "hand.json"
        program = (*gateway, str(self._control))
        self._rig = Rig(folder, program=program, timeout_s=1.0)
        grip(self._control, Hand())
        self._chance = random.Random(seed)
        self._ledger = Ledger()
        self._done: Counter[str] = Counter()
        self._devices = []
        for number in range(DEVICES):
            name = f"chaos{number}"
            self._devices.append(
                Device(SITE, name, BOOT, self._rig.port, self._ledger, self._chance)
            )
            zones = [
                {"zone": zone, "kind": zone_kind(zone), "centre_zone": number * (ZONES + 1) + zone}
                for zone in range(1, ZONES + 2)
            ]
            self._rig.device(name, zones)

    async def run(self, seconds: float) -> Verdict:
        """Let faults occur for ``seconds``, then check."""
        async with self._rig:
            running = [asyncio.create_task(device.run()) for device in self._devices]
            try:
                await self._storm(seconds)
                wrong = await self._quiet()
            finally:
                for task in running:
                    task.cancel()
                await asyncio.gather(*running, return_exceptions=True)
        return self._judge(wrong)

    async def _storm(self, seconds: float) -> None:
        faults = Faults(self._rig, self._control, self._devices, self._chance)
        names_of = self._only or list(faults.all)
        raising = asyncio.create_task(self._raise(time.monotonic() + seconds))
        while not raising.done():
            name = self._chance.choice(names_of)
            await faults.bring_about(name)
            self._done[name] += 1
            await asyncio.sleep(self._chance.uniform(0.05, 0.6))
        await raising
        await faults.over()

    async def _raise(self, until_s: float) -> None:
        while time.monotonic() < until_s:
            device = self._chance.choice(self._devices)
            if device.seq < ZONES - 1:
                device.raise_event()
            self._chance.choice(self._devices).send_reading()
            await asyncio.sleep(self._chance.expovariate(PER_S))

    async def _quiet(self) -> list[str]:
        """Wait until every event has arrived, then for a fresh event of each device.

        Return a text for each that does not arrive.
        """
        if not await self._until(lambda: not self._open()):
            return [
                f"still on its way after {QUIET_S:g} s of quiet: {obligation}"
                for obligation in self._open()
            ]
        fresh = set()
        for device in self._devices:
            device.raise_event()
            fresh.add((device.name, device.seq))
        if not await self._until(lambda: fresh <= self._ledger.centre and not self._open()):
            return [f"a fresh event was not answered with centre: {fresh - self._ledger.centre}"]
        return []

    def _open(self) -> list[str]:
        arrived = self._arrived()
        found = [f"{name} {seq}, not stored" for name, seq in self._missing(self._ledger.stored)]
        return found + [f"{name} {seq}, not at the centre" for name, seq in self._missing(arrived)]

    def _forgot(self) -> bool:
        """Return whether the broker has lost its sessions.

        Until the gateway has subscribed again, such a broker acknowledges events and drops them;
        the device sends them again, and later events overtake them.
        """
        return any(name.startswith("broker ") and name != "broker frozen" for name in self._done)

    def _missing(self, there: AbstractSet[tuple[str, int]]) -> list[tuple[str, int]]:
        return sorted(self._ledger.raised.keys() - there)

    def _arrived(self) -> set[tuple[str, int]]:
        """Return the events that the centre has, found by their zone."""
        return {
            (f"chaos{zone // (ZONES + 1)}", zone % (ZONES + 1))
            for zone in (received.zone for received in self._rig.receiver.received)
            if zone
        }

    async def _until(self, condition: Callable[[], bool]) -> bool:
        until_s = time.monotonic() + QUIET_S
        while not condition():
            if time.monotonic() > until_s:
                return False
            await asyncio.sleep(0.05)
        return True

    def _judge(self, wrong: list[str]) -> Verdict:
        ledger, arrived = self._ledger, self._arrived()
        with Reader(self._rig.state_dir / "alarms.db") as reader:
            kept = _events(reader)
            wrong += reader.verify()
        counts = Counter(kept)
        lost = [key for key in ledger.raised if key not in counts]
        wrong += [
            f"stored, and not in the journal: {event}" for event in ledger.stored - counts.keys()
        ]
        wrong += [f"raised, and not in the journal: {event}" for event in lost]
        wrong += [f"in the journal {n} times: {event}" for event, n in counts.items() if n > 1]
        wrong += [f"never raised: {event}" for event in counts.keys() - ledger.raised.keys()]
        wrong += [
            f"at the centre, never raised: {event}" for event in arrived - ledger.raised.keys()
        ]
        wrong += [f"not at the centre: {event}" for event in ledger.raised.keys() - arrived]
        wrong += [f"refused: {event}" for event in ledger.refused]
        for device in self._devices:
            order = [seq for name, seq in kept if name == device.name]
            if order != sorted(order) and not self._forgot():
                wrong.append(f"{device.name}: not in order: {order}")
        return Verdict(
            seed=self._seed,
            raised=len(ledger.raised),
            stored=len(ledger.stored),
            delivered=len(arrived & ledger.raised.keys()),
            lost=len(ledger.raised.keys() - (arrived & counts.keys())),
            duplicates=sum(n - 1 for n in counts.values()),
            resent=ledger.resent,
            faults=dict(self._done),
            wrong=wrong,
        )


def _events(reader: Reader) -> list[tuple[str, int]]:
    """Return the events of devices in the order of the journal."""
    found, after = [], 0
    while entries := reader.read(after, 1000, (Type.EVENT,)):
        after = entries[-1].position
        for entry in entries:
            # Events of the gateway itself have no sequence.
            if isinstance(entry.body, EventBody) and entry.device and entry.seq is not None:
                found.append((entry.device, entry.seq))
    return found
