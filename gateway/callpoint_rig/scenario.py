"""Plays the demo and keeps a ledger: each event with the times when it got how far.

The ledger has three independent sources. The boards say what was raised and what the lamp shows,
the journal says what was stored and acknowledged, and pysiaalarm, a receiver that others wrote,
says what arrived.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from callpoint_gateway.journal.entries import Type
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.protocols.dc09.codes import code_for
from callpoint_gateway.words.said import Said
from callpoint_protocol import names
from callpoint_rig.receivers.fire_centre import COMPONENT_STATUS, FIRE, FireCentre
from callpoint_rig.rig import Received, Rig
from callpoint_rig.rig_words import rig_said
from callpoint_rig.virtual_board import Moment, now_ms

PATIENCE_S = 20.0
LOOK_S = 0.02

OPENS, CLOSES = rig_said("event.opens"), rig_said("event.closes")
PANIC, PANIC_OVER = rig_said("event.panic"), rig_said("event.panic_over")
SMOKE, SMOKE_OVER = rig_said("event.smoke"), rig_said("event.smoke_over")

Identity = tuple[str | None, int | None, int | None]

ZONES: dict[str, dict[str, Any]] = {
    "door": {"zone": 1, "kind": "door", "input": "contact", "report_opening": True},
    "button": {"zone": 2, "kind": "panic", "input": "button"},
    "smoke": {"zone": 3, "kind": "smoke", "input": "relay"},
}


class Row(msgspec.Struct):
    """One event. Times are the host's monotonic milliseconds, 0 while unknown."""

    what: Said
    device: str
    boot: int
    seq: int
    kind: int
    state: int
    zone: int
    pressed_ms: float
    code: str = ""
    stored_ms: float = 0
    centre_ms: float = 0
    arrived_ms: float = 0
    lamp: str = ""
    lamp_ms: float = 0
    frame: str = ""

    @property
    def done(self) -> bool:
        """Whether journal and receiver have the event, and the lamp shows it if it must."""
        lit = self.lamp == "centre" or not self.waits_for_lamp
        return bool(self.stored_ms and self.centre_ms and self.arrived_ms and lit)

    @property
    def waits_for_lamp(self) -> bool:
        """Whether the lamp must show the event: an alarm of a life kind."""
        return self.kind in names.LIFE_KINDS and self.state == names.ALARM


class Verdict(msgspec.Struct):
    """The result. ``points`` is None without a time-series server.

    ``fire``: how many smoke events the fire centre got, and how many there were.
    """

    raised: int
    arrived: int
    duplicates: int
    lost: int
    lamps_wrong: int
    stored_once: bool
    chain_intact: bool
    points: int | None
    fire: tuple[int, int]

    @property
    def good(self) -> bool:
        """Whether every event arrived once, the lamps were right and the journal is intact."""
        return (
            self.raised == self.arrived
            and not self.duplicates
            and not self.lost
            and not self.lamps_wrong
            and self.stored_once
            and self.chain_intact
            and self.points in (None, self.raised)
            and self.fire[0] == self.fire[1]
        )


class Scenario:
    """Three boards, a gateway and two centres; ``play`` raises events and kills parts."""

    def __init__(
        self,
        rig: Rig,
        fire: FireCentre,
        changed: Callable[[], None],
        say: Callable[[Said], None],
        pace_s: float = 0,
    ) -> None:
        """``fire`` listens already and gets the smoke events.

        ``changed`` is called after each change of the ledger, ``say`` with a line about each step.
        ``pace_s``: pause before each step, for people who watch.
        """
        self.rig = rig
        self._fire: set[tuple[object, object]] = set()  # status and time
        fire.on_frame = self._fire_centre
        rig.sections += [
            "[[centre]]",
            'name = "fire"',
            'protocol = "gbt26875"',
            'host = "127.0.0.1"',
            f"port = {fire.port}",
            'kinds = ["smoke"]',
            "[centre.gbt]",
            "source = 100001",
            "centre = 1",
        ]
        self.rows: list[Row] = []
        self.unmatched: list[Received] = []
        self._stored: dict[Identity, float] = {}
        self._acknowledged: dict[Identity, float] = {}
        self._changed = changed
        self._say = say
        self._pace_s = pace_s
        self._pressed: dict[str, tuple[Said, float]] = {}
        self._news = asyncio.Event()
        self.boards = {name: rig.board(name, [zone]) for name, zone in ZONES.items()}
        for name, board in self.boards.items():
            board.on_moment = self._listener(name)
        rig.receiver.on_received = self._received

    def _fire_centre(self, heard: dict[str, object]) -> None:
        objects = heard.get("objects")
        if heard.get("type") != COMPONENT_STATUS or not isinstance(objects, list):
            return
        for component in objects:
            self._fire.add((component["status"], component["at"]))
            what = "step.fire" if component["status"] & FIRE else "step.fire_over"
            self._say(rig_said(what, place=component["text"]))
        self._news.set()

    def _listener(self, name: str) -> Callable[[Moment], None]:
        def heard(moment: Moment) -> None:
            if moment.event is not None:
                boot, seq, kind, state, zone = moment.event
                what, at_ms = self._pressed.get(name, (rig_said("event.itself"), moment.at_ms))
                row = Row(what, name, boot, seq, kind, state, zone, at_ms)
                detail = names.OPEN if what == OPENS else 0
                code = code_for(kind, state, detail)
                row.code = code.dcs if code else ""
                self.rows.append(row)
            elif moment.lamp:
                for row in self.rows:
                    if row.device == name and row.waits_for_lamp and row.lamp != "centre":
                        row.lamp, row.lamp_ms = moment.lamp, moment.at_ms
                        break
            self._note()

        return heard

    def _received(self, received: Received) -> None:
        self.unmatched.append(received)
        self._note()

    def _note(self) -> None:
        """Fill the rows from boards, receiver and journal, which report in any order."""
        for row in self.rows:
            identity = (row.device, row.boot, row.seq)
            row.stored_ms = self._stored.get(identity, 0)
            row.centre_ms = self._acknowledged.get(identity, 0)
            if row.arrived_ms:
                continue
            for received in self.unmatched:
                if (row.code, row.zone) == (received.code, received.zone):
                    row.arrived_ms, row.frame = received.at_ms, received.frame
                    self.unmatched.remove(received)
                    break
        self._news.set()
        self._changed()

    async def read_journal(self) -> None:
        """Follow the journal until cancelled."""
        after = 0
        with Reader(self.rig.state_dir / "alarms.db") as reader:
            while True:
                await asyncio.sleep(LOOK_S)
                for entry in reader.read(after, 500):
                    after = entry.position
                    if entry.type is Type.EVENT:
                        self._stored[entry.device, entry.boot, entry.seq] = entry.mono_ms
                    elif entry.type is Type.DELIVERY and entry.about is not None:
                        event = reader.entry(entry.about)
                        assert event is not None
                        identity = (event.device, event.boot, event.seq)
                        self._acknowledged[identity] = entry.mono_ms
                    else:
                        continue
                    self._note()

    async def until(self, condition: Callable[[], bool]) -> bool:
        """Wait until the ledger fulfils a condition; False after ``PATIENCE_S``."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not condition():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    def settled(self) -> bool:
        """Return whether every raised event is done."""
        return all(row.done for row in self.rows)

    async def move(self, name: str, level: int, what: Said) -> None:
        """Set a board's input and wait until the board has raised its event."""
        board = self.boards[name]
        count = len(self.rows)
        self._pressed[name] = (what, now_ms())
        await board.set(str(ZONES[name]["input"]), level)
        await self.until(lambda: len(self.rows) > count)

    async def play(self) -> None:
        """Play all steps. A failure shows in the verdict, never as an exception."""
        await self.until_up()
        steps: list[tuple[Said, Callable[[], Awaitable[None]]]] = [
            (rig_said("step.door"), self.door),
            (rig_said("step.panic"), self.panic),
            (rig_said("step.smoke"), self.smoke),
            (rig_said("step.broker"), self.broker_dies),
            (rig_said("step.centre"), self.centre_away),
        ]
        for number, (what, step) in enumerate(steps, 1):
            self._say(rig_said("step.number", number=number, count=len(steps), what=what))
            await asyncio.sleep(self._pace_s)
            await step()
            await self.until(self.settled)

    async def until_up(self) -> None:
        """Wait for every board's link."""
        await asyncio.gather(*(board.until_up(PATIENCE_S) for board in self.boards.values()))

    async def _both(self, name: str, on: Said, off: Said) -> None:
        await self.move(name, 1, on)
        await self.until(self.settled)
        await self.move(name, 0, off)

    async def door(self) -> None:
        """Open the door and close it."""
        await self._both("door", OPENS, CLOSES)

    async def panic(self) -> None:
        """Press the panic button and release it."""
        await self._both("button", PANIC, PANIC_OVER)

    async def smoke(self) -> None:
        """Raise a smoke alarm and restore it."""
        await self._both("smoke", SMOKE, SMOKE_OVER)
        smoke = sum(row.kind == names.SMOKE for row in self.rows)
        await self.until(lambda: len(self._fire) >= smoke)

    async def broker_dies(self) -> None:
        """Kill the broker, press the button, start the broker again."""
        await self.rig.broker.kill()
        await self.move("button", 1, rig_said("event.no_broker"))
        self._say(rig_said("step.kept"))
        await self.rig.broker.start()
        await self.until(self.settled)
        await self.move("button", 0, PANIC_OVER)

    async def centre_away(self) -> None:
        """Kill the receiver, press the button, start the receiver again."""
        await self.rig.receiver.kill()
        await self.move("button", 1, rig_said("event.no_centre"))
        await self.until(lambda: bool(self.rows[-1].stored_ms))
        self._say(rig_said("step.tries"))
        await self.rig.receiver.start()
        await self.until(self.settled)
        await self.move("button", 0, PANIC_OVER)

    async def verdict(self) -> Verdict:
        """Compare what was raised with what arrived, was stored and was shown."""
        with Reader(self.rig.state_dir / "alarms.db") as reader:
            events = [
                (entry.device, entry.boot, entry.seq)
                for entry in reader.read(0, 100_000, (Type.EVENT,))
            ]
            intact = not list(reader.verify())
        raised = [(row.device, row.boot, row.seq) for row in self.rows]
        arrived = sum(1 for row in self.rows if row.arrived_ms)
        return Verdict(
            raised=len(raised),
            arrived=arrived,
            duplicates=len(self.unmatched),
            lost=len(raised) - arrived,
            lamps_wrong=sum(row.waits_for_lamp and row.lamp != "centre" for row in self.rows),
            stored_once=sorted(events) == sorted(raised),
            chain_intact=intact,
            points=await self._points(len(raised)),
            fire=(len(self._fire), sum(row.kind == names.SMOKE for row in self.rows)),
        )

    async def _points(self, expected: int) -> int | None:
        if self.rig.timeseries is None:
            return None
        count = 0
        try:
            async with asyncio.timeout(PATIENCE_S):
                while count < expected:
                    series = await self.rig.points('{__name__="alarm_event_state"}')
                    count = sum(len(points["values"]) for points in series)
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            return count
        return count
