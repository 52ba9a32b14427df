"""Whether a gateway has confirmed a level or an action plan, refuses it or has it changed."""

from enum import StrEnum
from typing import Any

import msgspec

from callpoint_gateway.words.said import NOTHING, Said


class SiteState(StrEnum):
    """How far a gateway is with it."""

    WAITING = "waiting"  # it has not answered yet; it is told as soon as it is there
    CONFIRMED = "confirmed"
    REFUSED = "refused"  # with ``why``; it is asked again later
    CHANGED = "changed"  # somebody at the site has changed it since
    RETIRED = "retired"  # the gateway is out of service: nobody waits for it


class AtSite(msgspec.Struct, frozen=True):
    """A gateway of the area. ``at_ms``: since when (Unix ms), 0 while it waits.

    ``why``: the words of its refusal. ``by``: who has changed it at the site.
    """

    gateway: str
    state: SiteState
    at_ms: int = 0
    why: Said = NOTHING
    by: str = ""


def kept(why: Said) -> str:
    """Return a text as the database keeps it."""
    return msgspec.json.encode(why).decode()


def as_said(value: Any) -> Said:
    """Return a text that the database has kept; nothing for null."""
    return NOTHING if value is None else msgspec.convert(value, Said)
