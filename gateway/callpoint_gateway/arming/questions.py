"""The questions of the control socket about partitions."""

import msgspec

from callpoint_gateway.control.question import Question
from callpoint_gateway.control.roles import DESK, EVERYBODY
from callpoint_gateway.journal.partition import Mode, State


class PartitionView(msgspec.Struct, frozen=True, kw_only=True):
    """The present state of a partition.

    ``left_s``: the seconds left of a delay. ``bypassed``, ``alarmed`` and ``open`` are zones as
    ``device/zone``; ``open``: the zones that prevent arming. ``changed_by``: a role.
    """

    partition: str
    place: str
    state: State
    mode: Mode | None
    left_s: int
    bypassed: list[str]
    alarmed: list[str]
    open: list[str]
    changed_by: str


class PartitionList(msgspec.Struct, frozen=True):
    """Every partition of the site."""

    partitions: list[PartitionView]


class Arm(Question[PartitionView], frozen=True, tag="arm"):
    """Arm a partition; ``force`` leaves out zones that are open or in trouble."""

    may = DESK
    partition: str
    mode: Mode
    note: str = ""
    force: bool = False


class Disarm(Question[PartitionView], frozen=True, tag="disarm"):
    """Disarm a partition."""

    may = DESK
    partition: str
    note: str = ""


class ListPartitions(Question[PartitionList], frozen=True, tag="partitions"):
    """Ask for the state of every partition."""

    may = EVERYBODY
