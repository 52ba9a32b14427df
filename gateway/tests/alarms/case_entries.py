"""Entries for tests of the alarms' fold: an event as ingest makes it, stored at once."""

import threading
from collections.abc import Sequence
from typing import Any

import msgspec

from callpoint_gateway.alarms.site_state import SiteState
from callpoint_gateway.journal.entries import (
    EventBody,
    Mark,
    Quality,
    Stored,
    Write,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names

WAIT_S = 60.0


def event(
    state: int = names.ALARM,
    *,
    kind: int = names.PANIC,
    zone: int = 1,
    place: str = "home",
    mark: Mark = Mark.REAL,
    detail: int = 0,
    **more: Any,
) -> EventBody:
    """Return an event as ingest makes it."""
    return EventBody(
        "estate",
        kind,
        state,
        zone,
        detail,
        1,
        0,
        1_795_000_000_000,
        Quality.AGE,
        place=place,
        mark=mark,
        **more,
    )


def commit(journal: Journal, *writes: Write) -> int:
    """Write, wait for the disk, and return the last position."""
    stored: list[Stored] = []
    done = threading.Event()

    def remember(result: Sequence[Stored]) -> None:
        stored.extend(result)
        done.set()

    journal.submit(writes, remember)
    assert done.wait(WAIT_S)
    return stored[-1].position if stored else 0


def state_of(state: SiteState) -> object:
    """Return everything that a fold knows, comparable."""
    cases = state.cases
    exercises = [
        (msgspec.to_builtins(msgspec.structs.replace(each, tested=set())), sorted(each.tested))
        for each in sorted(cases.exercises, key=lambda each: each.position)
    ]
    return (
        [msgspec.structs.astuple(case) for case in cases.open_cases()],
        cases.sensors.all(),
        sorted(cases.sensors.last_restores()),
        state.faults,
        state.lost,
        state.partitions,
        state.inhibits,
        msgspec.to_builtins(cases.tests),
        exercises,
    )
