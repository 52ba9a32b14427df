"""What a district passes on of what its city asks, and what not."""

import asyncio

import msgspec
import pytest

from callpoint_district.relay.forwarding import Forwarding, origin_through
from callpoint_district.settings import District
from callpoint_gateway.alarms.questions import ActOnAlarm
from callpoint_gateway.configuration import privacy
from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.line import Reply
from callpoint_gateway.control.roles import Role
from callpoint_gateway.journal.entries import Action
from callpoint_gateway.upstream.downward import MOST, Request
from callpoint_rig.ports import free_port

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
