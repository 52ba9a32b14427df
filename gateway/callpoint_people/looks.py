"""Looks at people's records: who looked, at what, and when. None is made without being recorded.

``who`` is a role or an operator's id, ``what`` the kind of look ("show", "list", "export").
"""

from collections.abc import Callable

import msgspec


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One look. ``person`` or ``cell``: whose record, or which place; ``persons``: how many."""

    who: str
    what: str
    persons: int
    person: str = ""
    cell: str = ""


class RecordedLook(Look, frozen=True, kw_only=True):
    """A look in the store's own record; ``at_ms``: Unix ms."""

    number: int
    at_ms: int


#: Takes each look before the record is handed out; what it raises keeps the record back.
RecordLook = Callable[[Look], None]
