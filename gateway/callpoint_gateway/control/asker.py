"""Who asks: as a process of the site says it, and as it is recorded."""

from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from callpoint_gateway.control.roles import Role

#: An operator's id: ASCII in every language, and no telephone number.
ACCOUNT = r"^(?!.*\d{5})[a-z][a-z0-9_.-]{0,31}$"


class By(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For whom a process of the site asks: an account, one of its roles, and the process.

    ``account`` is an operator's id, never a person's name. The process has found out who it is;
    the gateway judges the question by ``role``.
    """

    account: Annotated[str, Meta(pattern=ACCOUNT)]
    role: Role
    origin: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_.-]{0,31}$")]


class Asker(NamedTuple):
    """Who asks, as entries record it.

    ``who`` is an account or, for a user of this machine, the role; ``origin`` is the process or
    ``cli:`` and the user's number, which tells two users apart and names no person.
    """

    who: str
    role: Role
    origin: str
