"""``/a/<token>``: the link of a message, by which a person acknowledges an alarm.

Messengers open every link by themselves, so opening it does nothing: it shows place, kind, state
and age of the alarm, and no person. Whoever acts signs in and presses a button; then the link is
used up. What is wrong with a link is told nobody: forged, expired and used ones look the same.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callpoint_console.accounts.limits import network_of
from callpoint_console.accounts.sessions import Stage
from callpoint_console.pages.answers import asked
from callpoint_console.pages.requests import console_of
from callpoint_console.people.requests import people_of_request, who_looks
from callpoint_console.rendering import go_to, language_of, page, words_in
from callpoint_console.security.endpoints import for_roles, public
from callpoint_console.visitor import visitor_of
from callpoint_gateway.alarms.questions import ActOnAlarm, may_act
from callpoint_gateway.alarms.situation import Alarm
from callpoint_gateway.control.roles import DESK
from callpoint_gateway.journal.entries import Action, Entry, EventBody, Mark
from callpoint_people.links import Link
from callpoint_people.words import PeopleError

log = logging.getLogger(__name__)

_MAY: Final = may_act(Action.ACKNOWLEDGE)
#: Beside the headers of every page: nobody else learns of the address, no search engine keeps it.
_HIDDEN: Final = {"X-Robots-Tag": "noindex", "Referrer-Policy": "same-origin"}


async def _link(request: Request) -> Link | None:
    """Return the link of the address, which stays unused; None: it is not valid, or must wait."""
    people, token = people_of_request(request), request.path_params["token"]
    network = network_of(request.client.host if request.client else "")
    if not people.is_there or people.tries.wait_s(network):
        return None
    try:
        return await people.ask(who_looks(request), lambda store: store.read_link(token))
    except PeopleError as error:
        if error.key.startswith("link."):
            people.tries.tried(network)
        else:
            log.warning("links of messages cannot be read: %s", error)
        return None


def _event(request: Request, link: Link) -> Entry | None:
    with console_of(request).source.records() as records:
        entry = records.entry(link.alarm)
    return entry if entry is not None and isinstance(entry.body, EventBody) else None


def _open(request: Request, number: int) -> Alarm | None:
    snapshot = console_of(request).broadcaster.snapshot
    alarms = snapshot.situation.alarms if snapshot else ()
    return next((alarm for alarm in alarms if alarm.alarm == number), None)


def _over(request: Request) -> Response:
    answer = page(request, "people/link_over.html", 404)
    answer.headers.update(_HIDDEN)
    return answer


@public()
async def see(request: Request) -> Response:
    """Show the alarm of a link; nothing is done, and the link stays as it was."""
    link = await _link(request)
    entry = await asyncio.to_thread(_event, request, link) if link else None
    if link is None or entry is None:
        return _over(request)
    return _shown(request, link, entry)


def _shown(
    request: Request, link: Link, entry: Entry, said: str = "", status: int = 200
) -> Response:
    console, words = console_of(request), words_in(language_of(request))
    body = entry.body
    assert isinstance(body, EventBody)
    alarm = _open(request, link.alarm)
    session = getattr(request.state, "session", None)
    full = session is not None and session.stage is Stage.FULL
    role = console.map.role(visitor_of(request).scope, _MAY, body.place) if full else None
    waits = alarm is not None and not any(s.action is Action.ACKNOWLEDGE for s in alarm.steps)
    answer = page(
        request,
        "people/link.html",
        status,
        said=said,
        number=link.alarm,
        token=request.path_params["token"],
        where=console.map.short(console.map.spot_of(body.place)) or console.map.name,
        kind=words.kind(body.kind),
        mark="" if body.mark is Mark.REAL else words.mark(body.mark.value),
        state=words.handling(alarm.handling.value) if alarm else words("reply.closed"),
        age=words.age(max(0, people_of_request(request).clock.wall_ms() - entry.recorded_ms)),
        waits=waits,
        signed_in=full,
        may=role is not None,
    )
    answer.headers.update(_HIDDEN)
    return answer


@for_roles(_MAY)
async def acknowledge(request: Request) -> Response:
    """Acknowledge the alarm of a link for whoever is signed in, and use the link up."""
    link = await _link(request)
    entry = await asyncio.to_thread(_event, request, link) if link else None
    if link is None or entry is None:
        return _over(request)
    assert isinstance(entry.body, EventBody)
    question = ActOnAlarm(alarm=link.alarm, action=Action.ACKNOWLEDGE)
    answer = await asked(request, question, entry.body.place)
    if answer.status_code != 204:
        text = bytes(answer.body).decode()
        return _shown(request, link, entry, text, answer.status_code)
    people, token = people_of_request(request), request.path_params["token"]
    # Another press of the same button may have been first; the gateway has done it only once.
    with suppress(PeopleError):
        await people.ask(who_looks(request), lambda store: store.use_link(token))
    desk = visitor_of(request).scope.areas(DESK)
    return go_to(request, f"{'/operator' if desk else '/'}#alarm-{link.alarm}")


ROUTES: Final = [
    Route("/a/{token}", see),
    Route("/a/{token}/acknowledge", acknowledge, methods=["POST"]),
]
