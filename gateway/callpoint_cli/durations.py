"""Reads a duration such as 30m or 1h30m."""

import re

import click

from callpoint_cli.language import texts
from callpoint_gateway.words.said import said

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def duration(text: str) -> int:
    """Return the seconds of ``90s``, ``30m``, ``2h``, ``1d``, or several such as ``1h30m``."""
    if not re.fullmatch(r"(\d{1,6}[smhd])+", text):
        raise click.BadParameter(texts().told(said("cli.no_duration", text=text)))
    parts = re.findall(r"(\d+)([smhd])", text)
    return sum(int(number) * _UNITS[unit] for number, unit in parts)
