"""Changes a register's text and leaves every other line, with its comments, as people wrote it.

Each change is one of lines. Whoever calls this reads the result again and compares it with what
was wanted, so a form that is not understood here is noticed and nothing is written.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from callpoint_gateway.configuration.toml_file import Place as Position
from callpoint_gateway.configuration.toml_file import lines_of
from callpoint_technician.plan.difference import Change, Way

_ASSIGNED: Final = re.compile(r"^(\s*[\w-]+\s*=\s*)(\"[^\"\\]*\"|'[^']*'|[\w.+-]+)(\s*(?:#.*)?)$")


def value(given: Any) -> str:
    """Return a value in TOML."""
    if isinstance(given, str):
        return json.dumps(str(given), ensure_ascii=False)
    return repr(given)


class RegisterText:
    """One text. Changes are collected, and then made at once (``changed``)."""

    def __init__(self, text: str, ids: Mapping[str, list[str]]) -> None:
        """``ids``: by table, the ids in the order in which they stand in the text."""
        self._lines = text.splitlines()
        self._at = lines_of(text)
        self._index = {(table, id): n for table, all in ids.items() for n, id in enumerate(all)}
        self._heads = sorted(
            {line for place, line in self._at.items() if isinstance(place[-1], int)}
            | {n for n, line in enumerate(self._lines, 1) if re.match(r"\s*\[", line)}
        )
        self._edits: list[tuple[int, int, list[str]]] = []  # line from 0, lines taken, lines put
        self._added: list[str] = []

    def apply(self, change: Change) -> None:
        """Take one change."""
        if change.way is Way.ADDED:
            self._add(change)
            return
        table: Position = (change.table, self._index[change.table, change.id])
        if change.way is Way.REMOVED:
            for place in [place for place in self._at if place[:2] == table]:
                if isinstance(place[-1], int):
                    self._remove(place)
            return
        for key in change.keys:
            self._set(table, key.name, key.new)
        if change.zones is not None:
            self._rewire(table, change.zones, change.old_zones or {})

    def changed(self) -> str:
        """Return the text with all changes."""
        lines = list(self._lines)
        for at, count, put in sorted(self._edits, key=lambda edit: (edit[0], edit[1]))[::-1]:
            lines[at : at + count] = put
        return "\n".join([*lines, *self._added]).strip("\n") + "\n"

    def _add(self, change: Change) -> None:
        keys = {key.name: key.new for key in change.keys if key.new is not None}
        self._added += ["", f"[[{change.table}]]"]
        for name, given in {"id": change.id, **keys}.items():
            self._added.append(f"{name} = {value(given)}")
        for number, kind in (change.zones or {}).items():
            self._added += _zone(number, kind)

    def _end(self, head: int) -> int:
        """Return where a table's own lines end (from 0): blanks and comments go with the next."""
        end = next((line - 1 for line in self._heads if line > head), len(self._lines))
        while end > head and re.fullmatch(r"\s*(#.*)?", self._lines[end - 1]):
            end -= 1
        return end

    def _remove(self, place: Position) -> None:
        head = self._at[place]
        self._edits.append((head - 1, self._end(head) - head + 1, []))

    def _set(self, table: Position, name: str, given: Any) -> None:
        line = self._at.get((*table, name))
        if line is None:
            if given is not None:
                self._edits.append((self._at[table], 0, [f"{name} = {value(given)}"]))
            return
        match = _ASSIGNED.match(self._lines[line - 1])
        if match is None:
            return  # the result then is not what was wanted
        put = [] if given is None else [f"{match[1]}{value(given)}{match[3]}"]
        self._edits.append((line - 1, 1, put))

    def _rewire(self, table: Position, zones: dict[int, str], old: dict[int, str]) -> None:
        for index, number in enumerate(old):
            zone = (*table, "zone", index)
            if zone not in self._at:
                return  # zones in one line
            if number not in zones:
                self._remove(zone)
            elif zones[number] != old[number]:
                self._set(zone, "kind", zones[number])
        last = max(self._at[place] for place in self._at if self._is_head(place, table))
        put = [
            line for number in zones if number not in old for line in _zone(number, zones[number])
        ]
        if put:
            self._edits.append((self._end(last), 0, put))

    def _is_head(self, place: Position, table: Position) -> bool:
        return place[:2] == table and isinstance(place[-1], int)


def _zone(number: int, kind: str) -> list[str]:
    return ["[[device.zone]]", f"zone = {number}", f"kind = {value(kind)}"]
