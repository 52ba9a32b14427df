"""``/messages``: whether the notifier lives, what it sent, and what it could not deliver."""

import asyncio
import logging
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callpoint_console.pages.requests import console_of
from callpoint_console.people.notices import Notice, notices
from callpoint_console.people.requests import people_of_request
from callpoint_console.people.times import clock_of
from callpoint_console.rendering import go_to, language_of, page, words_in
from callpoint_console.security.endpoints import WHOLE_SITE, for_roles
from callpoint_gateway.control.roles import DESK, Role
from callpoint_people.notifications import Notifications
from callpoint_people.outbox_file import OutboxUnusable

log = logging.getLogger(__name__)

SEE: Final = DESK | {Role.MANAGER, Role.TECHNICIAN, Role.ADMIN}
TEST: Final = frozenset({Role.SUPERVISOR, Role.ADMIN})
SHOWN: Final = 100
#: The faults of the gateway that are about the notifier.
_FAULTS: Final = ("notifier", "notifier/undelivered")


class ChannelRow(msgspec.Struct, frozen=True):
    """A channel: configured or used in the last day."""

    name: str
    sent: int
    failed: int
    last: str
    reason: str


class Shown(msgspec.Struct, frozen=True):
    """What the notifier's file says."""

    channels: tuple[ChannelRow, ...]
    stuck: tuple[Notice, ...]
    waiting: int
    newest: tuple[Notice, ...]


def _shown(request: Request) -> Shown:
    """Read the notifier's file. OutboxUnusable."""
    people, words = people_of_request(request), words_in(language_of(request))
    clock, known = clock_of(people), Notifications(people.state_dir)
    used = {each.channel: each for each in known.channels(people.clock.wall_ms())}
    names = [channel.name for channel in people.notify.channel]
    rows = []
    for name in [*names, *(name for name in used if name not in names)]:
        state = used.get(name)
        if state is None:
            rows.append(ChannelRow(name, 0, 0, "", ""))
        else:
            last = clock(state.last_ms)
            rows.append(ChannelRow(name, state.sent, state.failed, last, state.reason))
    waits = notices(known.not_sent(), words, clock)
    return Shown(
        tuple(rows),
        tuple(each for each in waits if each.stuck)[:SHOWN],
        sum(not each.stuck for each in waits),
        tuple(notices(known.newest(SHOWN), words, clock)),
    )


def _life(request: Request) -> tuple[str, list[str]]:
    """Return what is known of the notifier's life, and the faults that stand."""
    words, people = words_in(language_of(request)), people_of_request(request)
    snapshot = console_of(request).broadcaster.snapshot
    if not people.notify.enabled:
        return words("messages.off"), []
    if snapshot is None or snapshot.gateway is False:
        return words("messages.unknown"), []
    clock = clock_of(people)
    stands = [fault for fault in snapshot.situation.faults if fault.source in _FAULTS]
    silent = [fault for fault in stands if fault.source == _FAULTS[0]]
    if silent:
        life = words("messages.silent", since=clock(silent[0].since_ms))
    else:
        life = words("messages.lives", seconds=people.notify.silent_after_s)
    lines = [f"{words.told(fault.reason)}. {words.told(fault.remedy)}" for fault in stands]
    return life, lines


@for_roles(SEE)
async def messages(request: Request) -> Response:
    """Show the notifier's state and its newest messages; they name roles, never people."""
    words = words_in(language_of(request))
    said, shown = "", Shown((), (), 0, ())
    try:
        shown = await asyncio.to_thread(_shown, request)
    except OutboxUnusable as error:
        log.warning("messages cannot be shown: %s", error)
        said = words("told.unreadable")
    said = {"asked": words("messages.asked"), "none": words("messages.no_notifier")}.get(
        request.query_params.get("said", ""), said
    )
    life, faults = _life(request)
    account = getattr(request.state, "account", None)
    return page(
        request,
        "people/messages.html",
        part="messages",
        said=said,
        life=life,
        faults=faults,
        shown=shown,
        may_test=account is None or account.has(*TEST),
    )


@for_roles(TEST, place=WHOLE_SITE)
async def test(request: Request) -> Response:
    """Ask the notifier for a message of test to each person, over one channel or each in turn."""
    people = people_of_request(request)
    channel = str((await request.form()).get("channel", ""))
    if channel not in ("", *(each.name for each in people.notify.channel)):
        channel = ""
    ask = Notifications(people.state_dir).ask_for_test
    said = "asked"
    try:
        await asyncio.to_thread(ask, people.clock.wall_ms(), "", channel)
    except OutboxUnusable as error:
        log.warning("no message of test: %s", error)
        said = "none"
    return go_to(request, f"/messages?said={said}")


ROUTES: Final = [
    Route("/messages", messages),
    Route("/messages/test", test, methods=["POST"]),
]
