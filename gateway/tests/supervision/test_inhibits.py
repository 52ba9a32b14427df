"""Inhibits: what they hold back, what they never do, and that they end whatever the clocks do."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from callpoint_cli.main import main
from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.control.asker import Asker
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.control.socket import Control
from callpoint_gateway.journal.entries import (
    Entry,
    EventBody,
    InhibitBody,
    InhibitOverBody,
    NewEntry,
    Quality,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.inhibits import CHECKPOINT_MS, Inhibits
from callpoint_gateway.supervision.questions import (
    MAX_LIFE_S,
    BeginInhibit,
    EndInhibit,
    ListInhibits,
)
from callpoint_protocol import names

from ..conftest import ManualClock

WAIT_S = 60.0
HOUR_MS = 3_600_000
REGISTER = Register(
    [
        Place(id="lobby", city="Fengyang", building="3"),
        Place(id="roof", city="Fengyang", building="3", room="12/14"),
        Place(id="garage", city="Bengbu"),
    ],
    [
        Device(
            id="door",
            place="lobby",
            zone=[Zone(zone=1, kind="door"), Zone(zone=2, kind="tamper", place="roof")],
        ),
        Device(id="smoke", place="roof"),
    ],
)


def _event(kind: int, state: int, zone: int = 1, detail: int = 0) -> EventBody:
    return EventBody("estate", kind, state, zone, detail, 1, 0, 1_000_000, Quality.AGE)


TECHNICIAN = Asker("technician", Role.TECHNICIAN, "cli:0")


class Bench:
    """Inhibits on a real journal, and events as ``Ingest`` submits them."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.clock = clock
        self._path = folder / "alarms.db"
        self.start()

    def start(self) -> None:
        self.alarms = Journal(self._path, self.clock, chained=True)
        self.inhibits = Inhibits(REGISTER, self.alarms, self.clock)

    def stop(self) -> None:
        self.alarms.close()
        self.inhibits.close()

    def settle(self) -> None:
        # What a commit leads to is submitted in its course: the second one is after that.
        for _ in range(2):
            stored = threading.Event()
            self.alarms.submit([], lambda _, stored=stored: stored.set())
            assert stored.wait(WAIT_S)

    def begin(self, **asked: Any) -> int:
        asked = {"for_s": 3600, "reason": "new lock"} | asked
        return asyncio.run(self.inhibits.begin(BeginInhibit(**asked), TECHNICIAN)).number

    def end(self, number: int) -> None:
        asyncio.run(self.inhibits.end(EndInhibit(number=number), TECHNICIAN))
        self.settle()

    def happen(self, device: str, body: EventBody, age_ms: int | None = None) -> int:
        """Store an event; return what it was inhibited by."""
        held = self.inhibits.covers(device, body, age_ms)
        body = EventBody(
            **{n: getattr(body, n) for n in body.__struct_fields__} | {"inhibited": held}
        )
        self.alarms.submit([NewEntry(Type.EVENT, body, device)])
        self.settle()
        return held

    def let_pass(self, ms: int) -> None:
        while ms > 0:
            step = min(ms, 10_000)
            self.clock.advance(step)
            self.inhibits.look()
            ms -= step
        self.settle()

    def entries(self, *types: Type) -> list[Entry]:
        with self.alarms.reader() as reader:
            return reader.read(0, 1000, types)

    def over(self) -> list[tuple[int | None, str]]:
        found = self.entries(Type.INHIBIT)
        return [(e.about, e.body.role) for e in found if isinstance(e.body, InhibitOverBody)]

    def told(self) -> list[tuple[str | None, int, int, int | None]]:
        """Return (device, kind, state, about) of the events that a centre would get."""
        return [
            (entry.device, entry.body.kind, entry.body.state, entry.about)
            for entry in self.entries(Type.EVENT)
            if isinstance(entry.body, EventBody) and not entry.body.inhibited
        ]

    def standing(self) -> list[int]:
        return [inhibit.left_s for inhibit in self.inhibits.listed().inhibits]


@pytest.fixture
def bench(tmp_path: Path, clock: ManualClock) -> Iterator[Bench]:
    bench = Bench(tmp_path, clock)
    yield bench
    bench.stop()


OPENED = _event(names.DOOR, names.NOTICE, detail=names.OPEN)
FORCED = _event(names.DOOR, names.TROUBLE, detail=3)
FORCED_OVER = _event(names.DOOR, names.TROUBLE_RESTORE, detail=3)
TAMPERED = _event(names.TAMPER, names.ALARM, zone=2)
SMOKE = _event(names.SMOKE, names.ALARM)


def test_it_holds_back_what_it_names_and_ends_by_itself(bench: Bench) -> None:
    number = bench.begin(device="door")
    assert bench.happen("door", FORCED) == number
    assert bench.happen("door", FORCED_OVER) == 0  # a restore is never held back
    assert bench.happen("smoke", _event(names.SMOKE, names.TROUBLE)) == 0
    assert bench.happen("door", _event(names.TEST, names.TESTED)) == 0
    bench.let_pass(HOUR_MS - 1000)
    assert bench.standing() == [1]
    bench.let_pass(1000)
    assert (bench.standing(), bench.over()) == ([], [(number, "")])
    assert bench.happen("door", FORCED) == 0
    (begun, _) = bench.entries(Type.INHIBIT)
    assert isinstance(begun.body, InhibitBody)
    assert (begun.device, begun.body.role, begun.body.reason) == ("door", "technician", "new lock")
    assert begun.body.until_ms - begun.body.from_ms == HOUR_MS


def test_a_zone_and_a_place_name_only_theirs(bench: Bench) -> None:
    zone = bench.begin(device="door", zone=1)
    assert bench.happen("door", OPENED) == zone
    assert bench.happen("door", TAMPERED) == 0
    place = bench.begin(place="roof")
    assert bench.happen("door", TAMPERED) == place  # its zone is on the roof
    assert bench.happen("smoke", _event(names.SMOKE, names.TROUBLE)) == place


def test_alarms_for_life_are_held_back_only_when_that_was_said(bench: Bench) -> None:
    bench.begin(device="smoke")
    assert bench.happen("smoke", SMOKE) == 0
    life = bench.begin(device="smoke", life=True, for_s=60)
    assert bench.happen("smoke", SMOKE) == life


def test_what_happened_before_it_is_not_held_back(bench: Bench) -> None:
    number = bench.begin(device="door")
    bench.clock.advance(5_000)
    assert bench.happen("door", FORCED, age_ms=60_000) == 0
    assert bench.happen("door", FORCED, age_ms=1_000) == number


def test_what_still_stands_is_raised_at_the_end(bench: Bench) -> None:
    number = bench.begin(device="door")
    for body in (FORCED, TAMPERED, OPENED, FORCED_OVER):
        bench.happen("door", body)
    positions = [entry.position for entry in bench.entries(Type.EVENT)]
    bench.end(number)
    assert bench.over() == [(number, "technician")]
    assert bench.told() == [
        ("door", names.DOOR, names.TROUBLE_RESTORE, None),
        ("door", names.TAMPER, names.ALARM, positions[1]),
        ("door", names.DOOR, names.NOTICE, positions[2]),
    ]
    raised = bench.entries(Type.EVENT)[-1].body
    assert isinstance(raised, EventBody)
    assert raised.occurred_ms == OPENED.occurred_ms


def test_a_button_that_was_tried_out_is_not_raised(bench: Bench) -> None:
    number = bench.begin(device="smoke", life=True)
    assert bench.happen("smoke", _event(names.PANIC, names.ALARM)) == number
    bench.end(number)
    assert bench.told() == []


def test_what_another_one_holds_back_goes_over_to_it(bench: Bench) -> None:
    first, second = bench.begin(device="door"), bench.begin(device="door", for_s=7200)
    bench.happen("door", TAMPERED)
    bench.end(first)
    assert bench.told() == []
    bench.end(second)
    assert [state for _, _, state, _ in bench.told()] == [names.ALARM]


def test_maintenance_also_stops_supervision(bench: Bench) -> None:
    bench.begin(device="door")
    bench.begin(device="door", zone=1, maintenance=True)
    assert not bench.inhibits.worked_on("door")
    number = bench.begin(place="lobby", maintenance=True)
    assert bench.inhibits.worked_on("door")
    assert not bench.inhibits.worked_on("smoke")
    bench.end(number)
    assert not bench.inhibits.worked_on("door")


@pytest.mark.parametrize("step_ms", [-30 * 86_400_000, 30 * 86_400_000])
def test_a_step_of_the_wall_clock_moves_no_end(bench: Bench, step_ms: int) -> None:
    bench.begin(device="door")
    bench.let_pass(1000)
    bench.clock.wall += step_ms
    bench.let_pass(1000)
    assert bench.standing() == [3598]
    # Nor over a restart of the gateway.
    bench.stop()
    bench.start()
    assert bench.standing() == [3598]
    assert bench.happen("door", FORCED) != 0
    bench.let_pass(3_598_000)
    assert bench.standing() == []


@pytest.mark.parametrize(
    ("said_ms", "left_s"),
    [
        (600_000, 3600 - 1800 - 600),  # the clock is right: ten minutes without power
        (10 * HOUR_MS, 0),
        (-20 * 365 * 86_400_000, 3600 - 1800),  # no battery: what was left at the last minute
    ],
)
def test_after_a_restart_of_the_machine_it_is_never_longer(
    bench: Bench, said_ms: int, left_s: int
) -> None:
    number = bench.begin(device="door")
    bench.let_pass(1_800_000)
    bench.stop()
    bench.clock.reboot(bench.clock.wall + said_ms)
    bench.start()
    (left,) = bench.standing()
    assert left_s <= left <= left_s + CHECKPOINT_MS // 1000
    if left:
        assert bench.happen("door", FORCED) == number
    bench.let_pass(left * 1000 + 1000)
    assert (bench.standing(), bench.over()) == ([], [(number, "")])
    assert bench.happen("door", FORCED) == 0


def test_what_stands_under_it_is_known_after_a_restart(bench: Bench) -> None:
    number = bench.begin(device="door")
    bench.happen("door", TAMPERED)
    bench.happen("door", FORCED)
    bench.happen("door", FORCED_OVER)
    bench.stop()
    bench.start()
    bench.end(number)
    assert [one[:3] for one in bench.told()] == [
        ("door", names.DOOR, names.TROUBLE_RESTORE),
        ("door", names.TAMPER, names.ALARM),
    ]


def test_a_crash_between_the_end_and_what_it_raises_loses_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = bench.begin(device="door")
    bench.happen("door", TAMPERED)
    monkeypatch.setattr(bench.inhibits, "_raise", lambda over: None)
    bench.end(number)
    assert bench.told() == []
    for _ in range(2):  # and nothing is raised twice
        bench.stop()
        bench.start()
        bench.settle()
        assert [one[:3] for one in bench.told()] == [("door", names.TAMPER, names.ALARM)]


def test_an_event_stored_just_after_the_end_is_raised(bench: Bench) -> None:
    number = bench.begin(device="door")
    held = bench.inhibits.covers("door", TAMPERED, None)
    bench.begin(device="smoke")  # so that there is still one to watch for
    bench.end(number)
    body = EventBody(
        "estate", names.TAMPER, names.ALARM, 2, 0, 1, 0, 1, Quality.AGE, inhibited=held
    )
    bench.alarms.submit([NewEntry(Type.EVENT, body, "door")])
    bench.settle()
    assert [one[:3] for one in bench.told()] == [("door", names.TAMPER, names.ALARM)]


@pytest.mark.parametrize(
    ("written", "id"),
    [("roof", "roof"), ("fengyang /  3 / 12/14", "roof"), ("Bengbu", "garage")],
)
def test_a_place_may_be_written_as_it_is_shown(bench: Bench, written: str, id: str) -> None:
    bench.begin(place=written)
    assert [inhibit.place for inhibit in bench.inhibits.listed().inhibits] == [id]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"place": "Fengyang"}, "lobby, roof"),
        ({}, "name a device or a place"),
        ({"device": "door", "place": "roof"}, "name a device or a place"),
        ({"device": "window"}, "no device 'window' is in the register"),
        ({"device": "dor"}, "near it: door"),
        ({"device": "door", "zone": 9}, "has no zone 9; it has: 1, 2"),
        ({"place": "cellar"}, "no place 'cellar' is in the register"),
        ({"place": "rooof"}, "near it: roof"),
        ({"place": "roof", "zone": 1}, "a zone needs its device"),
        ({"device": "door", "life": True, "for_s": MAX_LIFE_S + 1}, "24 h at most"),
    ],
)
def test_what_is_wrong_is_refused(bench: Bench, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(QuestionRefused, match=said):
        bench.begin(**asked)
    assert bench.entries() == []


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"for_s": 0}, "for_s"),
        ({"for_s": 8 * 86_400}, "for_s"),
        ({"other": 1}, "other"),
    ],
)
def test_what_does_not_fit_names_its_field(asked: dict[str, Any], field: str) -> None:
    right = {"ask": "inhibit", "for_s": 60, "reason": "new lock"}
    msgspec.convert(right, BeginInhibit)
    with pytest.raises(msgspec.ValidationError, match=field):
        msgspec.convert(right | asked, BeginInhibit)


def _typed(bench: Bench, folder: Path, play: Callable[[Callable[..., Result]], None]) -> None:
    """Answer on the control socket while ``play`` types commands."""

    def type_in(*words: str) -> Result:
        return CliRunner().invoke(main, [*words, "--state-dir", str(folder)])

    async def answer() -> None:
        control = Control(folder)
        control.register(BeginInhibit, bench.inhibits.begin)
        control.register(EndInhibit, bench.inhibits.end)
        control.register(ListInhibits, lambda _, __: bench.inhibits.listed())
        await control.start()
        try:
            await asyncio.to_thread(play, type_in)
        finally:
            await control.close()

    asyncio.run(answer())


def test_it_is_typed(bench: Bench, tmp_path: Path) -> None:
    def play(type_in: Callable[..., Result]) -> None:
        assert type_in("inhibit", "--list").output == "nothing is inhibited\n"
        for_2h = ("--for", "1h30m", "--reason", "new lock", "--as", "technician")
        result = type_in("inhibit", "door", "--zone", "2", *for_2h)
        assert (
            result.output
            == "door zone 2: inhibit 1, ends in 1 h 30 min, at 2026-11-18 12:36:40 UTC\n"
        )
        assert bench.happen("door", TAMPERED) == 1
        shown = type_in("inhibit", "--list").output.splitlines()
        wanted = "1 inhibit door zone 2 1 h 30 min 2026-11-18 12:36:40 technician new lock"
        assert shown[1].split() == wanted.split()
        (listed,) = json.loads(type_in("inhibit", "--list", "--json").output)["inhibits"]
        assert (listed["left_s"], listed["zone"], listed["life"]) == (5400, 2, False)
        kinds = json.loads(type_in("events", "--json", "--kind", "tamper").output.splitlines()[0])
        assert kinds["inhibited"] == 1
        assert "inhibited by 1" in type_in("events").output
        result = type_in("inhibit", "--end", "1", "--as", "supervisor")
        assert result.output == "door zone 2: ended; what still stands is raised now\n"
        assert bench.over() == [(1, "supervisor")]
        assert "ended by supervisor" in type_in("events", "--kind", "inhibit").output
        for words, code in (
            (("inhibit", "--end", "1"), 4),
            (("inhibit", "window", "--for", "1h", "--reason", "x"), 4),
            (("inhibit", "door", "--for", "1 hour", "--reason", "x"), 2),
            (("inhibit", "door", "--for", "1h"), 2),
            (("inhibit",), 2),
            (("inhibit", "door", "--list"), 2),
        ):
            result = type_in(*words)
            assert result.exit_code == code, words
            assert "Error: " in result.output

    _typed(bench, tmp_path, play)


def test_without_a_gateway_it_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["inhibit", "--list", "--state-dir", str(tmp_path)])
    assert result.exit_code == 3
    assert "start it: callpoint run" in result.output


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"reason": "call 138 0013 8000"}, "reason: no telephone numbers"),
        ({"reason": "ask wang@example.com"}, "mail addresses"),
        ({"reason": " "}, "reason: write at least one word"),
        ({"reason": "x" * 201}, "reason: one line"),
    ],
)
def test_a_reason_is_as_private_as_any_free_text(
    bench: Bench, asked: dict[str, str], words: str
) -> None:
    with pytest.raises(QuestionRefused, match=words):
        bench.begin(**({"device": "door", "for_s": 60, "reason": "x"} | asked))
    assert bench.entries() == []
