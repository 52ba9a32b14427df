"""Bad neighbours: what one centre, account, board, broker or server does must cost others nothing.

Each is prepared before the rig starts, misbehaves between ``begin`` and ``end``, and is as good as
any other after that. The boards of the run raise their events all the while.
"""

import asyncio
import random
import re
import ssl
from collections.abc import Collection
from contextlib import suppress
from typing import ClassVar, Final

from callpoint_gateway.journal.entries import DeliveryBody, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_protocol import names
from callpoint_rig.chaos.cutting_broker import CuttingBroker
from callpoint_rig.chaos.devices import Device, Ledger, zone_kind
from callpoint_rig.chaos.flood import flood
from callpoint_rig.chaos.takeover import Takeover
from callpoint_rig.ports import free_port
from callpoint_rig.receivers import hostile_server
from callpoint_rig.receivers.adverse_receiver import AdverseReceiver, Frame, Say, nak, never, well
from callpoint_rig.receivers.hostile_server import HostileServer
from callpoint_rig.rig import SITE, Rig

# Zones of a neighbour's own board at the centre; the boards of the run have lower ones.
_OWN_ZONES: Final = 900
_OWN_EVENTS: Final = 80
_ZONE: Final = re.compile(r"[A-Z]{2}(\d+)$")
_BOOT: Final = 70_001


class Neighbour:
    """What behaves badly. ``count``: how often it did so."""

    #: The broker as it is generated with certificates.
    tls: ClassVar[bool] = False
    #: Another board's event must be stored within ``LATE_S``, and those of these kinds must be at
    #: the centre.
    stored_in_time: ClassVar[bool] = True
    centre_in_time: ClassVar[Collection[int]] = names.KINDS

    def __init__(self, rig: Rig) -> None:
        """Add to the rig's configuration what this needs."""
        self._rig = rig
        self.count = 0

    async def start(self) -> None:
        """Start what must listen before the gateway does."""

    async def begin(self, seconds: float) -> None:
        """Misbehave from now on; about ``seconds`` later comes ``end``."""

    async def end(self) -> None:
        """Behave."""

    async def close(self) -> None:
        """Leave nothing running."""

    def zones(self) -> set[int]:
        """Return the zones whose events it has accepted in the centre's place."""
        return set()

    def open(self) -> list[str]:
        """Return a text for each event of its own that has not arrived."""
        return []

    def wrong(self, reader: Reader) -> list[str]:
        """Return a text for each thing that the gateway did wrong with it."""
        return []


def _zone(frame: Frame) -> int | None:
    found = _ZONE.search(frame.data)
    return int(found[1]) if found else None


async def refuses_all(receiver: AdverseReceiver, frame: Frame, say: Say) -> None:
    """Take link tests, and refuse every event: a receiver whose database is down."""
    await (nak if frame.number else well)(receiver, frame, say)


async def refuses_some(receiver: AdverseReceiver, frame: Frame, say: Say) -> None:
    """Refuse every fifth event, whoever sends it."""
    bad = frame.number and (_zone(frame) or 0) % 5 == 0
    await (nak if bad else well)(receiver, frame, say)


async def only_link_tests(receiver: AdverseReceiver, frame: Frame, say: Say) -> None:
    """Answer link tests, and say nothing to an event."""
    await (never if frame.number else well)(receiver, frame, say)


class BadCentre(Neighbour):
    """Takes the place of the site's centre, which comes back at the end."""

    centre_in_time = ()
    manner = staticmethod(refuses_all)

    def __init__(self, rig: Rig) -> None:
        """Nothing is to be configured."""
        super().__init__(rig)
        self._receiver = AdverseReceiver(self._judge)
        self._accepted: set[int] = set()

    async def _judge(self, receiver: AdverseReceiver, frame: Frame, say: Say) -> None:
        said: list[bytes] = []

        def hear(answer: bytes) -> None:
            said.append(answer)
            say(answer)

        await type(self).manner(receiver, frame, hear)
        zone = _zone(frame)
        if frame.number and zone is not None:
            accepted = any(b'"ACK"' in answer for answer in said)
            self._accepted |= {zone} if accepted else set()
            self.count += not accepted

    async def begin(self, seconds: float) -> None:
        """Take its place."""
        await self._rig.receiver.kill()
        self._receiver.port = self._rig.receiver.port
        await self._receiver.start()

    async def end(self) -> None:
        """Give it back."""
        await self._receiver.stop()
        await self._rig.receiver.start()

    async def close(self) -> None:
        """Stop listening."""
        await self._receiver.stop()

    def zones(self) -> set[int]:
        """Return what it accepted."""
        return self._accepted


class CentreRefusesSome(BadCentre):
    """Refuses some events for as long as it lasts, and takes all others."""

    manner = staticmethod(refuses_some)


class CentreTakesLinkTestsOnly(BadCentre):
    """Leaves every event without an answer."""

    manner = staticmethod(only_link_tests)


class SecondCentreRefuses(Neighbour):
    """A second centre of the site that refuses every event, and goes on doing so."""

    def __init__(self, rig: Rig) -> None:
        """Configure it."""
        super().__init__(rig)
        self._receiver = AdverseReceiver(refuses_all)
        self._receiver.port = free_port()
        rig.sections += [
            *("[[centre]]", 'name = "refuses"', 'host = "127.0.0.1"'),
            *(f"port = {self._receiver.port}", 'account = "1234"'),
            *("timeout_s = 1.0", "supervision_s = 10"),
        ]

    async def start(self) -> None:
        """Listen."""
        await self._receiver.start()

    async def close(self) -> None:
        """Stop listening."""
        await self._receiver.stop()

    def wrong(self, reader: Reader) -> list[str]:
        """Nothing may have been given up."""
        self.count = len(self._receiver.events)
        bodies = [entry.body for entry in reader.all_of(Type.DELIVERY)]
        return [
            f"given up at the centre that refuses: number {body.number}"
            for body in bodies
            if isinstance(body, DeliveryBody) and body.centre == "refuses"
        ]


class UnknownAccount(Neighbour):
    """A board whose account the centre does not know, until somebody corrects it there."""

    _ACCOUNT: Final = "9999"

    def __init__(self, rig: Rig) -> None:
        """Register the board."""
        super().__init__(rig)
        zones = range(1, _OWN_EVENTS + 1)
        rig.device(
            "slip",
            [
                {"zone": zone, "kind": zone_kind(zone), "centre_zone": _OWN_ZONES + zone}
                for zone in zones
            ],
        )
        rig.accounts["slip"] = self._ACCOUNT
        self._ledger = Ledger()
        self._running: list[asyncio.Task[None]] = []

    async def begin(self, seconds: float) -> None:
        """Raise events that the centre answers with NAK."""
        board = Device(SITE, "slip", _BOOT, self._rig.port, self._ledger, random.Random(1))
        self._running = [
            asyncio.create_task(board.run()),
            asyncio.create_task(self._raise(board, seconds / _OWN_EVENTS)),
        ]

    async def _raise(self, board: Device, pause_s: float) -> None:
        for _ in range(_OWN_EVENTS):
            board.raise_event()
            self.count += 1
            await asyncio.sleep(pause_s)

    async def end(self) -> None:
        """The centre learns the account; what it never took comes."""
        await self._rig.receiver.kill()
        self._rig.receiver.accounts.append(self._ACCOUNT)
        await self._rig.receiver.start()

    async def close(self) -> None:
        """End the board."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def open(self) -> list[str]:
        """Return what of the board has not arrived."""
        arrived = {received.zone for received in self._rig.receiver.received}
        return [
            f"slip {seq}, not at the centre"
            for _, seq in self._ledger.raised
            if _OWN_ZONES + seq not in arrived
        ]


class BrokerCutsAtEachMessage(Neighbour):
    """The gateway's connections end whenever the broker has passed a message on to it."""

    stored_in_time = False
    centre_in_time = ()

    def __init__(self, rig: Rig) -> None:
        """Stand between the gateway and the broker."""
        super().__init__(rig)
        self._between = CuttingBroker(free_port(), rig.port)
        rig.gateway_port = self._between.port

    async def start(self) -> None:
        """Listen."""
        await self._between.start()

    async def begin(self, seconds: float) -> None:
        """Cut."""
        self._between.cutting = True

    async def end(self) -> None:
        """Let everything pass."""
        self._between.cutting = False
        self.count = self._between.cuts

    async def close(self) -> None:
        """Stop listening."""
        await self._between.stop()


class StolenBoard(Neighbour):
    """A stolen certificate, with which somebody asks for the gateway's session all the time."""

    tls = True

    def __init__(self, rig: Rig) -> None:
        """Make the certificate."""
        super().__init__(rig)
        assert rig.authority is not None
        issued = rig.authority.client("stolen", again=True)
        context = ssl.create_default_context(cafile=str(rig.authority.ca_file))
        context.load_cert_chain(issued.certificate_file, issued.key_file)
        self._takeover = Takeover(rig.port, f"callpoint-{SITE}-events", context)

    async def begin(self, seconds: float) -> None:
        """Ask."""
        self._takeover.start()

    async def end(self) -> None:
        """Ask no more."""
        await asyncio.to_thread(self._takeover.stop)
        self.count = self._takeover.welcomed


class FloodingBoard(Neighbour):
    """A board that sends panics as fast as the broker takes them.

    It sends 1,000 for each second of the run, at most 20,000.
    """

    # What is not urgent goes behind all that is, whoever sends it.
    centre_in_time = names.LIFE_KINDS
    _MOST: Final = 20_000
    _PER_S: Final = 1_000

    def __init__(self, rig: Rig) -> None:
        """Register it."""
        super().__init__(rig)
        rig.device("hostile", [{"zone": 1, "kind": "panic", "centre_zone": _OWN_ZONES + 1}])
        self._flooding: asyncio.Task[None] | None = None

    async def begin(self, seconds: float) -> None:
        """Send."""
        self.count = min(self._MOST, int(self._PER_S * seconds))
        self._flooding = asyncio.create_task(
            asyncio.to_thread(flood, self._rig.port, "hostile", self.count)
        )

    async def end(self) -> None:
        """All has been sent."""
        if self._flooding is not None:
            await self._flooding

    async def close(self) -> None:
        """Wait for the thread, which ends with the broker at the latest."""
        if self._flooding is not None:
            with suppress(OSError):
                await self._flooding


class HostileServers(Neighbour):
    """Every web server is hostile: the time series', each webhook's, and a CAP centre's."""

    def __init__(self, rig: Rig) -> None:
        """Configure them all. A webhook meets one manner; the others meet all."""
        super().__init__(rig)
        secret = rig.folder / "hook.secret"
        secret.touch(mode=0o600)
        secret.write_text("0123456789abcdef", encoding="utf-8")
        # The pause that it asks for is long, so it comes last.
        manners = sorted(
            hostile_server.MANNERS, key=lambda manner: manner is hostile_server.huge_retry_after
        )
        series, desk = (HostileServer(free_port(), tuple(manners)) for _ in range(2))
        self.servers = [series, desk]
        rig.sections += [
            "[timeseries]",
            f'url = "http://127.0.0.1:{series.port}"',
            "timeout_s = 1",
        ]
        for manner in manners:
            hook = HostileServer(free_port(), (manner,))
            self.servers.append(hook)
            rig.sections += [
                *("[[webhook]]", f'name = "{manner.__name__}"', "timeout_s = 1"),
                *(f'url = "http://127.0.0.1:{hook.port}/"', 'secret_file = "hook.secret"'),
            ]
        rig.sections += [
            *("[[centre]]", 'name = "desk"', 'protocol = "cap"', "timeout_s = 1"),
            *(f'url = "http://127.0.0.1:{desk.port}/cap"', "supervision_s = 10"),
            *("[centre.cap]", 'sender = "estate@desk.example"', 'addresses = "desk"'),
        ]

    async def start(self) -> None:
        """Listen."""
        await asyncio.gather(*(server.start() for server in self.servers))

    async def end(self) -> None:
        """They stay as they are."""
        self.count = sum(sum(server.met.values()) for server in self.servers)

    async def close(self) -> None:
        """Stop listening."""
        await asyncio.gather(*(server.stop() for server in self.servers))
