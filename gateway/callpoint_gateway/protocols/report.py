"""What is told to an alarm centre, and what came of it, whatever the protocol.

A protocol is a ``Carrier``: one way to one centre under one account. It carries one report at a
time and knows nothing of the journal; ``centre`` decides what is sent next, how often it is tried
again and when it is finished.
"""

from enum import StrEnum
from typing import Final, Protocol

import msgspec

from callpoint_gateway.words.said import NOTHING, Said
from callpoint_protocol import names

# Details of what the gateway reports about itself, beyond those that a device may send: the first
# and the second path to this centre, and any further one (SUPERVISION); a periodic test while
# something is wrong (TEST).
PATH_1: Final = 0x1_0001
PATH_2: Final = 0x1_0002
PATH_OTHER: Final = 0x1_0003
# Another centre never took an event, and it is not tried there any more (SUPERVISION).
NOT_TAKEN: Final = 0x1_0004
# The notifier, which tells people outside, is silent (DEVICE).
NOTIFIER: Final = 0x1_0005
TEST_WITH_TROUBLE: Final = 0x1_0010
# A partition (INTRUSION, NOTICE): armed with nobody or with somebody inside, disarmed from either,
# and disarmed so soon after an alarm that it is taken back.
ARMED_AWAY: Final = 0x1_0020
ARMED_STAY: Final = 0x1_0021
OPENED: Final = 0x1_0022
OPENED_STAY: Final = 0x1_0023
CANCELLED: Final = 0x1_0024
# A zone of it is left out, or takes part again; it was open when the exit delay ended; a wrong
# code.
BYPASSED: Final = 0x1_0025
BYPASS_OVER: Final = 0x1_0026
EXIT_ERROR: Final = 0x1_0027
WRONG_CODE: Final = 0x1_0028
#: What only those centres hear of that want to know when it is armed and disarmed.
OPENINGS: Final = frozenset({ARMED_AWAY, ARMED_STAY, OPENED, OPENED_STAY})

# An input that was tried out is recorded and never told: a walk test is an exercise.
NOT_REPORTED: Final = frozenset(
    (kind, names.TESTED)
    for kind, states in names.ALLOWED.items()
    if names.TESTED in states and kind != names.TEST
)


class Verdict(StrEnum):
    """What became of a report."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


class Outcome(msgspec.Struct, frozen=True):
    """``answer`` is what the centre said, empty if nothing; ``reason`` is for people.

    ``remedy`` is what a person can do about what was not accepted; empty when it was.

    ACCEPTED: the centre has taken responsibility. REFUSED: it has the report and cannot use it;
    the same bytes again would be useless over this path now. UNREACHABLE: anything else; send it
    again, with the same number. ``took_ms``: milliseconds; ``leave_alone_s``: for so many seconds
    the centre asks not to be asked again.
    """

    verdict: Verdict
    answer: str
    reason: Said
    took_ms: int
    remedy: Said = NOTHING
    leave_alone_s: float = 0.0

    @property
    def accepted(self) -> bool:
        """The centre has taken responsibility for the event."""
        return self.verdict is Verdict.ACCEPTED


class Report(msgspec.Struct, frozen=True):
    """One event for a centre. Numbers are those of ``callpoint_protocol.names``.

    ``occurred_ms`` is Unix milliseconds by the gateway's clock; ``late``: say when it happened,
    because it is not now. ``place`` are the parts of the text that names the place for people, the
    largest first, and ``place_id`` is what the register calls it; ``building`` and ``room`` are
    parts of it; ``latitude`` and ``longitude`` are degrees, north and east positive. ``reference``
    is the event's position in the journal, which never changes and is never used twice. ``mark``
    is "drill" or "test" while that was being exercised. ``zone`` is the centre's number of what
    the device calls ``sensor``.
    """

    kind: int
    state: int
    zone: int
    occurred_ms: int
    detail: int = 0
    partition: int = 1
    late: bool = False
    silent: bool = False
    place: tuple[str, ...] = ()
    place_id: str = ""
    building: str = ""
    room: str = ""
    latitude: float | None = None
    longitude: float | None = None
    site: str = ""
    device: str = ""
    sensor: int = 0
    reference: int = 0
    mark: str = ""


class Carrier(Protocol):
    """One way to one centre under one account."""

    async def send(self, report: Report, number: int) -> Outcome:
        """Deliver one report; ``number`` (1..9999) is the same each time it is sent.

        Raises nothing for what the network or the centre does.
        """

    async def supervise(self) -> Outcome:
        """Ask whether the centre is there."""

    async def close(self) -> None:
        """Close what is open; the carrier can be used again."""
