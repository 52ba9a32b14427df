"""The state of a partition as the journal stores it: armed or not, in which mode, which zones."""

from enum import StrEnum

import msgspec


class State(StrEnum):
    """The arming state of a partition."""

    DISARMED = "disarmed"
    ARMING = "arming"
    ARMED = "armed"
    PENDING = "pending"
    TRIGGERED = "triggered"


class Mode(StrEnum):
    """The mode in which a partition is armed."""

    HOME = "home"
    AWAY = "away"
    NIGHT = "night"


class Panel(msgspec.Struct, frozen=True, omit_defaults=True):
    """The state of one partition.

    ``seconds``: the length of the running entry or exit delay. ``waiting``: the zones that began
    the entry delay. ``alarmed``: the zones whose alarm is not restored. ``counts``: how many
    alarms each zone has raised since the partition was armed. ``bypassed``: the zones that are
    left out until it is disarmed; of these, the ``late`` ones were open at the end of the exit
    delay and take part again once they are closed.
    """

    state: State = State.DISARMED
    mode: Mode | None = None
    seconds: int = 0
    bypassed: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    alarmed: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    late: tuple[str, ...] = ()
