"""The situation of a site at one moment, as immutable typed rows.

The command line, the metrics and the console are views of it. A program that has the entries of
other sites (``store.Store``) makes the same rows of them. Times are Unix ms by the gateway's
clock; ages and times left are ms at that moment.
"""

from enum import StrEnum

import msgspec

from callpoint_gateway.alarms.case import Condition, Handling, Step
from callpoint_gateway.alarms.waiting import ConsumerBacklog
from callpoint_gateway.journal.entries import Mark
from callpoint_gateway.journal.partition import Panel
from callpoint_gateway.words.said import Said


class Deadline(msgspec.Struct, frozen=True):
    """A deadline of an alarm; ``rest_ms``: the time left, negative once it is overdue."""

    what: str
    rest_ms: int


class Escalation(msgspec.Struct, frozen=True):
    """The last escalation of a missed deadline: it informed ``to``, at this step of the ladder."""

    what: str
    step: int
    to: str
    overdue_ms: int
    times: int


class Alarm(msgspec.Struct, frozen=True):
    """An open alarm: no person has closed it, whether its cause lasts or not.

    ``awaited``: the centres that have not answered yet; ``alerted``: the neighbours' devices.
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
    level: int  # the response level that holds there, 0 if none does

    @property
    def overdue(self) -> bool:
        """Whether a deadline has been missed."""
        return any(deadline.rest_ms < 0 for deadline in self.deadlines)

    @property
    def timeless(self) -> "Alarm":
        """The alarm without its age and the times left; missed deadlines stay missed."""
        return msgspec.structs.replace(
            self,
            age_ms=0,
            deadlines=tuple(
                Deadline(deadline.what, -1 if deadline.rest_ms < 0 else 0)
                for deadline in self.deadlines
            ),
        )


class Trouble(msgspec.Struct, frozen=True):
    """A trouble that a device reported and that has not ended."""

    position: int
    device: str
    zone: int
    kind: int
    detail: int
    where: str
    since_ms: int


class Fault(msgspec.Struct, frozen=True):
    """A fault of a part that the gateway supervises; ``source`` names the part."""

    source: str
    reason: Said
    remedy: Said
    since_ms: int


class Silence(StrEnum):
    """The kinds of silence of a device, the worst first."""

    SILENT = "silent"  # it has sent nothing for its whole set time
    LOST = "lost"  # its last will came: the connection broke
    UNHEARD = "unheard"  # it has never sent a message


class Missed(msgspec.Struct, frozen=True):
    """A device that sends nothing; ``since_ms`` is None if it never has."""

    device: str
    how: Silence
    where: str
    since_ms: int | None


class ExerciseRow(msgspec.Struct, frozen=True):
    """A running drill or walk test; ``points`` take part (places and devices; none: all)."""

    exercise: int
    mark: Mark
    started_ms: int
    left_ms: int
    who: str
    points: tuple[str, ...] = ()
    warned: bool = False  # that it ends soon


class PartitionRow(msgspec.Struct, frozen=True):
    """A partition; ``left_ms``: the rest of a running entry or exit delay."""

    partition: str
    panel: Panel
    left_ms: int
    who: str


class Inhibit(msgspec.Struct, frozen=True):
    """An inhibit in force: what goes to no centre, and until when."""

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


class LevelRow(msgspec.Struct, frozen=True):
    """A response level that holds in ``area`` (empty: everywhere), 1 (the most serious) to 4."""

    number: int
    area: str
    level: int
    reason: str
    who: str
    until_ms: int
    left_ms: int


class Situation(msgspec.Struct, frozen=True):
    """The situation after the entry at ``position``, at the moment ``at_ms``."""

    position: int
    at_ms: int
    alarms: tuple[Alarm, ...]  # most urgent first, then the oldest
    exercises: tuple[ExerciseRow, ...]  # the oldest first
    faults: tuple[Fault, ...]
    missed: tuple[Missed, ...]
    troubles: tuple[Trouble, ...]
    partitions: tuple[PartitionRow, ...]
    inhibits: tuple[Inhibit, ...]
    levels: tuple[LevelRow, ...]  # the most serious first
    waiting: tuple[ConsumerBacklog, ...]

    @property
    def real(self) -> list[Alarm]:
        """The open alarms that are real."""
        return [alarm for alarm in self.alarms if alarm.mark is Mark.REAL]

    @property
    def exercised(self) -> list[Alarm]:
        """The open alarms of a drill."""
        return [alarm for alarm in self.alarms if alarm.mark is not Mark.REAL]

    @property
    def quiet(self) -> bool:
        """Whether there is no open alarm, exercise, fault, missed device or trouble."""
        return not (self.alarms or self.exercises or self.faults or self.missed or self.troubles)

    @property
    def timeless(self) -> "Situation":
        """The situation without ages and times left; missed deadlines stay missed."""
        replace = msgspec.structs.replace
        alarms = [alarm.timeless for alarm in self.alarms]
        return replace(
            self,
            position=0,
            at_ms=0,
            alarms=tuple(alarms),
            exercises=tuple(replace(each, left_ms=0) for each in self.exercises),
            partitions=tuple(replace(partition, left_ms=0) for partition in self.partitions),
            inhibits=tuple(replace(inhibit, left_ms=0) for inhibit in self.inhibits),
            levels=tuple(replace(level, left_ms=0) for level in self.levels),
        )
