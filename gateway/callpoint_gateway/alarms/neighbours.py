"""Whom an alarm alerts beside the alarm centre: the neighbours that the register names.

Ten households that look after each other: the sounders of a group go off with one household's
smoke detector, until somebody has acknowledged (or resolved, or closed) the alarm.
"""

from collections.abc import Callable

from callpoint_gateway.alarms.case import Case, Handling
from callpoint_gateway.alarms.fold import Cases
from callpoint_gateway.alarms.orders import Orders, new_number
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.journal.ages import Stamp
from callpoint_gateway.journal.entries import AlertBody, NewEntry, Type
from callpoint_protocol import names

_SILENT = {
    "acknowledge": tuple(one for one in Handling if one is not Handling.NEW),
    "resolve": (Handling.RESOLVED, Handling.CLOSED),
    "close": (Handling.CLOSED,),
}


class Neighbours:
    """Says what is to be recorded; ``ordered`` carries out what has been."""

    def __init__(self, register: Register, settings: AlarmSettings, orders: Orders) -> None:
        """Take who alerts whom from the register."""
        self._register = register
        self._settings = settings
        self._orders = orders
        self._kinds = {k for k, name in names.KINDS.items() if name in settings.alert_kinds}

    def alert(self, case: Case, age: Callable[[Stamp], int]) -> NewEntry | None:
        """Return the entry that alerts whoever has not been; None when nobody is to be."""
        if case.kind not in self._kinds or self.is_silent(case.handling):
            return None
        late_ms = max(0, case.opened.wall_ms - case.occurred_ms)
        if late_ms + age(case.opened) > self._settings.alert_s * 1000:
            return None  # neighbours can do nothing about what was long ago
        devices = {one.device for one in case.raised.values()}
        wanted = sorted({name for device in devices for name in self._register.alerts(device)})
        if not set(wanted) - set(case.alerted):
            return None
        everybody = sorted({*wanted, *case.alerted})
        return self._entry(case, everybody, self._settings.alert_s)

    def silence(self, case: Case, handling: Handling, cases: Cases) -> NewEntry | None:
        """Return the entry that silences an alarm which gets to ``handling``."""
        if not case.alerted or not self.is_silent(handling):
            return None
        others = {
            device for other in cases.open_cases() if other is not case for device in other.alerted
        }
        return self._entry(case, [one for one in case.alerted if one not in others], 0)

    def again(self, case: Case, age: Callable[[Stamp], int]) -> None:
        """Order once more, after a restart, what is still to sound; the number is the same."""
        left_s = self._settings.alert_s - age(case.last) // 1000
        if case.alerted and left_s > 0:
            self.ordered(AlertBody(case.alerted, left_s, case.alert_number))

    def is_silent(self, handling: Handling) -> bool:
        """Say whether sounders are silent in this state."""
        return handling in _SILENT[self._settings.silence_at]

    def ordered(self, body: AlertBody) -> None:
        """Tell the devices."""
        for device in body.devices:
            self._orders.send(device, names.SIREN, body.seconds, body.number)

    def _entry(self, case: Case, devices: list[str], seconds: int) -> NewEntry:
        body = AlertBody(devices, seconds, new_number())
        return NewEntry(Type.ALERT, body, case.device, about=case.position)
