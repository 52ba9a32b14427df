"""What a district passes on of what its city asks, and what not."""

import asyncio

import msgspec
import pytest

from callpoint_district.database import Database
from callpoint_district.relay.forwarding import Forwarding, origin_through
from callpoint_district.settings import District
from callpoint_district.sites import notes
from callpoint_district.sites.asking import AskingLine, NotAnswered
from callpoint_gateway.alarms.questions import ActOnAlarm
from callpoint_gateway.configuration import privacy
from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.line import Reply
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import Action
from callpoint_gateway.upstream.downward import MOST, Request
from callpoint_protocol import names
from callpoint_rig.ports import free_port

from .area_rows import alarm, gateway

ORDER = msgspec.json.encode(
    Request(
        msgspec.Raw(msgspec.json.encode(ActOnAlarm(alarm=1, action=Action.NOTE, note="seen"))),
        By("op-7", Role.OPERATOR, "district"),
    )
)


@pytest.mark.parametrize(
    ("questions", "path", "text", "why"),
    [
        (["alarms"], "d1/g1", ORDER, "does not let its city ask 'alarm'"),
        (["alarm"], "d1", ORDER, "no name"),
        (["alarm"], "d2/g1", ORDER, "no name"),
        (["alarm"], "d1/g1", b"{}", "not a line of JSON"),
        (["alarm"], "d1/g1", ORDER.replace(b'"op-7"', b'"Zhang San"'), "not a line of JSON"),
        (["alarm"], "d1/g1", ORDER + b" " * MOST, "too long"),
        (["alarm"], "d1/g1", ORDER, "nothing was sent: no connection"),
    ],
)
def test_what_is_not_passed_on_is_refused_with_words(
    questions: list[str], path: str, text: bytes, why: str
) -> None:
    nowhere = [f"nats://127.0.0.1:{free_port()}"]
    settings = District(district="d1", servers=nowhere, database="unused")
    city = Upstream(district="c1", gateway="d1", servers=nowhere, questions=questions)

    async def ask() -> bytes:
        forwarding = Forwarding(settings, city)
        try:
            return await forwarding.answer(path, text)
        finally:
            await forwarding.close()

    reply = msgspec.json.decode(asyncio.run(ask()), type=Reply)
    assert why in reply.refused


class ThroughADistrict(AskingLine):
    """The line of a city: the engine between is left out, the district's part is real."""

    def __init__(self, settings: District, forwarding: Forwarding) -> None:
        super().__init__(settings)
        self.forwarding = forwarding

    async def exchange(self, gateway: str, request: Request) -> Reply:
        text = await self.forwarding.answer(gateway, msgspec.json.encode(request))
        return msgspec.json.decode(text, type=Reply)


def test_a_note_of_the_city_waits_for_a_gateway_that_its_district_does_not_reach(
    database: Database,
) -> None:
    nowhere = [f"nats://127.0.0.1:{free_port()}"]
    district = District(district="d1", servers=nowhere, database="unused")
    upstream = Upstream(district="c1", gateway="d1", servers=nowhere)
    city = District(district="c1", servers=nowhere, database="unused")
    gateway(database, "d1/g1")
    alarm(database, "d1/g1", 1, names.PANIC)

    async def write() -> notes.Note:
        forwarding = Forwarding(district, upstream)
        line, by = ThroughADistrict(city, forwarding), By("op-7", Role.OPERATOR, "district")
        try:
            with pytest.raises(NotAnswered, match="nothing was sent"):
                await line.ask("d1/g1", ActOnAlarm(alarm=1, action=Action.ACKNOWLEDGE), by)
            return await notes.write(database, line, SystemClock(), "d1/g1", 1, "seen", by)
        finally:
            await forwarding.close()

    note = asyncio.run(write())
    assert note.waits
    with database.transaction() as connection:
        assert notes.waiting(connection) == [note]


@pytest.mark.parametrize(
    ("tier", "origin", "through"),
    [
        ("c1", "district", "c1.district"),
        ("c1", "p1.console", "c1.p1.console"),
        ("330100", "console", "above.console"),
        ("a-city-with-a-long-name", "console.and.more", "above.console.and.more"),
    ],
)
def test_an_origin_says_from_which_tier_it_came(tier: str, origin: str, through: str) -> None:
    assert origin_through(tier, origin) == through
    By("op-7", Role.OPERATOR, privacy.origin(through))
