"""What the control socket answers about partitions."""

import msgspec

from callpoint_gateway.alarms import said
from callpoint_gateway.alarms.said import Unsaid
from callpoint_gateway.arming.guard import By, Guard
from callpoint_gateway.arming.state import Mode, NotPossible
from callpoint_gateway.control import Answer, Arguments, Control, Refused

ARM = "arm"
DISARM = "disarm"
PARTITIONS = "partitions"


class _Asked(msgspec.Struct, forbid_unknown_fields=True):
    partition: str
    who: str
    origin: str
    mode: Mode | None = None
    force: bool = False
    note: str = ""


def register_requests(control: Control, guard: Guard) -> None:
    """Have the socket answer by the guard."""

    async def act(arguments: Arguments) -> Answer:
        try:
            asked = msgspec.convert(arguments, _Asked)
            by = By(said.who(asked.who), said.origin(asked.origin), said.note(asked.note))
            if asked.mode is None:
                await guard.disarm(asked.partition, by)
            else:
                await guard.arm(asked.partition, asked.mode, by, force=asked.force)
        except KeyError:
            valid = ", ".join(guard.names) or "none: the register has no [[partition]]"
            raise Refused(f"no partition '{asked.partition}'; there are {valid}") from None
        except (NotPossible, Unsaid, msgspec.ValidationError) as error:
            raise Refused(str(error)) from None
        return guard.shown(asked.partition)

    control.register(ARM, act)
    control.register(DISARM, act)
    control.register(PARTITIONS, lambda _: {"partitions": [*map(guard.shown, guard.names)]})
