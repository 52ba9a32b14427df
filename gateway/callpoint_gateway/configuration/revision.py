"""A revision of a site: what its district knows of it beside its journal.

Places, partitions, devices and their zones, the deadlines of people at each response level, and
the account numbers of alarm centres. Never contacts, keys or secrets: the register has none, and
of the configuration only these parts are told.

As text it is one JSON object in a line for the site, then one for each place, partition and
device, so that it can be written and sent piece by piece. Lines and keys that a reader does not
know are a later version's; it passes over them.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Annotated, Any, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from callpoint_gateway.configuration import levels
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.centres import Account
from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.levels import AlarmSettingsByLevel, LevelSettings
from callpoint_gateway.configuration.register import (
    Device,
    Partition,
    Place,
    Register,
    Tables,
    mistake_in,
)
from callpoint_gateway.configuration.toml_file import unknown_keys
from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.words.said import Said, of, said
from callpoint_protocol import topics

T = TypeVar("T")
_encode: Final = msgspec.json.Encoder().encode


class RevisionError(Exception):
    """A text is no revision of a site; ``why`` says why."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


class CentreAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The account under which an alarm centre knows the site, None if each device has its own."""

    name: Annotated[str, Meta(max_length=64)]
    protocol: Annotated[str, Meta(max_length=64)]
    account: Account | None = None


class Revision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A site as it is told: its id, its time zone, and what the module's text says."""

    site: str
    time_zone: str
    alarms: AlarmSettings = msgspec.field(default_factory=AlarmSettings)
    level: list[LevelSettings] = []
    centre: list[CentreAccount] = []
    place: list[Place] = []
    partition: list[Partition] = []
    device: list[Device] = []

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def settings(self) -> AlarmSettingsByLevel:
        """The settings of alarms at each response level."""
        return AlarmSettingsByLevel(self.alarms, self.level)

    @property
    def register(self) -> Register:
        """The register."""
        return Register(self.place, self.device, self.partition)


class _Line(msgspec.Struct, frozen=True):
    """One line: the site, or one entry of a table; a later version's line has none of these."""

    site: msgspec.Raw = msgspec.Raw()
    place: msgspec.Raw = msgspec.Raw()
    partition: msgspec.Raw = msgspec.Raw()
    device: msgspec.Raw = msgspec.Raw()


def lines(config: Config, register: Register) -> Iterator[bytes]:
    """Return the text of a site's present revision, line by line."""
    site = Revision(
        site=config.gateway.site,
        time_zone=config.gateway.time_zone,
        alarms=config.alarms,
        level=config.level,
        centre=[
            CentreAccount(name=centre.name, protocol=centre.protocol, account=centre.account)
            for centre in config.centre
        ],
    )
    devices = (register.device(id) for id in register.device_ids())
    return _text(site, register.places(), register.partitions.values(), devices)


def lines_of(revision: Revision) -> Iterator[bytes]:
    """Return the text of a revision, line by line, for who has not its files."""
    site = msgspec.structs.replace(revision, place=[], partition=[], device=[])
    return _text(site, revision.place, revision.partition, revision.device)


def _text(
    site: Revision,
    places: Iterable[Place],
    partitions: Iterable[Partition],
    devices: Iterable[Device | None],
) -> Iterator[bytes]:
    yield _line("site", site)
    for place in places:
        yield _line("place", place)
    for partition in partitions:
        yield _line("partition", partition)
    for device in devices:
        yield _line("device", device)


def _line(name: str, content: object) -> bytes:
    return _encode({name: content}) + b"\n"


def read(text: bytes) -> Revision:
    """Return the revision that a text is, checked as the gateway checks its own files.

    RevisionError: it is none, or has something that this version does not know the meaning of.
    """
    # The district's database has no text with a null character.
    if b"\\u0000" in text or b"\0" in text:
        raise RevisionError(said("upstream.register_null"))
    try:
        revision = _read(text)
    except NOT_JSON as error:
        raise RevisionError(said("upstream.not_usable", why=str(error)[:200])) from error
    if wrong := _mistake_in(revision):
        raise RevisionError(wrong)
    return revision


def _read(text: bytes) -> Revision:
    site: Revision | None = None
    tables = Tables([], [], [])
    for written in text.splitlines():
        line = msgspec.json.decode(written, type=_Line)
        if line.site:
            site = known_part(line.site, Revision)
        if line.place:
            tables.place.append(known_part(line.place, Place))
        if line.partition:
            tables.partition.append(known_part(line.partition, Partition))
        if line.device:
            tables.device.append(known_part(line.device, Device))
    if site is None:
        raise RevisionError(said("upstream.register_no_site"))
    return msgspec.structs.replace(
        site, place=tables.place, partition=tables.partition, device=tables.device
    )


def known_part(text: bytes, type: type[T]) -> T:
    """Return JSON as a struct, without the keys that this version does not know."""
    with suppress(msgspec.ValidationError):
        return msgspec.json.decode(text, type=type)
    content = msgspec.json.decode(text)
    for place, _ in list(unknown_keys(content, type)):
        there: Any = content
        for step in place[:-1]:
            there = there[step]
        del there[place[-1]]
    return msgspec.convert(content, type)


def _mistake_in(revision: Revision) -> Said | None:
    if not topics.valid_id(revision.site):
        return of("site", said("config.id"))
    try:
        revision.zone  # noqa: B018 - a zone that there is not must show now
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return of("time_zone", said("config.time_zone", name=revision.time_zone))
    if wrong := revision.alarms.mistake():
        return wrong[1]
    if lacking := levels.mistake(revision.level, revision.alarms):
        return lacking[2]
    mistake = mistake_in(Tables(revision.place, revision.partition, revision.device))
    if mistake is None:
        return None
    return of(".".join(map(str, mistake[0])), mistake[1])
