"""``[[centre]]``: one alarm centre, how it is reached, and what it is told.

A centre with one path says ``host`` and ``port`` (or ``url``) itself; with several each has a
``[[centre.path]]``, the preferred one first. ``ways`` gives both forms as one. Keys that only
one protocol has, except DC-09's, stand in a table of that protocol.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Protocol, TypeVar, cast

import msgspec
from msgspec import Meta

from callpoint_gateway.configuration import host_name, http_server
from callpoint_gateway.configuration.levels import Level
from callpoint_gateway.configuration.secret_file import secret
from callpoint_gateway.protocols.dc09.cipher import key_from_text
from callpoint_gateway.protocols.dc09.message import Encoding
from callpoint_gateway.words.said import Said, of, said
from callpoint_protocol import names

Port = Annotated[int, Meta(ge=1, le=65535)]
Account = Annotated[str, Meta(pattern="^[0-9A-Fa-f]{3,16}$")]

Transport = Literal["tcp", "udp", "tls"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
_HOURS = f"^{_TIME}-{_TIME}$"

PATHS: Final = 8

# Where something is wrong, counted from the centre, and what.
Mistake = tuple[tuple[str | int, ...], Said]
SettingsT = TypeVar("SettingsT", bound=msgspec.Struct)


class CentrePath(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to a centre: a host and a port, or a URL for what goes over HTTPS.

    ``ca_file``: whose certificates count over TLS; None: the system's authorities.
    """

    host: str | None = None
    port: Port | None = None
    transport: Transport = "tcp"
    ca_file: str | None = None
    url: str | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of a path that was checked to have them."""
        assert self.host is not None
        assert self.port is not None
        return self.host, self.port


DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KINDS: Final = tuple(names.KINDS.values())


class Route(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a centre is told of: these kinds, at these places, at these times.

    ``places`` are ids or beginnings of the grid ("Fengyang / North"), none: everywhere;
    ``hours`` ("22:00-06:00") are the site's; those that cross midnight belong to the day on
    which they begin. With ``levels`` it holds only at places that are at one of these response
    levels, in addition to other routes.
    """

    kinds: list[str] = msgspec.field(default_factory=lambda: list(_KINDS))
    places: list[str] = []
    hours: Annotated[str, Meta(pattern=_HOURS)] | None = None
    days: list[Day] = msgspec.field(default_factory=lambda: list(DAYS))
    levels: list[Level] = []


class Centre(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One alarm centre, and what is routed to it."""

    name: Annotated[str, Meta(pattern="^[a-z0-9_-]{1,32}$")]
    protocol: str = "dc09"
    host: str | None = None
    port: Port | None = None
    transport: Transport = "tcp"
    ca_file: str | None = None
    url: str | None = None
    path: Annotated[list[CentrePath], Meta(max_length=PATHS)] = []
    account: Account | None = None
    encoding: Encoding = Encoding.SIA_DCS
    key_file: str | None = None
    receiver: Annotated[str, Meta(pattern="^[0-9A-Fa-f]{0,6}$")] = "0"
    prefix: Annotated[str, Meta(pattern="^[0-9A-Fa-f]{1,6}$")] = "0"
    timestamps: bool = True
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 4.0
    supervision_s: Annotated[float, Meta(ge=0, le=86_400)] = 60.0
    away_after_s: Annotated[float, Meta(ge=0, le=86_400)] = 10.0
    blocks: Annotated[str, Meta(pattern="^[ILORSXY]*$")] = "I"
    utf8: bool = False
    category: Annotated[str, Meta(pattern="^(SP[1-6]|DP[1-4]|C)$")] | None = None
    both_paths: bool = False
    openings: bool = False
    test_every_s: Annotated[float, Meta(ge=0, le=2_678_400)] = 0.0
    test_at: Annotated[str, Meta(pattern=f"^{_TIME}$")] | None = None
    kinds: list[str] = msgspec.field(default_factory=lambda: list(_KINDS))
    places: list[str] = []
    hours: Annotated[str, Meta(pattern=_HOURS)] | None = None
    days: list[Day] = msgspec.field(default_factory=lambda: list(DAYS))
    route: list[Route] = []

    def own(self, settings: type[SettingsT]) -> SettingsT:
        """Return the table of the centre's protocol, which was checked to be there.

        The protocols give a centre these fields (``centre_type``).
        """
        (found,) = (value for value in self.tables.values() if isinstance(value, settings))
        return found

    @property
    def tables(self) -> dict[str, msgspec.Struct]:
        """The tables of protocols that this centre has, by their keys."""
        values = {key: getattr(self, key) for key in self.__struct_fields__}
        return {key: value for key, value in values.items() if isinstance(value, msgspec.Struct)}

    @property
    def routes(self) -> list[Route]:
        """What it is told of; one route of the centre's own keys, or those of [[centre.route]]."""
        own = Route(kinds=self.kinds, places=self.places, hours=self.hours, days=self.days)
        return self.route or [own]

    @property
    def ways(self) -> list[CentrePath]:
        """The paths, the preferred one first."""
        flat = CentrePath(
            host=self.host,
            port=self.port,
            transport=self.transport,
            ca_file=self.ca_file,
            url=self.url,
        )
        return self.path or [flat]

    @property
    def key(self) -> bytes | None:
        """The AES key, read when it is used; None: frames go in clear."""
        text = secret(self.key_file)
        # An empty file is a mistake: it must not switch the encryption off without a word.
        return None if text is None else key_from_text(text)


class CentreProtocol(Protocol):
    """What is asked of a protocol while a configuration is read; ``centres.protocol`` has all."""

    @property
    def path_keys(self) -> tuple[str, ...]:
        """The keys that each path needs."""

    @property
    def table(self) -> str:
        """The key of the table that only this protocol has; empty: none."""

    @property
    def settings(self) -> type[msgspec.Struct] | None:
        """What stands in that table."""

    @property
    def tells_openings(self) -> bool:
        """It has words for arming and disarming."""

    def mistake(self, centre: Centre) -> Mistake | None:
        """Return what is wrong about the protocol's own keys; None if nothing."""


Protocols = Mapping[str, CentreProtocol]


def centre_type(protocols: Protocols) -> type[Centre]:
    """Return ``Centre`` with the tables of these protocols."""
    tables = [
        (protocol.table, protocol.settings | None, None)
        for protocol in protocols.values()
        if protocol.settings is not None
    ]
    found = msgspec.defstruct(
        "Centre", tables, bases=(Centre,), frozen=True, kw_only=True, forbid_unknown_fields=True
    )
    return cast(type[Centre], found)


def mistake_in(centre: Centre, protocols: Protocols) -> Mistake | None:
    """Return the key and what is wrong about paths or routes; None if nothing."""
    protocol = protocols.get(centre.protocol)
    if protocol is None:
        valid = ", ".join(protocols)
        none = said("config.none_such", name=centre.protocol, valid=valid)
        return ("protocol",), of("protocol", none)
    flat = Centre(name=centre.name)
    own = ("host", "port", "transport", "ca_file", "url")
    if centre.path and any(getattr(centre, key) != getattr(flat, key) for key in own):
        return ("path",), of("path", said("centre.in_paths", keys=", ".join(own)))
    if mistake := _mistake_in_tables(centre, protocols):
        return mistake
    if centre.openings and not protocol.tells_openings:
        able = ", ".join(name for name, other in protocols.items() if other.tells_openings)
        return ("openings",), of("openings", said("centre.openings", able=able))
    if mistake := protocol.mistake(centre):
        return mistake
    if mistake := _mistake_in_routes(centre):
        return mistake
    if centre.test_every_s and centre.test_at:
        return ("test_at",), of("test_at", said("centre.test_both"))
    for number, way in enumerate(centre.ways):
        place = ("path", number) if centre.path else ()
        for key in ("host", "port", "url"):
            if (getattr(way, key) is not None) != (key in protocol.path_keys):
                if key in protocol.path_keys:
                    what = said("centre.key_missing", key=key, protocol=centre.protocol)
                else:
                    what = said("centre.key_unused", key=key, protocol=centre.protocol)
                return (*place, key), what
        if way.host is not None and (unusable := host_name.mistake(way.host)):
            return (*place, "host"), unusable
        if way.ca_file is not None and way.transport != "tls":
            return (*place, "ca_file"), of("ca_file", said("centre.ca_without_tls"))
        if wrong := http_server.mistake(way.url, way.ca_file):
            return (*place, wrong[0]), wrong[1]
    return None


def _mistake_in_tables(centre: Centre, protocols: Protocols) -> Mistake | None:
    for name, protocol in protocols.items():
        table = protocol.table
        if table and (table in centre.tables) != (name == centre.protocol):
            what = said("centre.table", table=table, protocol=name)
            return (table,), of(table, what)
    return None


def _mistake_in_routes(centre: Centre) -> Mistake | None:
    if centre.route and (centre.places or centre.hours or centre.kinds != list(_KINDS)):
        return ("route",), of("route", said("centre.in_routes"))
    for number, route in enumerate(centre.routes):
        if unknown := sorted(set(route.kinds) - set(_KINDS)):
            here = ("route", number) if centre.route else ()
            none = said("config.no_kind", kind=unknown[0], valid=", ".join(_KINDS))
            return (*here, "kinds"), of("kinds", none)
    return None
