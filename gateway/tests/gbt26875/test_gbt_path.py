"""The conversation with a fire centre that shares no code with the sender, over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callpoint_cli.fire_centre import (
    CONFIRM,
    CONTROL,
    DENY,
    REQUEST,
    RESPONSE,
    SEND,
    FireCentre,
    frame,
)
from callpoint_gateway.carriers import opener
from callpoint_gateway.centre import CentreSender
from callpoint_gateway.centre_settings import Centre
from callpoint_gateway.delivery import PATH_1, Outcome, Report, Verdict
from callpoint_gateway.entries import (
    Action,
    ActionBody,
    EventBody,
    NewEntry,
    Quality,
    TelemetryBody,
    Type,
)
from callpoint_gateway.gbt26875.facts import Facts, collision, component_number
from callpoint_gateway.gbt26875.path import OFFSET, GbtPath
from callpoint_gateway.gbt26875.settings import GbtSettings
from callpoint_gateway.journal import Journal
from callpoint_gateway.receiver_link import open_tcp, open_udp
from callpoint_gateway.register import Device, Place, Register, Zone
from callpoint_protocol import names

from ..conftest import ManualClock

HERE, CENTRE = 100001, 1
ZONE = ZoneInfo("Asia/Shanghai")
NOON_MS = 1_795_320_896_000  # 2026-11-22 04:14:56 UTC
LOCAL = "2026-11-22 12:14:56"
KITCHEN = component_number("kitchen", 7, 2)
REGISTER = Register(
    [Place(id="home", community="幸福里", building="3", room="厨房")],
    [
        Device(
            id="kitchen",
            place="home",
            number=7,
            zone=[Zone(zone=2, kind="smoke"), Zone(zone=3, kind="door")],
        ),
        Device(id="lobby", place="home", zone=[Zone(zone=1, kind="panic")]),
    ],
)


class Asked:
    """Keeps the questions whether anybody is there."""

    def __init__(self) -> None:
        self.questions: list[tuple[str, int, Callable[[], None]]] = []

    def ask(self, centre: str, minutes: int, answered: Callable[[], None]) -> None:
        self.questions.append((centre, minutes, answered))


class Estate:
    """Two journals, a fire centre and a path to it."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        clock.wall = NOON_MS
        self.clock = clock
        self.alarms = Journal(folder / "alarms.db", clock, chained=True)
        self.telemetry = Journal(folder / "telemetry.db", clock, chained=False)
        self.silent: set[str] = set()
        self.shielded: set[tuple[str, int]] = set()
        self.exercising = False
        self.duty = Asked()
        self.memory: dict[str, int] = {}
        self.centre = FireCentre()
        self.facts = Facts(
            REGISTER,
            self.alarms,
            self.telemetry,
            ZONE,
            self.silent.__contains__,
            lambda device, zone: (device, zone) in self.shielded,
            lambda: self.exercising,
            self.duty,
        )
        self._seq = 0
        self.path: GbtPath

    def open(self, *, udp: bool = False, timeout_s: float = 5.0, **settings: object) -> GbtPath:
        self.path = GbtPath(
            "127.0.0.1",
            self.centre.port,
            GbtSettings(source=HERE, centre=CENTRE, **settings),  # type: ignore[arg-type]
            self.facts,
            name="fire",
            now=lambda: self.clock.wall_ms() / 1000,
            timeout_s=timeout_s,
            memory=self.memory,
            open_link=open_udp if udp else open_tcp,
        )
        return self.path

    async def event(self, kind: int, state: int, zone: int, device: str = "kitchen") -> int:
        self._seq += 1
        body = EventBody("estate", kind, state, zone, 0, 1, 0, self.clock.wall_ms(), Quality.AGE)
        entry = NewEntry(Type.EVENT, body, device, 65537, self._seq)
        return (await self.alarms.store([entry]))[0].position

    async def raised(self, kind: int, state: int, zone: int, mark: str = "") -> Outcome:
        """Journal an event and tell the centre of it."""
        position = await self.event(kind, state, zone)
        return await self.path.send(report(kind, state, zone, position, mark), 1)

    async def close(self) -> None:
        await self.path.close()
        await self.centre.stop()
        self.facts.close()
        self.alarms.close()
        self.telemetry.close()


def report(kind: int, state: int, zone: int, reference: int, mark: str = "") -> Report:
    return Report(
        kind=kind,
        state=state,
        zone=zone,
        sensor=zone,
        occurred_ms=NOON_MS - 5000,
        device="kitchen",
        reference=reference,
        mark=mark,
    )


@asynccontextmanager
async def estate(
    folder: Path, clock: ManualClock, *, udp: bool = False, **settings: object
) -> AsyncIterator[Estate]:
    one = Estate(folder, clock)
    await one.centre.start(udp=udp)
    one.open(udp=udp, **settings)  # type: ignore[arg-type]
    try:
        yield one
    finally:
        await one.close()


Play = Callable[[Estate], Awaitable[None]]


def play(folder: Path, clock: ManualClock, scenario: Play, **more: object) -> None:
    async def go() -> None:
        async with estate(folder, clock, **more) as one:  # type: ignore[arg-type]
            await scenario(one)

    asyncio.run(go())


@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
def test_an_alarm_and_its_restore(tmp_path: Path, clock: ManualClock, udp: bool) -> None:
    async def scenario(one: Estate) -> None:
        for state in (names.ALARM, names.RESTORE):
            outcome = await one.raised(names.SMOKE, state, 2)
            assert (outcome.verdict, outcome.answer) == (Verdict.ACCEPTED, "confirmed")
        first, second = one.centre.heard
        assert first == {
            "command": SEND,
            "serial": 0,
            "version": "1.1",
            "at": LOCAL,
            "source": HERE,
            "destination": CENTRE,
            "type": 2,
            "objects": [
                {
                    "system": 1,
                    "address": 1,
                    "component": 42,
                    "number": 2 << 16 | 7,
                    "status": 0x0003,
                    "text": "幸福里 / 3 / 厨房",
                    "at": "2026-11-22 12:14:51",
                }
            ],
        }
        assert second["serial"] == 1
        assert status_of(second) == 0x0001

    play(tmp_path, clock, scenario, udp=udp)


def status_of(heard: dict[str, object]) -> object:
    (one,) = heard["objects"]  # type: ignore[misc]
    return one["status"]


@pytest.mark.parametrize(
    ("kind", "state", "zone", "mark", "component", "status"),
    [
        (names.PANIC, names.ALARM, 2, "", 23, 0x0003),
        (names.SMOKE, names.TROUBLE, 2, "", 42, 0x0005),
        (names.SMOKE, names.ALARM, 2, "drill", 42, 0x0002),
        (names.WATER, names.ALARM, 2, "", 132, 0x0011),
        (names.BATTERY, names.TROUBLE, 0, "", 0, 0x0105),
    ],
)
def test_what_each_kind_looks_like(
    tmp_path: Path,
    clock: ManualClock,
    kind: int,
    state: int,
    zone: int,
    mark: str,
    component: int,
    status: int,
) -> None:
    async def scenario(one: Estate) -> None:
        assert (await one.raised(kind, state, zone, mark)).accepted
        (heard,) = one.centre.heard[0]["objects"]  # type: ignore[misc]
        known = zone == 2 and kind == names.SMOKE
        assert heard["status"] == status
        # What the register says of the zone is what it is.
        assert heard["component"] == (component if known or zone == 0 else 42)
        assert heard["number"] == zone << 16 | 7

    play(tmp_path, clock, scenario)


def test_a_restore_leaves_the_fault_that_still_stands(tmp_path: Path, clock: ManualClock) -> None:
    async def scenario(one: Estate) -> None:
        await one.event(names.SMOKE, names.TROUBLE, 2)
        await one.raised(names.SMOKE, names.ALARM, 2)
        await one.raised(names.SMOKE, names.RESTORE, 2)
        late = await one.event(names.SMOKE, names.TROUBLE_RESTORE, 2)
        # A repeat says what it said the first time, whatever has happened since.
        await one.path.send(report(names.SMOKE, names.RESTORE, 2, late - 1), 1)
        assert [status_of(heard) for heard in one.centre.heard] == [0x0007, 0x0005, 0x0005]

    play(tmp_path, clock, scenario)


def test_settings_for_centres_that_see_it_otherwise(tmp_path: Path, clock: ManualClock) -> None:
    async def scenario(one: Estate) -> None:
        await one.raised(names.SMOKE, names.ALARM, 2)
        assert (await one.path.supervise()).accepted
        heard, beat = one.centre.heard
        assert status_of(heard) == 0x0002
        assert heard["objects"][0]["component"] == 40  # type: ignore[index]
        assert (beat["command"], beat["objects"]) == (SEND, [])
        assert len(one.centre.raw[1]) == 30

    play(tmp_path, clock, scenario, normal_bit=False, components={"smoke": 40}, heartbeat="empty")


def test_what_the_gateway_says_of_itself(tmp_path: Path, clock: ManualClock) -> None:
    def own(kind: int, state: int, detail: int) -> Report:
        return Report(kind, state, 0, NOON_MS, detail=detail, reference=9)

    async def scenario(one: Estate) -> None:
        assert (await one.path.supervise()).accepted
        await one.path.send(own(names.SUPERVISION, names.TROUBLE, PATH_1), 1)
        await one.path.send(own(names.SUPERVISION, names.TROUBLE_RESTORE, PATH_1), 2)
        await one.path.send(own(names.TEST, names.TESTED, names.TEST_PERIODIC), 3)
        await one.path.send(own(names.TEST, names.TESTED, names.TEST_WALK), 4)
        beat, lost, back, periodic, walk = one.centre.heard
        assert (beat["type"], beat["objects"]) == (21, [{"status": 1, "at": LOCAL}])
        assert (lost["type"], status_of(lost)) == (21, 0x25)
        assert status_of(back) == 0x01
        assert [one["type"] for one in (periodic, walk)] == [24, 24]
        assert [one["objects"][0]["flags"] for one in (periodic, walk)] == [0x10, 0x40]  # type: ignore[index]

    play(tmp_path, clock, scenario)


def test_silence_is_followed_by_the_same_frame_and_then_by_another_connection(
    tmp_path: Path, clock: ManualClock
) -> None:
    async def scenario(one: Estate) -> None:
        one.centre.answer = lambda heard: None
        position = await one.event(names.SMOKE, names.ALARM, 2)
        for _ in range(4):
            outcome = await one.path.send(report(names.SMOKE, names.ALARM, 2, position), 1)
            assert (outcome.verdict, outcome.answer) == (Verdict.UNREACHABLE, "")
            assert outcome.reason == "no answer within 0.1 s"
        assert [heard["serial"] for heard in one.centre.heard] == [0, 0, 0, 0]
        assert one.centre.connections == 1
        one.centre.answer = lambda heard: CONFIRM
        assert (await one.path.send(report(names.SMOKE, names.ALARM, 2, position), 1)).accepted
        assert one.centre.connections == 2
        objects = [heard["objects"] for heard in one.centre.heard]
        assert len(objects) == 5
        assert all(each == objects[0] for each in objects)

    play(tmp_path, clock, scenario, timeout_s=0.1, retries=3)


def test_a_denial_is_followed_by_the_same_frame(tmp_path: Path, clock: ManualClock) -> None:
    async def scenario(one: Estate) -> None:
        answers = [DENY, DENY, CONFIRM]
        one.centre.answer = lambda heard: answers.pop(0)
        position = await one.event(names.SMOKE, names.ALARM, 2)
        outcomes = [
            await one.path.send(report(names.SMOKE, names.ALARM, 2, position), 1) for _ in range(3)
        ]
        assert [one.answer for one in outcomes] == ["denied", "denied", "confirmed"]
        assert [heard["serial"] for heard in one.centre.heard] == [0, 0, 0]
        assert len(set(one.centre.raw)) == 1

    play(tmp_path, clock, scenario)


def test_an_answer_in_pieces_twice_and_for_another_frame(
    tmp_path: Path, clock: ManualClock
) -> None:
    async def scenario(one: Estate) -> None:
        one.centre.portion = 1

        def answer(heard: dict[str, object]) -> int | None:
            serial = int(str(heard["serial"]))
            one.centre.say(CONFIRM, serial + 1)
            one.centre.say(CONFIRM, serial)
            return CONFIRM

        one.centre.answer = answer
        for _ in range(3):
            assert (await one.raised(names.SMOKE, names.ALARM, 2)).accepted

    play(tmp_path, clock, scenario)


def test_a_centre_that_hangs_up_is_found_again(tmp_path: Path, clock: ManualClock) -> None:
    async def scenario(one: Estate) -> None:
        def hang_up(heard: dict[str, object]) -> None:
            one.centre.hang_up()

        one.centre.answer = hang_up
        outcome = await one.raised(names.SMOKE, names.ALARM, 2)
        assert outcome.verdict is Verdict.UNREACHABLE
        assert "closed" in outcome.reason
        one.centre.answer = lambda heard: CONFIRM
        assert (await one.raised(names.SMOKE, names.ALARM, 2)).accepted
        await one.centre.stop()
        assert (await one.path.supervise()).verdict is Verdict.UNREACHABLE

    play(tmp_path, clock, scenario)


ASKED = {
    61: bytes([61, 1, 1, 1]),
    62: bytes([62, 2, 1, 1]) + KITCHEN.to_bytes(4, "little") + bytes([1, 1, 7, 0, 0, 0]),
    63: bytes([63, 1, 1, 1]) + KITCHEN.to_bytes(4, "little"),
    64: bytes([64, 1, 1, 1, 102, 0, 0, 0, 1, 1, 0]),
    65: bytes([65, 1, 1, 1]),
    66: bytes([66, 1, 1, 1]),
    67: bytes([67, 1, 1, 1]) + KITCHEN.to_bytes(4, "little"),
    68: bytes([68, 1, 1, 1]),
    81: bytes([81, 1, 0]),
    84: bytes([84, 1, 10, 0, 0, 0, 1, 1, 0]),
    85: bytes([85, 1, 0]),
    86: bytes([86, 1, 0]),
    88: bytes([88, 1, 0]),
}
SYSTEM = {"system": 1, "address": 1}


async def asked(one: Estate, command: int, data: bytes) -> dict[str, object]:
    """Ask, and return the answer to exactly that."""
    already = len(one.centre.heard)
    serial = one.centre.order(command, data)
    return await one.centre.until(
        lambda heard: (
            heard["command"] != SEND
            and heard["serial"] == serial
            and heard in one.centre.heard[already:]
        )
    )


def test_every_read_is_answered_with_what_is_known(tmp_path: Path, clock: ManualClock) -> None:
    async def scenario(one: Estate) -> None:
        await one.path.supervise()
        opened = await one.event(names.SMOKE, names.ALARM, 2)
        await one.event(names.SMOKE, names.TROUBLE, 2)
        body = TelemetryBody("estate", {"mv": 3049, "tc": -55}, NOON_MS - 60_000)
        await one.telemetry.store([NewEntry(Type.TELEMETRY, body, "kitchen", 65537, 1)])
        done = ActionBody(Action.ACKNOWLEDGE, "desk-1", "cli")
        await one.alarms.store([NewEntry(Type.ACTION, done, about=opened)])
        one.silent.add("kitchen")
        one.shielded.add(("kitchen", 2))
        part = SYSTEM | {"component": 42, "number": KITCHEN}
        text = {"text": "幸福里 / 3 / 厨房"}
        extent = {"text": "2 devices, 3 zones"}
        minute = {"at": "2026-11-22 12:13:56"}
        record = {"flags": 2, "operator": 1, "at": LOCAL}
        states = [
            part | {"status": 0x000F, "at": LOCAL} | text,
            *[SYSTEM | {"component": 0, "number": 7, "status": 0x0005, "at": LOCAL} | text],
        ]
        expected: dict[int, tuple[int, list[dict[str, object]]]] = {
            61: (1, [SYSTEM | {"status": 0x000F, "at": LOCAL}]),
            62: (2, states),
            63: (
                3,
                [
                    part | {"quantity": 3, "value": -55} | minute,
                    part | {"quantity": 8, "value": 30} | minute,
                ],
            ),
            64: (4, [SYSTEM | record]),
            65: (5, [SYSTEM | {"major": 0, "minor": 1}]),
            66: (6, [SYSTEM | extent]),
            67: (7, [part | text]),
            68: (8, [SYSTEM | {"at": LOCAL}]),
            81: (21, [{"status": 0x07, "at": LOCAL}]),
            84: (24, [record]),
            85: (25, [{"major": 0, "minor": 1}]),
            86: (26, [{"text": "Callpoint, 2 devices, 3 zones"}]),
            88: (28, [{"at": LOCAL}]),
        }
        for unit, data in ASKED.items():
            answer = await asked(one, REQUEST, data)
            assert (answer["command"], answer["type"]) == (RESPONSE, expected[unit][0]), unit
            assert answer["objects"] == expected[unit][1], unit

    play(tmp_path, clock, scenario)


@pytest.mark.parametrize(
    ("command", "data"),
    [
        (REQUEST, bytes([62, 1, 1, 1, 9, 9, 9, 9])),  # no such component
        (REQUEST, bytes([61, 1, 2, 1])),  # another system
        (REQUEST, bytes([61, 1, 1])),  # cut short
        (REQUEST, bytes([99, 1, 0])),
        (REQUEST, bytes([90, 1, 56, 14, 12, 22, 11, 26])),  # an order, not a read
        (CONTROL, bytes([81, 1, 0])),
        (CONTROL, b""),
        (SEND, bytes([21, 1, 1, 56, 14, 12, 22, 11, 26])),
        (99, bytes([81, 1, 0])),
    ],
)
def test_what_cannot_be_done_is_denied(
    tmp_path: Path, clock: ManualClock, command: int, data: bytes
) -> None:
    async def scenario(one: Estate) -> None:
        await one.path.supervise()
        assert (await asked(one, command, data))["command"] == DENY

    play(tmp_path, clock, scenario)


def test_a_read_is_answered_while_a_report_waits(tmp_path: Path, clock: ManualClock) -> None:
    async def scenario(one: Estate) -> None:
        one.centre.answer = lambda heard: None
        position = await one.event(names.SMOKE, names.ALARM, 2)
        sending = asyncio.create_task(
            one.path.send(report(names.SMOKE, names.ALARM, 2, position), 1)
        )
        await one.centre.until(lambda heard: heard["command"] == SEND)
        assert (await asked(one, REQUEST, ASKED[81]))["command"] == RESPONSE
        assert not sending.done()
        one.centre.say(CONFIRM, 0)
        assert (await sending).accepted

    play(tmp_path, clock, scenario)


def test_the_centres_clock_goes_into_every_time_and_moves_no_clock_here(
    tmp_path: Path, clock: ManualClock
) -> None:
    async def scenario(one: Estate) -> None:
        await one.path.supervise()
        at = datetime(2026, 11, 22, 13, 14, 56)
        order = bytes([90, 1, at.second, at.minute, at.hour, at.day, at.month, at.year % 100])
        assert (await asked(one, CONTROL, order))["command"] == CONFIRM
        assert one.memory == {OFFSET: 3600}
        await one.raised(names.SMOKE, names.ALARM, 2)
        (alarm,) = [heard for heard in one.centre.heard if heard["type"] == 2]
        assert alarm["at"] == "2026-11-22 13:14:56"
        assert alarm["objects"][0]["at"] == "2026-11-22 13:14:51"  # type: ignore[index]
        assert one.clock.wall == NOON_MS
        await one.path.close()
        one.open()  # as after a restart
        assert (await one.path.supervise()).accepted
        assert one.centre.heard[-1]["at"] == "2026-11-22 13:14:56"

    play(tmp_path, clock, scenario)


def test_a_duty_check_is_passed_on_and_its_answer_sent(tmp_path: Path, clock: ManualClock) -> None:
    async def scenario(one: Estate) -> None:
        await one.path.supervise()
        assert (await asked(one, CONTROL, bytes([91, 1, 10])))["command"] == CONFIRM
        ((centre, minutes, answered),) = one.duty.questions
        assert (centre, minutes) == ("fire", 10)
        answered()
        told = await one.centre.until(lambda heard: heard["type"] == 24)
        assert told["objects"] == [{"flags": 0x20, "operator": 1, "at": LOCAL}]

    play(tmp_path, clock, scenario)


def test_an_initialised_device_says_again_how_everything_is(
    tmp_path: Path, clock: ManualClock
) -> None:
    async def scenario(one: Estate) -> None:
        await one.path.supervise()
        await one.event(names.SMOKE, names.ALARM, 2)
        assert (await asked(one, CONTROL, bytes([89, 1, 0])))["command"] == CONFIRM
        told = await one.centre.until(lambda heard: heard["type"] == 2)
        states = {each["number"]: each["status"] for each in told["objects"]}  # type: ignore[attr-defined]
        lobby = component_number("lobby", None, 1)
        assert states == {7: 1, KITCHEN: 3, 3 << 16 | 7: 1, lobby - 1: 1, lobby: 1}

    play(tmp_path, clock, scenario)


def test_damaged_frames_are_denied_and_nothing_else_suffers(
    tmp_path: Path, clock: ManualClock
) -> None:
    async def scenario(one: Estate) -> None:
        await one.path.supervise()
        wrong = bytearray(frame(REQUEST, 77, CENTRE, HERE, ASKED[81], datetime(2026, 1, 1)))
        wrong[-3] ^= 1
        assert one.centre._write is not None
        one.centre._write(b"\xff\x40" + bytes(wrong) + b"rubbish")
        denied = await one.centre.until(lambda heard: heard["command"] == DENY)
        assert denied["serial"] == 77
        assert (await asked(one, REQUEST, ASKED[81]))["command"] == RESPONSE
        assert (await one.raised(names.SMOKE, names.ALARM, 2)).accepted
        assert one.centre.connections == 1

    play(tmp_path, clock, scenario)


def test_an_unset_clock_holds_no_alarm_back(tmp_path: Path, clock: ManualClock) -> None:
    async def scenario(one: Estate) -> None:
        one.clock.wall = 7_000
        position = await one.event(names.SMOKE, names.ALARM, 2)
        early = Report(
            names.SMOKE, names.ALARM, 2, 7_000, device="kitchen", sensor=2, reference=position
        )
        assert (await one.path.send(early, 1)).accepted
        assert one.centre.heard[0]["at"] == "2000-01-01 00:00:00"

    play(tmp_path, clock, scenario)


def test_after_an_outage_fire_is_told_first(tmp_path: Path, clock: ManualClock) -> None:
    async def scenario(one: Estate) -> None:
        port = one.centre.port
        await one.centre.stop()
        fire = Centre(
            name="fire",
            protocol="gbt26875",
            host="127.0.0.1",
            port=port,
            gbt=GbtSettings(source=HERE, centre=CENTRE),
        )
        sender = CentreSender(
            fire,
            opener(fire, one.clock, one.facts),
            one.alarms,
            REGISTER,
            one.clock,
            lambda _: None,
            zone=ZONE,
        )
        await sender.prepare()
        running = asyncio.create_task(sender.run())
        for _ in range(5):
            await one.event(names.DOOR, names.TROUBLE, 3)
            await one.event(names.DOOR, names.TROUBLE_RESTORE, 3)
        await one.event(names.SMOKE, names.ALARM, 2)
        await asyncio.sleep(0)
        await one.centre.start(port)
        while sender.delivered < 11:
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await sender.close()
        told = [each["objects"][0] for each in one.centre.heard if each["type"] == 2]  # type: ignore[index]
        smoke = next(at for at, each in enumerate(told) if each["component"] == 42)
        # One event may have been on its way when the smoke came.
        assert smoke <= 1

    play(tmp_path, clock, scenario)


def test_two_devices_with_one_number_are_named() -> None:
    two = [Device(id=name, place="home", number=3) for name in ("door", "hall")]
    assert "'door' and 'hall'" in (collision(Register([Place(id="home")], two)) or "")
    assert collision(REGISTER) is None


def test_another_device_changes_no_number() -> None:
    assert component_number("lobby", None, 1) == component_number("lobby", None, 1)
    assert component_number("lobby", None, 1) != component_number("hall", None, 1)
    assert component_number("lobby", 5, 2) == 0x0002_0005
