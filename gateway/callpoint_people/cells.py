"""The cells of the place tree: the site, each beginning of a place's text, each place's id.

A person is responsible for a cell and everything below it, until a smaller cell has somebody of
the same role. A cell is written as a place's id, as the first parts of a place as it is shown
("Fengyang / North"), or as the empty text: the whole site.
"""

from typing import Final

from callpoint_gateway.configuration.places import beginning, nearest
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.words.text import Text
from callpoint_people.words import TEXTS, PeopleError

SITE: Final = ""


class Cells:
    """The cells of one register."""

    def __init__(self, register: Register) -> None:
        """Read the places of the register."""
        self._places = {place.id: place for place in register.places()}
        self._at: dict[tuple[str, ...], list[str]] = {}
        for place in self._places.values():
            self._at.setdefault(place.grid, []).append(place.id)

    def cell(self, wanted: str) -> str:
        """Return the cell that a text means, in one form. PeopleError: no place is there."""
        text = wanted.strip()
        if not text or text in self._places:
            return text
        for place in self._places.values():
            if (parts := beginning(text, place)) is not None:
                return " / ".join(parts)
        near = nearest(text, self._places.values())
        hint = _NO_HINT if near is None else _hint(near)
        raise PeopleError("cell.unknown", hint=hint)

    def upwards(self, place: str) -> list[str]:
        """Return the cells that a place or cell is in, the smallest first, the site last.

        A text that the register does not have is in itself and in the site.
        """
        if not place:
            return [SITE]
        known = self._places.get(place)
        grid = known.grid if known is not None else self._grid(place)
        cells = [place]
        for count in range(len(grid), 0, -1):
            here = grid[:count]
            found = [" / ".join(here), *self._at.get(here, ())]
            cells += [cell for cell in found if cell not in cells]
        return [*cells, SITE]

    def own(self, place: str) -> list[str]:
        """Return the cells that are this place and nothing around it: all parts of one flat."""
        known = self._places.get(place)
        if known is None:
            return [place]
        flat = self._at[known.grid] if known.room else []
        return list(dict.fromkeys([place, " / ".join(known.grid), *flat]))

    def _grid(self, cell: str) -> tuple[str, ...]:
        for place in self._places.values():
            if (parts := beginning(cell, place)) is not None:
                return parts
        return ()


_NO_HINT: Final = Text("", "")


def _hint(near: str) -> Text:
    text = TEXTS["cell.near"]
    return Text(text.en.format(near=near), text.zh.format(near=near))


def shown(cell: str) -> Text:
    """Return the name of a cell; place names are data and are not translated."""
    return Text(cell, cell) if cell else TEXTS["cell.site"]
