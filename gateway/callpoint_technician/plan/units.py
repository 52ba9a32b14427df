"""The lines of a plan, checked: every cell by itself, then all lines against each other."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from callpoint_gateway.configuration import privacy
from callpoint_gateway.configuration.centres import Account
from callpoint_gateway.configuration.names import own_name
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.configuration.register import valid_place_id
from callpoint_gateway.words.people import PROFILES
from callpoint_gateway.words.said import Said, either, said
from callpoint_gateway.words.text import LANGUAGES, Text
from callpoint_gateway.words.unknown import near
from callpoint_people import roles
from callpoint_people.words import PeopleError
from callpoint_protocol import topics
from callpoint_technician.identity.board_settings import PARTS
from callpoint_technician.plan import columns, wiring
from callpoint_technician.plan.columns import GRID, folded
from callpoint_technician.plan.table import Line, Table
from callpoint_technician.plan.wiring import Wired, WiringError

LONGEST: Final = 64
_POWERS: Final = {
    "mains": "mains",
    "battery": "battery",
    "市电": "mains",
    "交流": "mains",
    "电池": "battery",
}
_PROFILES: Final = {
    **{profile.value: profile.value for profile in Profile},
    **{text.casefold(): name for name, both in PROFILES.items() for text in both},
    "小区": "estate",
    "社区": "estate",
}
_DEGREES: Final = {columns.LATITUDE: 90.0, columns.LONGITUDE: 180.0}
_LARGEST_NUMBER: Final = 65_535
_ROOM_FOR_ID: Final = 64
# A spreadsheet takes it for a formula; a basement is -1.
_FORMULA: Final = re.compile(r"[=+@]|-\D")


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """One line. ``of_place`` and ``of_device``: cells as the register has them, by its keys.

    ``device`` is empty for a place alone; ``zones`` is None if the table says nothing of them.
    ``cell``: the first parts of the place at which ``responders`` are responsible.
    """

    line: Line
    place: str
    of_place: Mapping[str, Any]
    device: str = ""
    of_device: Mapping[str, Any] = {}
    board: str = ""
    zones: tuple[Wired, ...] | None = None
    network: str = ""
    cell: str = ""
    responders: tuple[str, ...] = ()

    @property
    def grid(self) -> tuple[str, ...]:
        """The known parts of the place, the largest first."""
        return tuple(self.of_place[part] for part in GRID if self.of_place.get(part))


class Checked(msgspec.Struct, frozen=True):
    """The units of a table, and all that is wrong with it."""

    units: list[Unit]
    mistakes: list[Said]


class _Cells:
    """Reads the cells of one line and notes what is wrong."""

    def __init__(self, line: Line, mistakes: list[Said]) -> None:
        self._line = line
        self._mistakes = mistakes

    def refuse(self, column: str, what: Said) -> None:
        self._mistakes.append(self._line.wrong(column, what))

    def text(self, column: str) -> str:
        """Return a text that people read: a name of a part, a label."""
        given = self._line.get(column)
        if len(given) > LONGEST or not (given.isprintable() or not given):
            self.refuse(column, said("plan.text", most=LONGEST))
        elif _FORMULA.match(given):
            self.refuse(column, said("plan.formula"))
        elif privacy.personal(given):
            self.refuse(column, said("refused.person"))
        return given

    def choice(self, column: str, known: Mapping[str, str]) -> str:
        """Return what a word means, empty for an empty cell."""
        given = folded(self._line.get(column))
        if given and given not in known:
            valid = ", ".join(dict.fromkeys(known.values()))
            self.refuse(column, said("plan.one_of", given=given[:32], valid=valid))
        return known.get(given, "")

    def degrees(self, column: str) -> float | None:
        given = self._line.get(column)
        try:
            found = float(given) if given else None
        except ValueError:
            found = 1_000.0
        most = _DEGREES[column]
        if found is not None and not -most <= found <= most:
            self.refuse(column, said("plan.degrees", most=int(most)))
            return None
        return found

    def account(self) -> str | None:
        given = self._line.get(columns.ACCOUNT)
        try:
            return msgspec.convert(given, Account) if given else None
        except msgspec.ValidationError:
            self.refuse(columns.ACCOUNT, said("plan.account"))
            return None

    def number(self) -> int | None:
        given = self._line.get(columns.NUMBER)
        if not given:
            return None
        if not (given.isascii() and given.isdigit() and 0 < int(given) <= _LARGEST_NUMBER):
            what = said("device_settings.whole", low=1, high=_LARGEST_NUMBER)
            self.refuse(columns.NUMBER, what)
            return None
        return int(given)

    def device(self) -> str:
        given = self._line.get(columns.DEVICE)
        if not given:
            return ""
        if not topics.valid_id(given):
            self.refuse(columns.DEVICE, said("file.id"))
        elif own_name(given):
            self.refuse(columns.DEVICE, said("register.own_name", id=given))
        return given

    def zones(self) -> tuple[Wired, ...]:
        try:
            return wiring.parse(self._line.get(columns.WIRING))
        except WiringError as error:
            self.refuse(columns.WIRING, error.why)
            return ()

    def responders(self) -> tuple[str, ...]:
        found = []
        given = self._line.get(columns.RESPONDERS).replace("、", "+").replace("，", "+")
        for word in filter(None, (word.strip() for word in given.split("+"))):
            try:
                found.append(roles.checked(word))
            except PeopleError:
                each = (
                    ", ".join(name.in_(to) for name in roles.NAMES.values()) for to in LANGUAGES
                )
                named = either(Text(*each))
                self.refuse(columns.RESPONDERS, said("plan.role", roles=named))
        return tuple(dict.fromkeys(found))


def check(table: Table) -> Checked:
    """Return the units of a table and what is wrong with them, as far as the table tells."""
    mistakes: list[Said] = []
    units = [_unit(line, mistakes) for line in table.lines]
    mistakes += [*_merged(units), *_twice(units)]
    return Checked(units, mistakes)


def _unit(line: Line, mistakes: list[Said]) -> Unit:
    cells = _Cells(line, mistakes)
    has = line.table.has
    of_place: dict[str, Any] = {
        column: cells.text(column) for column in (*GRID, columns.LABEL) if has(column)
    }
    if has(columns.PROFILE):
        of_place[columns.PROFILE] = cells.choice(columns.PROFILE, _PROFILES) or Profile.ESTATE
    for column in _DEGREES:
        if has(column):
            of_place[column] = cells.degrees(column)
    grid = [of_place[part] for part in GRID if of_place.get(part)]
    place = line.get(columns.PLACE) or _place_id(of_place)
    if not valid_place_id(place):
        cells.refuse(columns.PLACE, said("plan.place_id") if place else said("plan.no_place"))
    of_device: dict[str, Any] = {}
    if has(columns.ACCOUNT):
        of_device["account"] = cells.account()
    if has(columns.NUMBER):
        of_device["number"] = cells.number()
    if has(columns.POWER):
        of_device["power"] = cells.choice(columns.POWER, _POWERS) or "mains"
    board = cells.choice(columns.BOARD, {name: name for name in PARTS})
    zones = cells.zones() if has(columns.WIRING) else None
    device = cells.device()
    if not device and any(
        line.get(column) for column in (columns.BOARD, columns.WIRING, columns.POWER)
    ):
        device = _device_id(of_place)
        if not device:
            cells.refuse(columns.DEVICE, said("plan.no_device"))
    if board and not zones:
        cells.refuse(columns.WIRING, said("plan.no_wiring"))
    responders = cells.responders()
    return Unit(
        line=line,
        place=place,
        of_place=of_place,
        device=device,
        of_device=of_device if device else {},
        board=board,
        zones=zones if device else None,
        network=line.get(columns.NETWORK),
        cell=_cell(line, cells, grid) if responders else "",
        responders=responders,
    )


def _place_id(of_place: Mapping[str, Any]) -> str:
    """Return the id of a place without one: its parts from the community on."""
    parts = [of_place[part] for part in GRID[3:] if of_place.get(part)]
    return "-".join(parts).replace("　", " ")[:_ROOM_FOR_ID]


def _device_id(of_place: Mapping[str, Any]) -> str:
    """Return the id of a device without one, from the digits and letters of its place."""
    parts = (of_place.get(part, "") for part in GRID[4:])
    plain = (
        "".join(letter for letter in folded(part) if letter.isascii() and letter.isalnum())
        for part in parts
    )
    found = "-".join(filter(None, plain))
    return found if topics.valid_id(found) and not own_name(found) else ""


def _cell(line: Line, cells: _Cells, grid: list[str]) -> str:
    """Return the cell of the responders: the first parts of the place, the last one named."""
    given = line.get(columns.CELL)
    if not given:
        return " / ".join(grid)
    column = columns.column_of(given)
    if column in GRID and (part := line.get(column)):
        return " / ".join(grid[: grid.index(part) + 1])
    for count in range(1, len(grid) + 1):
        text = " / ".join(grid[:count])
        if folded(given) in (folded(text), folded(grid[count - 1])):
            return text
    cells.refuse(columns.CELL, said("plan.no_cell", near=near(given, grid)))
    return ""


def _merged(units: list[Unit]) -> list[Said]:
    """Return cells that are empty below one that is not, in a line that goes on to the right.

    Spreadsheets save the text of merged cells in their first line alone. A place with an id of its
    own means what it says.
    """
    found: list[Said] = []
    above: dict[str, str] = {}
    for unit in units:
        parts = {part: str(unit.of_place.get(part) or "") for part in GRID}
        last = max((n for n, part in enumerate(GRID) if parts[part]), default=0)
        if not unit.line.get(columns.PLACE):
            for part in GRID[:last]:
                if parts[part] != above.get(part, "") and parts[part]:
                    break
                if not parts[part] and above.get(part):
                    parts[part] = above[part]
                    found.append(unit.line.wrong(part, said("plan.merged", above=above[part])))
        above = parts
    return found


def _twice(units: list[Unit]) -> list[Said]:
    """Return what two lines say differently, twice, or so alike that it must be a mistake."""
    found: list[Said] = []
    devices: dict[str, Unit] = {}
    places: dict[str, Unit] = {}
    parts: dict[tuple[str, ...], tuple[tuple[str, ...], Unit]] = {}
    for unit in units:
        if unit.device:
            known = devices.setdefault(folded(unit.device).replace("_", "-"), unit)
            if known is not unit:
                found.append(_same(unit, columns.DEVICE, known, known.device == unit.device))
        place = places.setdefault(folded(unit.place), unit)
        if place.place != unit.place and unit.line.get(columns.PLACE):
            found.append(_same(unit, columns.PLACE, place, False))
            continue
        if place.place == unit.place and place.of_place != unit.of_place:
            column = next(
                key for key in unit.of_place if unit.of_place[key] != place.of_place[key]
            )
            what = said("plan.place_differs", id=unit.place, line=place.line.number)
            found.append(unit.line.wrong(column, what))
        for count in range(1, len(unit.grid) + 1):
            here = unit.grid[:count]
            alike = tuple(folded(part).replace(" ", "") for part in here)
            written, first = parts.setdefault(alike, (here, unit))
            if written != here:
                column = next(part for part in GRID if unit.of_place.get(part) == here[-1])
                found.append(_same(unit, column, first, False))
                break
        label = str(unit.of_place.get(columns.LABEL, ""))
        whole = (label, "", *(folded(part).replace(" ", "") for part in unit.grid))
        _, first = parts.setdefault(whole, (unit.grid, unit))
        if unit.grid and first.place != unit.place:
            what = said("plan.same_parts", id=first.place, line=first.line.number)
            found.append(unit.line.wrong(columns.PLACE, what))
    return found


def _same(unit: Unit, column: str, first: Unit, exactly: bool) -> Said:
    line = first.line.number
    what = said("plan.twice", line=line) if exactly else said("plan.near_twice", line=line)
    return unit.line.wrong(column, what)
