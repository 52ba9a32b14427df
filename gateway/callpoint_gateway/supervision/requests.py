"""Answers the control socket's questions about supervision, inhibits and response levels."""

from callpoint_gateway.control.socket import Control
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.supervision.assembly import Supervisors
from callpoint_gateway.supervision.questions import (
    BeginInhibit,
    BeginLevel,
    EndInhibit,
    EndLevel,
    ListInhibits,
    ListLevels,
    ListSupervised,
    NotifierLives,
    SupervisedList,
    SupervisedView,
)


def register_requests(control: Control, supervision: Supervisors, clock: Clock) -> None:
    """Register an answer for each question about supervision, inhibits and levels."""
    control.register(BeginInhibit, supervision.inhibits.begin)
    control.register(EndInhibit, supervision.inhibits.end)
    control.register(ListInhibits, lambda _, __: supervision.inhibits.listed())
    control.register(NotifierLives, supervision.notifier.lives)
    control.register(BeginLevel, supervision.levels.begin)
    control.register(EndLevel, supervision.levels.end)
    control.register(ListLevels, lambda _, __: supervision.levels.listed())
    control.register(ListSupervised, lambda _, __: _supervised(supervision, clock))


def _supervised(supervision: Supervisors, clock: Clock) -> SupervisedList:
    """Return all supervised parts and devices, and the age of their state in seconds."""
    now = clock.monotonic_ms()
    return SupervisedList(
        [
            SupervisedView(
                part.source,
                part.after_s,
                part.state,
                max(0, now - part.since_ms) // 1000 if part.since_ms else None,
                str(part.reason),
                str(part.remedy),
                part.reason,
                part.remedy,
            )
            for part in (*supervision.faults.states(), *supervision.devices.states())
        ]
    )
