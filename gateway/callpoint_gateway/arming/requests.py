"""What the control socket answers about partitions."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from callpoint_gateway.arming.guard import By, Guard
from callpoint_gateway.arming.state import NotPossible
from callpoint_gateway.configuration import privacy
from callpoint_gateway.configuration.privacy import Unsaid
from callpoint_gateway.control.socket import Answer, Arguments, Control, Refused
from callpoint_gateway.journal.partition import Mode

ARM = "arm"
DISARM = "disarm"
PARTITIONS = "partitions"


class _Disarm(msgspec.Struct, forbid_unknown_fields=True):
    partition: str
    who: str
    origin: str
    note: str = ""

    @property
    def by(self) -> By:
        """Who asks. Unsaid for what could be a person."""
        return By(privacy.who(self.who), privacy.origin(self.origin), privacy.note(self.note))


class _Arm(_Disarm, kw_only=True):
    mode: Mode
    force: bool = False


@contextmanager
def _refusing(guard: Guard) -> Iterator[None]:
    """Say what was wrong with a request, and what would be right."""
    try:
        yield
    except KeyError as error:
        valid = ", ".join(guard.names) or "none: the register has no [[partition]]"
        raise Refused(f"no partition {error}; there are {valid}") from None
    except (NotPossible, Unsaid, msgspec.ValidationError) as error:
        raise Refused(str(error)) from None


def register_requests(control: Control, guard: Guard) -> None:
    """Have the socket answer by the guard."""

    async def arm(arguments: Arguments) -> Answer:
        with _refusing(guard):
            asked = msgspec.convert(arguments, _Arm)
            await guard.arm(asked.partition, asked.mode, asked.by, force=asked.force)
        return guard.shown(asked.partition)

    async def disarm(arguments: Arguments) -> Answer:
        with _refusing(guard):
            asked = msgspec.convert(arguments, _Disarm)
            await guard.disarm(asked.partition, asked.by)
        return guard.shown(asked.partition)

    control.register(ARM, arm)
    control.register(DISARM, disarm)
    control.register(PARTITIONS, lambda _: {"partitions": [*map(guard.shown, guard.names)]})
