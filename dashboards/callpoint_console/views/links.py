"""The links of the gateway: to each alarm centre, and the state of its own parts."""

import msgspec

from callpoint_console.live.gateway_state import Answered
from callpoint_console.views.context import Context
from callpoint_gateway.alarms.waiting import centre_of


class LinkRow(msgspec.Struct, frozen=True):
    """A link or a part. ``waiting``: how many entries wait for it; ``fault``: "" if it is well.

    ``answers``: when a centre last answered over each path, None where that is not known.
    """

    name: str
    waiting: int
    fault: str
    answers: tuple[Answered, ...] | None = None
    centre: bool = False


def link_rows(context: Context) -> list[LinkRow]:
    """Return the centres and sinks that the gateway delivers to, then its clock."""
    situation, words = context.snapshot.situation, context.words
    faults = {fault.source: fault for fault in situation.faults}
    waiting: dict[str, int] = {}
    for backlog in situation.waiting:
        centre = centre_of(backlog.consumer)
        source = f"centre/{centre[0]}" if centre else backlog.consumer
        waiting[source] = waiting.get(source, 0) + backlog.count
    known = context.gateway.answers or {}
    rows = []
    for source, count in waiting.items():
        wrong = next((each for each in faults if _concerns(each, source)), None)
        fault = words.fault(wrong) if wrong else ""
        what, _, name = source.partition("/")
        answers = known.get(name) if what == "centre" else None
        rows.append(LinkRow(words.source(source), count, fault, answers, what == "centre"))
    clock = next((source for source in faults if source.partition("/")[0] == "clock"), None)
    rows.append(LinkRow(words.source("clock"), 0, words.fault(clock) if clock else ""))
    return rows


def _concerns(fault: str, source: str) -> bool:
    return fault == source or fault.startswith(f"{source}/path")
