"""What may be asked about partitions."""

import msgspec

from callpoint_gateway.control.question import Question
from callpoint_gateway.journal.partition import Mode, State


class PartitionView(msgspec.Struct, frozen=True, kw_only=True):
    """A partition as it is now.

    ``left_s``: of a delay. ``bypassed``, ``alarmed`` and ``open`` are zones as ``device/zone``;
    ``open``: what would not let it be armed. ``changed_by``: a role.
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
    """Arm a partition; ``force`` leaves out what is open or in trouble."""

    partition: str
    mode: Mode
    who: str
    origin: str
    note: str = ""
    force: bool = False


class Disarm(Question[PartitionView], frozen=True, tag="disarm"):
    """Disarm a partition."""

    partition: str
    who: str
    origin: str
    note: str = ""


class ListPartitions(Question[PartitionList], frozen=True, tag="partitions"):
    """How is every partition?"""
