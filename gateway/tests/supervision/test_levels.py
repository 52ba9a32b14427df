"""Response levels: which level holds where, and that it ends whatever the clocks do."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.control.asker import Asker
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.journal.entries import Entry, LevelOverBody, NewEntry, StatusBody, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.levels import Levels
from callpoint_gateway.supervision.questions import BeginLevel, EndLevel, LevelView

from ..conftest import ManualClock

HOUR_MS = 3_600_000
NORTH = Place(id="north-7", city="Fengyang", district="North", building="7")
SOUTH = Place(id="south-2", city="Fengyang", district="South", building="2")
REGISTER = Register(
    [NORTH, SOUTH],
    [
        Device(id="n", place="north-7", zone=[Zone(zone=1, kind="panic")]),
        Device(id="s", place="south-2", zone=[Zone(zone=1, kind="panic")]),
    ],
)
LEADER = Asker("supervisor", Role.SUPERVISOR, "cli:0")


class Site:
    """Levels on a real journal."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.clock = clock
        self._path = folder / "alarms.db"
        self.start()

    def start(self) -> None:
        self.alarms = Journal(self._path, self.clock, chained=True)
        self.levels = Levels(REGISTER, self.alarms, self.clock)

    def stop(self) -> None:
        self.alarms.close()
        self.levels.close()

    def begin(self, area: str, level: int, **more: Any) -> LevelView:
        asked = {"for_s": 3600, "reason": "storm"} | more
        question = BeginLevel(area=area, level=level, **asked)
        return asyncio.run(self.levels.begin(question, LEADER))

    def end(self, number: int) -> LevelView:
        return asyncio.run(self.levels.end(EndLevel(number=number), LEADER))

    def look(self) -> None:
        asyncio.run(self.levels.look())

    def at(self, *places: Place | None) -> list[int]:
        return [self.levels.now(place) for place in places]

    def happen(self) -> int:
        """Store any other entry; return its position."""

        async def store() -> int:
            body = StatusBody("estate", 1, 1, "1", 0)
            (stored,) = await self.alarms.store([NewEntry(Type.STATUS, body, "n")])
            return stored.position

        return asyncio.run(store())

    def entries(self) -> list[Entry]:
        with self.alarms.reader() as reader:
            return reader.read(0, 100, (Type.LEVEL,))


@pytest.fixture
def site(tmp_path: Path, clock: ManualClock) -> Iterator[Site]:
    found = Site(tmp_path, clock)
    yield found
    found.stop()


def test_the_most_serious_level_at_a_place_counts(site: Site) -> None:
    assert site.at(NORTH, SOUTH, None) == [0, 0, 0]
    site.begin("Fengyang", 4)
    north = site.begin("fengyang/north", 2)
    site.begin("Fengyang / North", 3)
    assert site.at(NORTH, SOUTH, None) == [2, 4, 0]
    site.end(north.number)
    assert site.at(NORTH, SOUTH) == [3, 4]
    site.begin("", 1)
    assert site.at(NORTH, SOUTH, None) == [1, 1, 1]
    assert [view.level for view in site.levels.listed().levels] == [1, 3, 4]


def test_a_request_begins_one_level_however_often_it_comes(site: Site) -> None:
    request = "0123456789abcdef"
    begun = site.begin("Fengyang", 3, request=request)
    assert site.begin("Fengyang", 3, request=request).number == begun.number
    site.stop()
    site.start()
    assert site.begin("Fengyang", 3, request=request).number == begun.number

    async def twice_at_once() -> None:
        question = BeginLevel(area="Fengyang", level=2, for_s=60, reason="storm", request="f" * 16)
        views = await asyncio.gather(*(site.levels.begin(question, LEADER) for _ in range(2)))
        assert len({view.number for view in views}) == 1

    asyncio.run(twice_at_once())
    assert len(site.entries()) == 2
    ended = asyncio.run(site.levels.end(EndLevel(request=request), LEADER))
    assert ended.number == begun.number
    assert site.begin("Fengyang", 3, request=request).number == begun.number, "it is over"
    assert site.at(NORTH) == [2]
    with pytest.raises(QuestionRefused):
        asyncio.run(site.levels.end(EndLevel(request=request), LEADER))


def test_a_level_ends_by_itself_and_says_who_ended_it(site: Site) -> None:
    begun = site.begin("north-7", 2, for_s=60)
    site.clock.advance(59_999)
    site.look()
    assert site.at(NORTH) == [2]
    assert site.levels.listed().levels[0].left_s == 1
    site.clock.advance(1)
    site.look()
    site.look()
    assert site.at(NORTH) == [0]
    (over,) = (entry for entry in site.entries() if isinstance(entry.body, LevelOverBody))
    assert (over.about, over.body) == (begun.number, LevelOverBody("", "gateway"))


def test_a_restart_of_the_gateway_changes_nothing(site: Site) -> None:
    site.begin("north-7", 2)
    ended = site.begin("south-2", 1)
    site.end(ended.number)
    site.stop()
    site.start()
    assert site.at(NORTH, SOUTH) == [2, 0]
    site.clock.advance(HOUR_MS)
    site.look()
    assert site.at(NORTH) == [0]


@pytest.mark.parametrize(
    ("wall_ms", "left_s"), [(10 * 60_000, 3000), (2 * HOUR_MS, 0), (-365 * 24 * HOUR_MS, 3600)]
)
def test_a_restart_of_the_machine_prolongs_it_by_at_most_its_own_time(
    site: Site, wall_ms: int, left_s: int
) -> None:
    site.begin("north-7", 2)
    site.clock.reboot(site.clock.wall + wall_ms)
    site.stop()
    site.start()
    assert site.levels.listed().levels[0].left_s == left_s
    site.clock.advance(left_s * 1000)
    site.look()
    assert site.at(NORTH) == [0]


def test_at_tells_of_a_position_what_held_then(site: Site) -> None:
    before = site.happen()
    begun = site.begin("Fengyang", 2)
    during = site.happen()
    site.end(begun.number)
    after = site.happen()
    asked = [before, during, after]
    assert [site.levels.at(position, NORTH) for position in asked] == [0, 2, 0]
    site.stop()
    site.start()
    assert [site.levels.at(position, NORTH) for position in asked] == [0, 2, 0]
    # Another part of the gateway has stored a level that this one has not read yet.
    other = Levels(REGISTER, site.alarms, site.clock)
    site.begin("Fengyang", 1)
    assert other.at(site.happen(), NORTH) == 1
    other.close()


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"area": "Fengyang / Nort"}, "did you mean 'Fengyang / North'?"),
        ({"area": "", "reason": "call 13812345678"}, "telephone"),
        ({"area": "", "reason": ""}, "level: reason: write at least"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(
    site: Site, asked: dict[str, Any], text: str
) -> None:
    with pytest.raises(QuestionRefused, match=text.replace("?", r"\?")):
        site.begin(**({"level": 2} | asked))
    assert site.entries() == []


def test_an_end_without_a_level_is_refused(site: Site) -> None:
    with pytest.raises(QuestionRefused, match="no level 7 holds"):
        site.end(7)
    number = site.begin("", 4).number
    site.end(number)
    with pytest.raises(QuestionRefused, match="no level"):
        site.end(number)
