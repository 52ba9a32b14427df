"""Reads a duration such as 30m or 1h30m."""

import re
from typing import Any, Final

import click

from callpoint_cli.language import texts
from callpoint_gateway.words.said import said

_UNITS: Final = {"d": 86_400, "h": 3600, "m": 60, "s": 1}


class Duration(click.ParamType):  # type: ignore[type-arg]
    """Seconds, written as ``90s``, ``30m``, ``2h``, ``1d``, or several such as ``1h30m``."""

    name = "TIME"

    def __init__(self, least_s: int, most_s: int) -> None:
        """Take no less than ``least_s`` and no more than ``most_s``."""
        self._least_s, self._most_s = least_s, most_s

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the seconds; fail for another text, or a time that is too short or too long."""
        text = str(value)
        if not re.fullmatch(r"(\d{1,6}[smhd])+", text):
            self.fail(texts().told(said("cli.no_duration", text=text)))
        parts = re.findall(r"(\d+)([smhd])", text)
        seconds = sum(int(number) * _UNITS[unit] for number, unit in parts)
        if not self._least_s <= seconds <= self._most_s:
            least, most = _written(self._least_s), _written(self._most_s)
            self.fail(texts().told(said("cli.duration_bounds", text=text, least=least, most=most)))
        return seconds


def _written(seconds: int) -> str:
    """Return a duration as it is typed, in the largest unit that it is a multiple of."""
    size, unit = next((size, unit) for unit, size in _UNITS.items() if not seconds % size)
    return f"{seconds // size}{unit}"
