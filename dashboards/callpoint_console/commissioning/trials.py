"""What a journal says of devices that were tried: when, how fast, by whom; and their firmware."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from callpoint_gateway.alarms.fold import Exercise, exercise
from callpoint_gateway.journal.entries import (
    Entry,
    EventBody,
    ExerciseBody,
    Mark,
    Quality,
    Stage,
    StatusBody,
)
from callpoint_gateway.journal.event_meaning import triggers


class Trial(msgspec.Struct, frozen=True):
    """The last time that a zone was tried in a walk test.

    ``position``: that of its event. ``at_ms``: when it was on record, Unix ms; ``took_ms``: how
    long after it happened, None if its time is not known. ``who``: the account that began the
    walk test ``exercise`` (the position of its start), "" and 0 if it was the device's own.
    """

    position: int
    at_ms: int
    took_ms: int | None
    who: str
    exercise: int


class Trials(msgspec.Struct, frozen=True):
    """What is on record of all devices.

    ``zones``: the last trial of each zone of a device; ``devices``: that of each device.
    ``firmware``: the version with which a device connected last. ``untimed``: the devices whose
    last event had no time of its own: their clock was not set.
    """

    zones: Mapping[tuple[str, int], Trial]
    devices: Mapping[str, Trial]
    firmware: Mapping[str, str]
    untimed: frozenset[str]


class _Tables(NamedTuple):
    zones: dict[tuple[str, int], Trial]
    devices: dict[str, Trial]
    firmware: dict[str, str]
    untimed: set[str]


class TrialLog:
    """The trials of a journal whose entries of ``TYPES`` are given in order."""

    def __init__(self) -> None:
        """Begin without any."""
        self._tables = _Tables({}, {}, {}, set())
        self._running: dict[int, Exercise] = {}

    def take(self, entry: Entry) -> bool:
        """Look at an entry; say whether it changes anything."""
        match entry.body:
            case ExerciseBody(stage=Stage.START, mark=Mark.TEST) as body:
                self._running[entry.position] = exercise(entry, body)
            case ExerciseBody(stage=Stage.END):
                self._running.pop(entry.about or 0, None)
            case EventBody() as body if entry.device is not None and entry.seq is not None:
                return self._event(entry, entry.device, body)
            case StatusBody() as body if entry.device is not None and body.firmware:
                before = self._tables.firmware.get(entry.device)
                self._tables.firmware[entry.device] = body.firmware
                return before != body.firmware
        return False

    def _event(self, entry: Entry, device: str, body: EventBody) -> bool:
        untimed, was = self._tables.untimed, device in self._tables.untimed
        known = body.quality is not Quality.RECEIVED
        untimed.discard(device) if known else untimed.add(device)
        if body.mark is not Mark.TEST or not triggers(body):
            return was is known
        took_ms = max(0, entry.recorded_ms - body.occurred_ms) if known else None
        test = next(
            (each for each in self._running.values() if each.has(device, body.place)), None
        )
        who, number = (test.who, test.position) if test else ("", 0)
        trial = Trial(entry.position, entry.recorded_ms, took_ms, who, number)
        self._tables.zones[device, body.zone] = self._tables.devices[device] = trial
        return True

    def trials(self) -> Trials:
        """Return what is on record so far."""
        zones, devices, firmware, untimed = self._tables
        return Trials(
            MappingProxyType(dict(zones)),
            MappingProxyType(dict(devices)),
            MappingProxyType(dict(firmware)),
            frozenset(untimed),
        )
