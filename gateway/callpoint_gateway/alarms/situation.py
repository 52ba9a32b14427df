"""What is the matter at a site at one moment: typed rows that never change.

Everything that shows a site is a view of this: the command line, the metrics, later a console and
a district. Who has other sites' entries (``store.Store``) makes the same rows of them.
Times are Unix ms by the gateway's clock, ages and rests ms at the moment of the situation.
"""

from enum import StrEnum

import msgspec

from callpoint_gateway.alarms.case import Condition, Handling, Step
from callpoint_gateway.alarms.waiting import Waiting
from callpoint_gateway.journal.entries import Mark
from callpoint_gateway.journal.partition import Panel


class Deadline(msgspec.Struct, frozen=True):
    """What is still to be done about an alarm; ``rest_ms`` is negative once it is overdue."""

    what: str
    rest_ms: int


class Escalation(msgspec.Struct, frozen=True):
    """``to`` was told that a deadline was missed: step and times of the ladder."""

    what: str
    step: int
    to: str
    overdue_ms: int
    times: int


class Alarm(msgspec.Struct, frozen=True):
    """An alarm that is open: nobody has closed it, whether it goes on or not.

    ``awaited`` are centres that have still to be told, ``alerted`` the neighbours' devices.
    """

    alarm: int
    kind: int
    priority: int
    device: str
    zone: int
    place: str
    where: str
    partition: int
    condition: Condition
    handling: Handling
    mark: Mark
    events: int
    occurred_ms: int
    opened_ms: int
    age_ms: int
    deadlines: tuple[Deadline, ...]
    escalated: tuple[Escalation, ...]
    accepted_by: tuple[str, ...]
    refused_by: tuple[str, ...]
    awaited: tuple[str, ...]
    alerted: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def overdue(self) -> bool:
        """Whether a deadline has been missed."""
        return any(one.rest_ms < 0 for one in self.deadlines)


class Trouble(msgspec.Struct, frozen=True):
    """A trouble that a device reported and has not taken back."""

    position: int
    device: str
    zone: int
    kind: int
    detail: int
    where: str
    since_ms: int


class Fault(msgspec.Struct, frozen=True):
    """Something that the gateway supervises is away; ``source`` names it."""

    source: str
    reason: str
    remedy: str
    since_ms: int


class Silence(StrEnum):
    """How a device is missed, the worst first."""

    SILENT = "silent"  # for its whole set time
    LOST = "lost"  # its connection ended without a goodbye
    UNHEARD = "unheard"  # it has never sent anything


class Missed(msgspec.Struct, frozen=True):
    """A device from which nothing is heard; ``since_ms`` is None where it never was."""

    device: str
    how: Silence
    where: str
    since_ms: int | None


class Exercise(msgspec.Struct, frozen=True):
    """A drill or a walk test that runs."""

    exercise: int
    mark: Mark
    started_ms: int
    left_ms: int
    who: str


class Partition(msgspec.Struct, frozen=True):
    """How a partition is; ``left_ms`` of a delay that runs."""

    partition: str
    panel: Panel
    left_ms: int
    who: str


class Inhibit(msgspec.Struct, frozen=True):
    """What is held back from the centres, and until when."""

    number: int
    device: str
    zone: int | None
    place: str
    maintenance: bool
    life: bool
    role: str
    reason: str
    until_ms: int
    left_ms: int


class Situation(msgspec.Struct, frozen=True):
    """All of it, as of the entry at ``position`` and the moment ``at_ms``."""

    position: int
    at_ms: int
    alarms: tuple[Alarm, ...]  # most urgent first, then the oldest
    exercise: Exercise | None
    faults: tuple[Fault, ...]
    missed: tuple[Missed, ...]
    troubles: tuple[Trouble, ...]
    partitions: tuple[Partition, ...]
    inhibits: tuple[Inhibit, ...]
    waiting: tuple[Waiting, ...]

    @property
    def real(self) -> list[Alarm]:
        """The alarms that are to be taken at their word."""
        return [one for one in self.alarms if one.mark is Mark.REAL]

    @property
    def exercised(self) -> list[Alarm]:
        """The alarms of a drill."""
        return [one for one in self.alarms if one.mark is not Mark.REAL]

    @property
    def quiet(self) -> bool:
        """Whether no alarm is open, nothing is in fault, every device has spoken, and none is
        being tried out.
        """
        return not (self.alarms or self.exercise or self.faults or self.missed or self.troubles)

    @property
    def timeless(self) -> "Situation":
        """The same without what changes because time passes; a missed deadline stays missed."""
        replace = msgspec.structs.replace
        alarms = [
            replace(
                one,
                age_ms=0,
                deadlines=tuple(
                    Deadline(d.what, -1 if d.rest_ms < 0 else 0) for d in one.deadlines
                ),
            )
            for one in self.alarms
        ]
        return replace(
            self,
            position=0,
            at_ms=0,
            alarms=tuple(alarms),
            exercise=self.exercise and replace(self.exercise, left_ms=0),
            partitions=tuple(replace(one, left_ms=0) for one in self.partitions),
            inhibits=tuple(replace(one, left_ms=0) for one in self.inhibits),
        )
