"""The first word of a flashed device at the gateway, by the gateway's journals."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from callpoint_gateway.control.client import Unanswered, ask
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.ingest.questions import GiveOrder
from callpoint_gateway.journal.entries import Entry, EventBody, StatusBody, TelemetryBody, Type
from callpoint_gateway.journal.reader import JournalError, Reader
from callpoint_protocol import names

# A device that starts says a few things; a day of alarms is not looked through.
_LOOKED_AT: Final = 16
_RSSI: Final = "rs"
# A board that is pulled out before that need not show anything later.
_ORDER_S, _SHOWN_S = 30.0, 10


class FirstWord(NamedTuple):
    """A device that has connected.

    ``rssi_dbm``: None until its first reading. ``clock``: it does not say that it lacks the time.
    """

    firmware: str
    rssi_dbm: int | None
    clock: bool


class Gateway:
    """The gateway at which devices are awaited. It may start later, or be busy."""

    def __init__(self, state_dir: Path) -> None:
        """``state_dir``: the folder of its journals."""
        self._state_dir = state_dir
        self._alarms, self._telemetry = state_dir / "alarms.db", state_dir / "telemetry.db"

    def head(self) -> int:
        """Return the last position of its journal of alarms, 0 if there is none."""
        try:
            with Reader(self._alarms) as reader:
                return reader.head()
        except (JournalError, OSError, sqlite3.Error):
            return 0

    def heard(self, device: str, after: int) -> FirstWord | None:
        """Return what a device has said since position ``after``; None: it has not connected."""
        try:
            with Reader(self._alarms) as alarms:
                status = alarms.latest(Type.STATUS, device)
                events = alarms.last_events(device, _LOOKED_AT)
            if status is None or status.position <= after:
                return None
            with Reader(self._telemetry) as telemetry:
                readings = telemetry.last_readings(device, _LOOKED_AT)
        except (JournalError, OSError, sqlite3.Error):
            return None
        body = status.body
        if not isinstance(body, StatusBody) or body.status != names.ONLINE:
            return None
        return FirstWord(body.firmware, _rssi(readings, body.boot), _clock(events, body.boot))

    def show(self, device: str) -> bool:
        """Have a device show on its own lamp and sounder that it was heard.

        False: there is no gateway to say so, or you may not give orders to devices.
        """
        order = GiveOrder(device=device, command=names.IDENTIFY, wait_s=_ORDER_S, seconds=_SHOWN_S)
        try:
            ask(self._state_dir, order)
        except (Unanswered, QuestionRefused):
            return False
        return True


def _rssi(readings: Sequence[Entry], boot: int) -> int | None:
    for entry in reversed(readings):
        body = entry.body
        if entry.boot == boot and isinstance(body, TelemetryBody) and _RSSI in body.readings:
            return body.readings[_RSSI]
    return None


def _clock(events: Sequence[Entry], boot: int) -> bool:
    for entry in reversed(events):
        body = entry.body
        if (
            entry.boot == boot
            and isinstance(body, EventBody)
            and (body.kind, body.detail) == (names.DEVICE, names.FAULT_CLOCK)
        ):
            return body.state != names.TROUBLE
    return True
