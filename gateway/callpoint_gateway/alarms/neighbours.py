"""Alerts the neighbours of an alarm that the register names.

For example, in a group of ten households the sounders of all go off with one household's smoke
detector, until a person has acknowledged (or resolved, or closed) the alarm.
"""

from collections.abc import Callable

from callpoint_gateway.alarms.case import Case, Handling
from callpoint_gateway.alarms.fold import Cases
from callpoint_gateway.alarms.orders import DeviceCommands, new_number
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.journal.ages import Stamp
from callpoint_gateway.journal.entries import AlertBody, NewEntry, Type
from callpoint_protocol import names

_SILENT = {
    "acknowledge": tuple(handling for handling in Handling if handling is not Handling.NEW),
    "resolve": (Handling.RESOLVED, Handling.CLOSED),
    "close": (Handling.CLOSED,),
}


class Neighbours:
    """Makes the entries that alert or silence neighbours; ``send`` carries out a stored one."""

    def __init__(
        self, register: Register, settings: AlarmSettings, orders: DeviceCommands
    ) -> None:
        """``register`` names the neighbours of each device."""
        self._register = register
        self._settings = settings
        self._orders = orders
        self._kinds = {kind for kind, name in names.KINDS.items() if name in settings.alert_kinds}

    def alert(self, case: Case, age: Callable[[Stamp], int]) -> NewEntry | None:
        """Return the entry that alerts further neighbours, None if there are none."""
        if case.kind not in self._kinds or self.is_silent(case.handling):
            return None
        late_ms = max(0, case.opened.wall_ms - case.occurred_ms)
        if late_ms + age(case.opened) > self._settings.alert_s * 1000:
            return None  # an event of long ago is no reason to wake neighbours
        devices = {raised.device for raised in case.raised.values()}
        wanted = sorted({name for device in devices for name in self._register.alerts(device)})
        if not set(wanted) - set(case.alerted):
            return None
        everybody = sorted({*wanted, *case.alerted})
        return self._entry(case, everybody, self._settings.alert_s)

    def silence(self, case: Case, handling: Handling, cases: Cases) -> NewEntry | None:
        """Return the entry that silences an alarm's neighbours in the state ``handling``.

        Sounders that another alarm alerts go on. None: there is nothing to silence.
        """
        if not case.alerted or not self.is_silent(handling):
            return None
        needed = {
            device for other in cases.open_cases() if other is not case for device in other.alerted
        }
        return self._entry(case, [device for device in case.alerted if device not in needed], 0)

    def resume(self, case: Case, age: Callable[[Stamp], int]) -> None:
        """After a restart, send an alert again for the time that is left, with its old number."""
        left_s = self._settings.alert_s - age(case.last) // 1000
        if case.alerted and left_s > 0:
            self.send(AlertBody(case.alerted, left_s, case.alert_number))

    def is_silent(self, handling: Handling) -> bool:
        """Say whether sounders are silent in this state."""
        return handling in _SILENT[self._settings.silence_at]

    def send(self, body: AlertBody) -> None:
        """Send the order of a stored alert to its devices."""
        for device in body.devices:
            self._orders.send(device, names.SIREN, body.seconds, body.number)

    def _entry(self, case: Case, devices: list[str], seconds: int) -> NewEntry:
        body = AlertBody(devices, seconds, new_number())
        return NewEntry(Type.ALERT, body, case.device, about=case.position)
