"""Measures the signal of each device in the minute after it was tried, and keeps the result.

Readings are bounded in bytes and go in time; what was measured stays with the console. It is one
thread's, that of the follower.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol

import msgspec

from callpoint_console.commissioning.signal import LASTS_MS, Signal, signal_of
from callpoint_console.commissioning.trials import Trial, Trials
from callpoint_console.database import DatabaseFault
from callpoint_gateway.alarms.site_source import LiveModel
from callpoint_gateway.journal.entries import Entry, TelemetryBody

LATE_MS: Final = 5_000  # a reading of the last moment may still be on its way
LOOK_S: Final = 1.0
READINGS: Final = 500
AT_ONCE: Final = 20  # devices of one look, so that many tests do not keep the pages waiting

log = logging.getLogger(__name__)


class Measured(msgspec.Struct, frozen=True):
    """What was measured after the trial at position ``trial``.

    ``signal`` and ``battery_mv`` are None if the device sent nothing of it. ``whole``: the minute
    is over.
    """

    trial: int
    signal: Signal | None
    battery_mv: int | None
    whole: bool


class Keeper(Protocol):
    """Keeps what was measured, by device."""

    def measured(self) -> dict[str, Measured]:
        """Return what is kept."""

    def keep(self, device: str, measured: Measured) -> None:
        """Keep a result instead of the earlier one. DatabaseFault."""


class SignalLog:
    """What was measured after the last trial of each device. Call ``follow`` before a look."""

    def __init__(self, keeper: Keeper | None) -> None:
        """Begin with what is kept; without a keeper with nothing."""
        self._keeper = keeper
        self._measured = keeper.measured() if keeper else {}
        self._trials: Trials | None = None
        self._pending: dict[str, Trial] = {}
        self._looked_s = 0.0
        self.measured: Mapping[str, Measured] = MappingProxyType(dict(self._measured))

    def follow(self, live: LiveModel, trials: Trials, now_ms: int) -> None:
        """Read what is still to be measured: at most once a second, and after a new trial."""
        fresh = trials is not self._trials
        if fresh:
            self._trials = trials
            self._pending = {
                device: trial
                for device, trial in trials.devices.items()
                if not self._has(device, trial)
            }
        now_s = time.monotonic()
        if not self._pending or (now_s - self._looked_s < LOOK_S and not fresh):
            return
        self._looked_s = now_s
        changed = False
        for device, trial in list(self._pending.items())[:AT_ONCE]:
            over = now_ms > trial.at_ms + LASTS_MS + LATE_MS
            found = _measure(live.last_readings(device, READINGS), trial, whole=over)
            del self._pending[device]
            if not over:
                self._pending[device] = trial  # behind the others
            changed = changed or self._measured.get(device) != found
            self._measured[device] = found
            if over:
                self._keep(device, found)
        if changed:
            self.measured = MappingProxyType(dict(self._measured))

    def _has(self, device: str, trial: Trial) -> bool:
        known = self._measured.get(device)
        return known is not None and known.whole and known.trial == trial.position

    def _keep(self, device: str, found: Measured) -> None:
        if self._keeper is None:
            return
        try:
            self._keeper.keep(device, found)
        except DatabaseFault as fault:
            log.warning("a signal is not kept: %s", fault)


def _measure(readings: Sequence[Entry], trial: Trial, *, whole: bool) -> Measured:
    within = [
        entry.body.readings
        for entry in readings
        if isinstance(entry.body, TelemetryBody)
        and trial.at_ms <= entry.recorded_ms <= trial.at_ms + LASTS_MS
    ]
    dbm = [each["rs"] for each in within if "rs" in each]
    supply = [each["mv"] for each in within if "mv" in each]
    return Measured(trial.position, signal_of(dbm), supply[-1] if supply else None, whole)
