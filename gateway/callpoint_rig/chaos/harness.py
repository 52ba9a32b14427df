"""A chaos run: devices raise events while faults occur; then it waits and checks.

Each raised event must be in the journal once and at the centre at least once, in the order of its
device unless the broker lost its sessions. Nothing else may be there, and the hash chain must
hold. Then a fresh event must reach the centre, and its answer the device. The same seed gives the
same devices, faults and pauses.

With a bad neighbour no fault occurs by chance: the events of the boards must arrive as well, and
none later than ``LATE_S``.
"""

import asyncio
import random
import ssl
import time
from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from callpoint_gateway.journal.entries import EventBody, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_protocol import names
from callpoint_rig.chaos.devices import ZONES, Device, Ledger, zone_kind
from callpoint_rig.chaos.faults import Faults
from callpoint_rig.chaos.gateway import Hand, grip
from callpoint_rig.chaos.neighbours import Neighbour
from callpoint_rig.rig import PROGRAM, SITE, Rig

DEVICES = 4
PER_S = 15.0
QUIET_S = 60.0
# Beside a bad neighbour: the run may be long, and what a centre alone refused waits ever longer.
BESIDE_PER_S = 5.0
BESIDE_QUIET_S = 180.0
#: An event that takes longer beside a bad neighbour is late.
LATE_S = 2.0
BOOT = 70_000


class Verdict(msgspec.Struct, frozen=True):
    """Counts, and a text for each broken obligation; ``wrong`` is empty if all is well.

    ``late`` is None where faults make events late.
    """

    seed: int
    raised: int
    stored: int
    delivered: int
    lost: int
    duplicates: int
    resent: int
    late: int | None
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
        neighbour: type[Neighbour] | None = None,
    ) -> None:
        """``only``: the faults that may occur; empty: all of them.

        ``gateway``: arguments with which Python starts the gateway; the path of the control file
        follows them. ``neighbour``: who misbehaves, instead of faults.
        """
        self._seed = seed
        self._only = list(only)
        self._control = folder / "hand.json"
        program = PROGRAM if neighbour else (*gateway, str(self._control))
        tls = neighbour is not None and neighbour.tls
        self._rig = Rig(folder, program=program, timeout_s=1.0, tls=tls)
        grip(self._control, Hand())
        self._neighbour = neighbour(self._rig) if neighbour else None
        self._quiet_s = BESIDE_QUIET_S if neighbour else QUIET_S
        self._chance = random.Random(seed)
        self._ledger = Ledger()
        self._done: Counter[str] = Counter()
        self._devices = [self._device(number) for number in range(DEVICES)]

    def _device(self, number: int) -> Device:
        """Return a device that is in the register."""
        name = f"chaos{number}"
        zones = [
            {"zone": zone, "kind": zone_kind(zone), "centre_zone": number * (ZONES + 1) + zone}
            for zone in range(1, ZONES + 2)
        ]
        self._rig.device(name, zones)
        tls = None
        if self._rig.authority is not None:
            issued = self._rig.authority.client(name, again=True)
            tls = ssl.create_default_context(cafile=str(self._rig.authority.ca_file))
            tls.load_cert_chain(issued.certificate_file, issued.key_file)
        return Device(SITE, name, BOOT, self._rig.port, self._ledger, self._chance, tls)

    async def run(self, seconds: float) -> Verdict:
        """Let faults occur, or the neighbour misbehave, for ``seconds``, then check."""
        async with AsyncExitStack() as stack:
            if self._neighbour is not None:
                stack.push_async_callback(self._neighbour.close)
                await self._neighbour.start()
            await stack.enter_async_context(self._rig)
            running = [asyncio.create_task(device.run()) for device in self._devices]
            try:
                await self._until(lambda: all(device.connected for device in self._devices))
                if self._neighbour is None:
                    await self._storm(seconds)
                else:
                    await self._beside(self._neighbour, seconds)
                wrong = await self._quiet()
            finally:
                for task in running:
                    task.cancel()
                await asyncio.gather(*running, return_exceptions=True)
        return self._judge(wrong)

    async def _beside(self, neighbour: Neighbour, seconds: float) -> None:
        await neighbour.begin(seconds)
        await self._raise(time.monotonic() + seconds, BESIDE_PER_S)
        await neighbour.end()

    async def _storm(self, seconds: float) -> None:
        faults = Faults(self._rig, self._control, self._devices, self._chance)
        names_of = self._only or list(faults.all)
        raising = asyncio.create_task(self._raise(time.monotonic() + seconds, PER_S))
        while not raising.done():
            name = self._chance.choice(names_of)
            await faults.bring_about(name)
            self._done[name] += 1
            await asyncio.sleep(self._chance.uniform(0.05, 0.6))
        await raising
        await faults.over()

    async def _raise(self, until_s: float, per_s: float) -> None:
        while time.monotonic() < until_s:
            device = self._chance.choice(self._devices)
            if device.seq < ZONES - 1:
                device.raise_event()
            self._chance.choice(self._devices).send_reading()
            await asyncio.sleep(self._chance.expovariate(per_s))

    async def _quiet(self) -> list[str]:
        """Wait until every event has arrived, then for a fresh event of each device.

        Return a text for each that does not arrive.
        """
        if not await self._until(lambda: not self._open()):
            return [
                f"still on its way after {self._quiet_s:g} s of quiet: {obligation}"
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
        found += [f"{name} {seq}, not at the centre" for name, seq in self._missing(arrived)]
        return found + (self._neighbour.open() if self._neighbour else [])

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
        zones = {received.zone for received in self._rig.receiver.received}
        zones |= self._neighbour.zones() if self._neighbour else set()
        return {
            (f"chaos{zone // (ZONES + 1)}", zone % (ZONES + 1))
            for zone in zones
            if zone and zone < DEVICES * (ZONES + 1)
        }

    async def _until(self, condition: Callable[[], bool]) -> bool:
        until_s = time.monotonic() + self._quiet_s
        while not condition():
            if time.monotonic() > until_s:
                return False
            await asyncio.sleep(0.05)
        return True

    def _judge(self, wrong: list[str]) -> Verdict:
        ledger, arrived = self._ledger, self._arrived()
        with Reader(self._rig.state_dir / "alarms.db") as reader:
            own = {device.name for device in self._devices}
            kept = [event for event in _events(reader) if event[0] in own]
            wrong += map(str, reader.verify())
            if self._neighbour is not None:
                wrong += self._neighbour.wrong(reader)
                self._done[type(self._neighbour).__name__] += self._neighbour.count
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
            late=self._late(),
            faults=dict(self._done),
            wrong=wrong,
        )

    def _late(self) -> int | None:
        """Return how many events were stored, or at the centre, too late."""
        neighbour = self._neighbour
        if neighbour is None or not neighbour.stored_in_time:
            return None
        late = set(self._ledger.later_than(names.STORED, LATE_S))
        at_centre = self._ledger.later_than(names.CENTRE, LATE_S)
        kinds = neighbour.centre_in_time
        return len(late | {key for key in at_centre if self._ledger.raised[key].kind in kinds})


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
