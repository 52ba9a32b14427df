"""What a protocol of ``[[centre]]`` has to say for itself; nobody else knows any protocol.

A new protocol is a folder beside this file, with a subclass of ``CentreProtocol``, and one line
in ``protocol_table``.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import msgspec

from callpoint_gateway.alarms.sensors import Sensors
from callpoint_gateway.centres.duty_checks import DutyChecks
from callpoint_gateway.centres.memory import Memory
from callpoint_gateway.configuration.centres import Centre, CentrePath, Mistake
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.configuration.site import Site
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.protocols.report import Carrier, Report
from callpoint_gateway.transport.receiver_link import OpenLink, open_tcp, open_udp, tls_opener
from callpoint_gateway.words.said import Said, said


class CarrierRequest(NamedTuple):
    """A carrier that is wanted: to this centre, this way, under this account.

    What the carrier puts into ``memory`` outlives a restart.
    """

    centre: Centre
    way: CentrePath
    account: str
    clock: Clock
    memory: Memory

    def now(self) -> float:
        """Return Unix seconds."""
        return self.clock.wall_ms() / 1000

    @property
    def open_link(self) -> OpenLink:
        """What opens the connection."""
        if self.way.transport == "tls":
            return tls_opener(self.way.ca_file)
        return open_udp if self.way.transport == "udp" else open_tcp


OpenCarrier = Callable[[CarrierRequest], Carrier]
OpenPath = Callable[[CentrePath, str, Memory], Carrier]


@dataclass(frozen=True)
class CentreServices:
    """What the gateway knows, for a protocol whose centres ask for it.

    ``sensors()`` is what stands at each sensor now; ``silent(device)`` and
    ``shielded(device, zone)`` say how they are; ``exercising``, whether a drill or a walk test
    runs. Ask ``duty`` whether anybody is there.
    """

    site: Site
    sensors: Callable[[], Sensors]
    silent: Callable[[str], bool]
    shielded: Callable[[str, int], bool]
    exercising: Callable[[], bool]
    duty: DutyChecks


class Reading(msgspec.Struct, frozen=True):
    """What a centre reads of a zone; ``account`` is empty where the protocol has none.

    ``number`` is how the centre knows the zone, ``text`` what it is told of the place; empty: it
    is not told, None: it should be, and nothing is left of it in the letters that the centre
    takes. Zones are told apart by ``distinct``.
    """

    account: str
    number: str
    text: str | None
    distinct: str


class CentreProtocol(ABC):
    """One protocol. There is one object of each; it keeps nothing."""

    #: The keys that each path needs: ``host`` and ``port``, or ``url``.
    path_keys: ClassVar[tuple[str, ...]]
    #: The table ``[centre.<table>]`` that only this protocol has, and what stands in it.
    table: ClassVar[str] = ""
    settings: ClassVar[type[msgspec.Struct] | None] = None
    #: It has words for arming and disarming, and for an alarm that is taken back.
    tells_openings: ClassVar[bool] = False
    tells_cancellations: ClassVar[bool] = False
    #: What it learns is of the centre; else it is of each path, as of a receiver behind it.
    one_memory: ClassVar[bool] = False
    #: Its centres know a device by a number of its own.
    numbers_devices: ClassVar[bool] = False
    #: What a person can do about two zones that a centre cannot tell apart.
    tell_apart: ClassVar[Said] = said("centre.label")
    #: Its centres ask whether anybody is there.
    asks_for_duty: ClassVar[bool] = False

    def mistake(self, centre: Centre) -> Mistake | None:
        """Return the key and what is wrong about this protocol's own keys; None if nothing."""
        return None

    @abstractmethod
    def reading(self, centre: Centre, register: Register, account: str, report: Report) -> Reading:
        """Return what a centre reads of a report; ``account`` is the device's own, else empty."""

    @abstractmethod
    def carrier_opener(self, services: CentreServices) -> OpenCarrier:
        """Return what opens a carrier to any centre of this protocol. Called once at a start."""


def path_opener(open_carrier: OpenCarrier, centre: Centre, clock: Clock) -> OpenPath:
    """Return what opens a path of ``centre`` for an account."""
    return lambda way, account, memory: open_carrier(
        CarrierRequest(centre, way, account, clock, memory)
    )
