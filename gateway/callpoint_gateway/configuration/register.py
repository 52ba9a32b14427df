"""The site register: the places, partitions, devices and zones of a site.

It names places, never people. Names and telephone numbers are refused here, so that no alarm, log
or time series can contain them.
"""

import re
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

from callpoint_gateway.configuration.config import Account
from callpoint_gateway.configuration.names import own_name
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.configuration.toml_file import read, refuse
from callpoint_gateway.journal.partition import Mode
from callpoint_gateway.words.said import Said, of, said, value_said
from callpoint_protocol import names, topics

T = TypeVar("T")
# The kinds that a partition may guard; all other kinds are always on.
GUARDED_KINDS: Final = (names.KINDS[names.DOOR], names.KINDS[names.INTRUSION])
# What a device says of itself and not of what it senses: no zone has it.
OF_THE_DEVICE: Final = tuple(
    names.KINDS[kind] for kind in (names.DEVICE, names.BATTERY, names.SUPERVISION, names.TEST)
)
# It is shown, told to centres and written into tables: a word, and no formula or option.
_PLACE_ID: Final = re.compile(r"\w[\w./ -]{0,63}")
_NO_PERSONS: Final = said("register.person")
_PERSONAL = dict.fromkeys(
    [
        "person",
        "resident",
        "owner",
        "contact",
        "contact_name",
        "first_name",
        "last_name",
        "phone",
        "phone_number",
        "tel",
        "telephone",
        "mobile",
        "email",
    ],
    _NO_PERSONS,
)


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place, from the city down to the room. Unknown parts are empty.

    ``label`` is what alarm centres are told instead of these parts. ``latitude`` and ``longitude``
    are degrees (WGS 84), north and east positive. ``profile``: what it is used as, by which the
    console has its action plans.
    """

    id: str
    city: str = ""
    district: str = ""
    street: str = ""
    community: str = ""
    building: str = ""
    unit: str = ""
    room: str = ""
    label: str = ""
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None
    profile: Profile = Profile.ESTATE

    @property
    def grid(self) -> tuple[str, ...]:
        """The known parts, the largest first."""
        parts = (
            self.city,
            self.district,
            self.street,
            self.community,
            self.building,
            self.unit,
            self.room,
        )
        return tuple(part for part in parts if part)

    @property
    def told(self) -> tuple[str, ...]:
        """The parts of the text that alarm centres are told, the largest first."""
        return (self.label,) if self.label else self.grid

    def __str__(self) -> str:
        return " / ".join(self.grid) or self.id


class Partition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Zones that are armed together: a home, an office. Delays are seconds."""

    id: str
    place: str
    exit_s: Annotated[int, Meta(ge=0, le=600)] = 45
    entry_s: Annotated[int, Meta(ge=0, le=600)] = 30


class Zone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One zone of a device. ``report_opening``: opening this door is reported to the centre.

    ``guarded_by``: the id of a [[partition]]; ``armed``: the modes in which the zone counts there;
    ``entry``: people come in this way, so the zone begins the entry delay.
    """

    zone: Annotated[int, Meta(ge=0, le=255)]
    kind: str
    place: str | None = None
    partition: Annotated[int, Meta(ge=0, le=99)] = 1
    centre_zone: Annotated[int, Meta(ge=0, le=999)] | None = None
    report_opening: bool = False
    guarded_by: str | None = None
    armed: list[Mode] = []
    entry: bool = False


class Device(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One board. ``account`` overrides the centre's.

    ``number`` is the device's at a fire centre (GB/T 26875.3), ``centre_zone`` that of what it
    reports of itself at another centre (zone 0, if that is not a zone of its own).
    ``silent_after_s``: how long it may be silent before that is a fault; 0: not supervised;
    None: as ``[supervision]`` has it for what it senses, or for its ``power``.
    ``alerts``: devices whose sounders go off with an alarm here, as neighbours agree.
    """

    id: str
    place: str
    account: Account | None = None
    number: Annotated[int, Meta(ge=1, le=65_535)] | None = None
    centre_zone: Annotated[int, Meta(ge=0, le=999)] | None = None
    power: Literal["mains", "battery"] = "mains"
    silent_after_s: Annotated[int, Meta(ge=0, le=604_800)] | None = None
    alerts: list[str] = []
    zone: list[Zone] = []


class Address(msgspec.Struct, frozen=True):
    """Account, partition and zone under which a centre knows a zone."""

    account: str | None
    partition: int
    zone: int


class Tables(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a register's file has; ``mistake_in`` checks it."""

    place: list[Place] = []
    partition: list[Partition] = []
    device: list[Device] = []


class _Packed(msgspec.Struct, frozen=True):
    place: list[msgspec.Raw]
    partition: list[Partition]
    device: list[msgspec.Raw]


class Register:
    """Looks devices, zones and places up. An unknown device is None, never an exception."""

    def __init__(
        self,
        places: list[Place],
        devices: list[Device],
        partitions: list[Partition] | None = None,
    ) -> None:
        """Take checked places, devices and partitions; ``load`` does the checking."""
        self.partitions = {partition.id: partition for partition in partitions or []}
        self._places = {place.id: place for place in places}
        self._devices = {device.id: device for device in devices}
        tables = (self._places, self._devices, self.partitions)
        content = [list(table.values()) for table in tables]
        #: A checksum of the whole register.
        self.fingerprint = zlib.crc32(msgspec.json.encode(content))

    def device_ids(self) -> list[str]:
        """Return every device's id."""
        return list(self._devices)

    def device(self, device: str) -> Device | None:
        """Return a device, None when it is not of this site."""
        return self._devices.get(device)

    def zones(self, device: str) -> list[int]:
        """Return the numbers of a device's zones."""
        known = self._devices.get(device)
        return [zone.zone for zone in known.zone] if known else []

    def zone(self, device: str, zone: int) -> Zone | None:
        """Return a zone of a device, None if it has no such zone."""
        known = self._devices.get(device)
        for each in known.zone if known else ():
            if each.zone == zone:
                return each
        return None

    def sensed_places(self) -> list[Place]:
        """Return every place of a device or a zone."""
        used = {
            (zone and zone.place) or device.place
            for device in self._devices.values()
            for zone in (None, *device.zone)
        }
        return [place for place in self._places.values() if place.id in used]

    def places(self) -> list[Place]:
        """Return every place."""
        return list(self._places.values())

    def place(self, place: str) -> Place | None:
        """Return a place by its id, None if there is none."""
        return self._places.get(place)

    def has_place(self, place: str) -> bool:
        """Say whether there is a place with this id."""
        return place in self._places

    def place_of(self, device: str, zone: int = 0) -> Place | None:
        """Return the place of a zone, or of its device."""
        known = self._devices.get(device)
        if known is None:
            return None
        sensed = self.zone(device, zone)
        return self._places[(sensed and sensed.place) or known.place]

    def centre_address(self, device: str, zone: int) -> Address:
        """Return account, partition and zone as the centre knows them."""
        known = self._devices.get(device)
        account = known.account if known else None
        sensed = self.zone(device, zone)
        if sensed is None:
            own = known.centre_zone if known and not zone else None
            return Address(account, 1, zone if own is None else own)
        number = zone if sensed.centre_zone is None else sensed.centre_zone
        return Address(account, sensed.partition, number)

    def unregistered(self, device: str, zone: int, kind: str) -> Said | None:
        """Return what an event of this zone and kind is that no zone of the device can raise.

        None where it may: a device speaks for itself in any zone, and of a device without any
        [[device.zone]] the register does not say what it senses.
        """
        known = self._devices.get(device)
        if known is None or not known.zone or kind in OF_THE_DEVICE:
            return None
        sensed = self.zone(device, zone)
        if sensed is None:
            return said("device.no_zone", zone=zone, kind=value_said("kind", kind), device=device)
        if sensed.kind != kind:
            return said(
                "device.other_kind",
                zone=zone,
                device=device,
                registered=value_said("kind", sensed.kind),
                kind=value_said("kind", kind),
            )
        return None

    def lists_zones(self, device: str) -> bool:
        """Say whether a device has any [[device.zone]]."""
        known = self._devices.get(device)
        return known is not None and bool(known.zone)

    def partition_of(self, device: str, zone: int) -> int:
        """Return the partition of a zone."""
        sensed = self.zone(device, zone)
        return 1 if sensed is None else sensed.partition

    def guard_of(self, device: str, zone: int) -> str | None:
        """Return the id of the partition that guards a zone."""
        sensed = self.zone(device, zone)
        return None if sensed is None else sensed.guarded_by

    def zones_of(self, partition: str) -> dict[tuple[str, int], Zone]:
        """Return the zones that a partition guards, by device and number."""
        return {
            (device.id, zone.zone): zone
            for device in self._devices.values()
            for zone in device.zone
            if zone.guarded_by == partition
        }

    def alerts(self, device: str) -> list[str]:
        """Return the devices whose sounders go off with an alarm of this device."""
        known = self._devices.get(device)
        return known.alerts if known else []

    def reports_opening(self, device: str, zone: int) -> bool:
        """Say whether opening the door of this zone is reported to a centre."""
        sensed = self.zone(device, zone)
        return sensed is not None and sensed.report_opening


def valid_place_id(text: str) -> bool:
    """Say whether a place may have this id."""
    return _PLACE_ID.fullmatch(text) is not None


def _no_place(wanted: str) -> Said:
    return of("place", said("register.no_place", id=wanted))


def _misguarded(zone: Zone, partitions: set[str]) -> tuple[str, Said] | None:
    """Return the key and what is wrong about a zone's partition; None if nothing."""
    if zone.guarded_by is None:
        for key in ("armed", "entry"):
            if getattr(zone, key):
                return key, of(key, said("register.unguarded"))
        return None
    if zone.guarded_by not in partitions:
        none = said("register.no_partition", id=zone.guarded_by)
        return "guarded_by", of("guarded_by", none)
    if zone.kind not in GUARDED_KINDS:
        always = said("register.always_on", kind=zone.kind, valid=", ".join(GUARDED_KINDS))
        return "guarded_by", of("guarded_by", always)
    if zone.report_opening:
        return "report_opening", of("report_opening", said("register.opening"))
    return None


# Where something is wrong in a register, as keys and numbers, and what.
_Mistake = tuple[tuple[str | int, ...], Said]


def mistake_in(tables: Tables) -> tuple[tuple[str | int, ...], Said] | None:
    """Return where the tables are no register (keys and numbers), and what to do; else None."""
    return next(_mistakes(tables), None)


def _mistakes(tables: Tables) -> Iterator[_Mistake]:
    places: set[str] = set()
    for number, place in enumerate(tables.place):
        if not valid_place_id(place.id):
            yield ("place", number, "id"), of("id", said("register.place_id"))
        if place.id in places:
            yield ("place", number, "id"), said("register.same_place", id=place.id)
        places.add(place.id)
    partitions: set[str] = set()
    for number, partition in enumerate(tables.partition):
        here = ("partition", number)
        if not topics.valid_id(partition.id):
            yield (*here, "id"), of("id", said("config.id"))
        if partition.id in partitions:
            yield (*here, "id"), said("register.same_partition", id=partition.id)
        if partition.place not in places:
            yield (*here, "place"), _no_place(partition.place)
        partitions.add(partition.id)
    yield from _mistakes_in_devices(tables.device, places, partitions)


def _mistakes_in_devices(
    known: Sequence[Device], places: set[str], partitions: set[str]
) -> Iterator[_Mistake]:
    devices: set[str] = set()
    for number, device in enumerate(known):
        here = ("device", number)
        if not topics.valid_id(device.id):
            yield (*here, "id"), of("id", said("config.id"))
        if own_name(device.id):
            # A certificate of that name would have the gateway's rights at the broker.
            yield (*here, "id"), of("id", said("register.own_name", id=device.id))
        if device.id in devices:
            yield (*here, "id"), said("register.same_device", id=device.id)
        devices.add(device.id)
        for place, what in _mistakes_in_zones(device.zone, places, partitions):
            yield (*here, *place), what
        if device.place not in places:
            yield (*here, "place"), _no_place(device.place)
    for number, device in enumerate(known):
        for name in device.alerts:
            if name not in devices or name == device.id:
                what = of("alerts", said("register.no_other", id=name))
                yield ("device", number, "alerts"), what


def _mistakes_in_zones(
    known: Sequence[Zone], places: set[str], partitions: set[str]
) -> Iterator[_Mistake]:
    zones: set[int] = set()
    for index, zone in enumerate(known):
        there = ("zone", index)
        if zone.zone in zones:
            yield (*there, "zone"), said("register.same_zone", zone=zone.zone)
        zones.add(zone.zone)
        if zone.kind not in names.KINDS.values():
            valid = ", ".join(names.KINDS.values())
            yield (*there, "kind"), of("kind", said("config.no_kind", kind=zone.kind, valid=valid))
        if zone.place is not None and zone.place not in places:
            yield (*there, "place"), _no_place(zone.place)
        if mistake := _misguarded(zone, partitions):
            yield (*there, mistake[0]), mistake[1]


def _checked(path: Path) -> Tables:
    tables = read(path, Tables, _PERSONAL)
    if mistake := mistake_in(tables):
        raise refuse(path, *mistake)
    return tables


def load(path: Path) -> Register:
    """Return the checked register. ConfigError: it names the line and what to do."""
    # Reading a large file leaves what is kept of it scattered among what is not, and three times
    # the memory in use. So it is put away whole, and taken out again piece by piece.
    packed = msgspec.msgpack.encode(_checked(path))
    file = msgspec.msgpack.decode(packed, type=_Packed)
    zones: dict[bytes, list[Zone]] = {}
    devices = []
    for raw in file.device:
        device = _taken_out(raw, Device)
        # Most devices of an estate have the same zones.
        same = zones.setdefault(msgspec.msgpack.encode(device.zone), device.zone)
        devices.append(msgspec.structs.replace(device, zone=same))
    places = [_taken_out(raw, Place) for raw in file.place]
    return Register(places, devices, file.partition)


def _taken_out(raw: msgspec.Raw, type: type[T]) -> T:
    return msgspec.convert(_shared(msgspec.msgpack.decode(raw)), type)


def _shared(content: Any) -> Any:
    """Let equal texts be one object: most of a register are repeated."""
    if isinstance(content, str):
        return sys.intern(content)
    if isinstance(content, dict):
        return {key: _shared(value) for key, value in content.items()}
    return [_shared(value) for value in content] if isinstance(content, list) else content
