"""The gateway's configuration: one TOML file, validated before anything starts.

The reference with an example is ``gateway/CONFIGURATION.md``. Secrets stand in files of their
own (``*_file``), so that the configuration can be shown and kept under version control.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from types import GenericAlias
from typing import Annotated, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from msgspec import Meta

from callpoint_gateway.configuration import host_name, http_server, levels
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.arming import ArmingSettings
from callpoint_gateway.configuration.centres import (
    Account,
    Centre,
    CentrePath,
    CentreProtocol,
    Port,
    Protocols,
    centre_type,
    mistake_in,
)
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.configuration.device_keys import device_keys
from callpoint_gateway.configuration.levels import LevelSettings
from callpoint_gateway.configuration.notify import NotifySettings
from callpoint_gateway.configuration.relative_files import StructT, from_folder
from callpoint_gateway.configuration.secret_file import secret, token
from callpoint_gateway.configuration.toml_file import ConfigError, Place, read, refuse
from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.configuration.webhook import Webhook
from callpoint_gateway.control.access import Access
from callpoint_gateway.protocols import update_package
from callpoint_gateway.words.said import Said, of, said, said_by
from callpoint_protocol import names, topics


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[gateway]``: its site, its files, its log, and the bounds of the readings' journal."""

    site: str
    state_dir: str
    register: str
    log_level: str = "info"
    log_format: Literal["logfmt", "json"] = "logfmt"
    time_zone: str = "UTC"
    language: Literal["en", "zh"] | None = None  # of commands and pages; None: of who asks
    telemetry_mb: Annotated[int, Meta(ge=1, le=1_000_000)] = 256
    telemetry_days: Annotated[int, Meta(ge=1, le=3_650)] = 90

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which people read and write times; checked when it was loaded."""
        return ZoneInfo(self.time_zone)


class Broker(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[broker]``: the MQTT broker. With ``ca_file`` the connection uses TLS."""

    host: str = "127.0.0.1"
    port: Port = 1883
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    username: str | None = None
    password_file: str | None = None

    @property
    def password(self) -> str | None:
        """The password, read when it is used."""
        return secret(self.password_file)


class Firmware(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[firmware]``: the folder of update packages, and the key that must have signed them."""

    packages_dir: str
    key_file: str

    @property
    def key(self) -> rsa.RSAPublicKey:
        """The public key, read when it is used."""
        return update_package.public_key(Path(self.key_file))


class Renewal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[renewal]``: the site's authority, with which devices get later certificates.

    ``before_days``: how long before its end a certificate is renewed.
    """

    certificates_dir: str
    before_days: Annotated[int, Meta(ge=60, le=700)] = 243  # a third of a certificate's life


class TimeSeries(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[timeseries]``. ``v2``: InfluxDB 2, 3 and VictoriaMetrics; ``v1``: InfluxDB 1.

    With ``v1`` the bucket is the database. With ``username`` the token is not used.
    """

    url: Annotated[str, Meta(pattern=http_server.PATTERN)]
    api: Literal["v1", "v2"] = "v2"
    org: str = ""
    bucket: str = "callpoint"
    token_file: str | None = None
    username: str | None = None
    password_file: str | None = None
    ca_file: str | None = None
    batch: Annotated[int, Meta(ge=1, le=20_000)] = 4000
    body_kb: Annotated[int, Meta(ge=1, le=16_384)] = 1024
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 10.0

    @property
    def token(self) -> str:
        """The token, read when it is used."""
        return token(self.token_file)

    @property
    def password(self) -> str:
        """The password, read when it is used."""
        return secret(self.password_file) or ""

    def mistake(self) -> tuple[str, Said] | None:
        """Return the key and what is wrong with it; None if nothing."""
        if "?" in self.url or "#" in self.url:
            return "url", of("url", said("url.only_path"))
        if ":" in (self.username or ""):
            return "username", of("username", said("secret.colon"))
        for key in ("token", "password"):
            try:
                getattr(self, key)  # a secret that cannot be used must show now
            except ValueError as error:
                return f"{key}_file", of(f"{key}_file", said_by(error))
        return http_server.mistake(self.url, self.ca_file)


class Coap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[coap]``: events over UDP. ``keys_file`` has a line ``device = "hex"`` for each device."""

    listen: str = "127.0.0.1"
    port: Port = 5683
    keys_file: str

    @property
    def keys(self) -> dict[str, bytes]:
        """The key of each device, read when it is used."""
        return device_keys(Path(self.keys_file))


class Serial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[serial]]``: a wired board or a radio bridge, found by either ``port`` or ``usb``.

    ``usb`` is ``vendor:product`` in hex, and ``:serial number`` if there are several.
    """

    name: Annotated[str, Meta(pattern="^[a-z0-9_-]{1,32}$")]
    port: Annotated[str, Meta(pattern="^/")] | None = None
    usb: Annotated[str, Meta(pattern="^[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}(:.+)?$")] | None = None
    baud: Annotated[int, Meta(ge=1200, le=4_000_000)] = 115_200
    rtscts: bool = False
    keys_file: str

    @property
    def keys(self) -> dict[str, bytes]:
        """The key of each device, read when it is used."""
        return device_keys(Path(self.keys_file))


Seconds = Annotated[int, Meta(ge=0, le=604_800)]


class SupervisionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[supervision]``: how long a device may be silent or a part down before it is a fault.

    All are seconds. For a device the register's time counts; else the shortest time in ``kinds``
    for its zones; else ``battery_s`` or ``mains_s``. 0: it is not supervised.
    """

    mains_s: Seconds = 180  # three heartbeats
    battery_s: Seconds = 7200
    kinds: dict[str, Seconds] = {}
    broker_s: Seconds = 10
    serial_s: Seconds = 30
    timeseries_s: Seconds = 60
    webhook_s: Seconds = 60
    clock_s: Seconds = 900


class StatusSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[status]``: the address of ``/health``, ``/ready`` and ``/metrics``, over plain HTTP."""

    listen: str = "127.0.0.1"
    port: Port = 9464


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    gateway: GatewaySettings
    control: Access = Access()
    broker: Broker = Broker()
    status: StatusSettings | None = None
    supervision: SupervisionSettings = SupervisionSettings()
    coap: Coap | None = None
    serial: list[Serial] = []
    firmware: Firmware | None = None
    renewal: Renewal | None = None
    centre: list[Centre] = []
    timeseries: TimeSeries | None = None
    webhook: list[Webhook] = []
    alarms: AlarmSettings = AlarmSettings()
    arming: ArmingSettings = ArmingSettings()
    level: list[LevelSettings] = []
    upstream: Upstream | None = None
    console: ConsoleSettings = ConsoleSettings()
    notify: NotifySettings = NotifySettings()

    @property
    def consumers(self) -> frozenset[str]:
        """The centres and sinks, by their names in the journals."""
        consumers = [f"centre/{centre.name}" for centre in self.centre]
        consumers += [f"webhook/{webhook.name}" for webhook in self.webhook]
        return frozenset([*consumers, *(["timeseries"] if self.timeseries else [])])


def _check_files(config: Config, path: Path) -> None:
    sections: list[tuple[Place, msgspec.Struct]] = [(("broker",), config.broker)]
    sections += [(("centre", n), centre) for n, centre in enumerate(config.centre)]
    if config.coap is not None:
        sections.append((("coap",), config.coap))
    sections += [(("serial", n), serial) for n, serial in enumerate(config.serial)]
    if config.firmware is not None:
        sections.append((("firmware",), config.firmware))
    if config.timeseries is not None:
        sections.append((("timeseries",), config.timeseries))
    for number, centre in enumerate(config.centre):
        sections += [(("centre", number, key), table) for key, table in centre.tables.items()]
    sections += [(("webhook", n), webhook) for n, webhook in enumerate(config.webhook)]
    sections.append((("arming",), config.arming))
    for place, section in sections:
        for field in section.__struct_fields__:
            file = getattr(section, field)
            if not field.endswith("_file") or file is None:
                continue
            try:
                Path(file).read_text(encoding="utf-8")
            except OSError as error:
                what = said("config.file", field=field, file=file, why=said_by(error))
                raise refuse(path, (*place, field), what) from error
            except UnicodeDecodeError as error:
                what = said("config.file", field=field, file=file, why=said("config.no_text"))
                raise refuse(path, (*place, field), what) from error


def _check_site(config: Config, path: Path) -> None:
    if not topics.valid_id(config.gateway.site):
        raise refuse(path, ("gateway", "site"), of("site", said("config.id")))
    try:
        ZoneInfo(config.gateway.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        what = of("time_zone", said("config.time_zone", name=config.gateway.time_zone))
        raise refuse(path, ("gateway", "time_zone"), what) from None


def _check(config: Config, path: Path, protocols: Protocols) -> None:
    log_levels = ("debug", "info", "warning", "error")
    if config.gateway.log_level not in log_levels:
        what = of("log_level", said("config.one_of", valid=", ".join(log_levels)))
        raise refuse(path, ("gateway", "log_level"), what)
    if (config.broker.certificate_file is None) != (config.broker.key_file is None):
        raise refuse(path, ("broker",), said("config.pair"))
    _check_files(config, path)
    _check_names(config, path)
    config.arming.codes  # noqa: B018 - as below
    if wrong := config.arming.mistake():
        raise refuse(path, ("arming", wrong[0]), wrong[1])
    if config.coap is not None:
        config.coap.keys  # noqa: B018 - a key that cannot be used must show now
    for kind in config.supervision.kinds:
        if kind not in names.KINDS.values():
            valid = ", ".join(names.KINDS.values())
            what = of("kinds", said("config.no_kind", kind=kind, valid=valid))
            raise refuse(path, ("supervision", "kinds", kind), what)
    _check_serial(config, path)
    if config.firmware is not None:
        _check_firmware(config.firmware, path)
    for number, centre in enumerate(config.centre):
        place = ("centre", number)
        if mistake := mistake_in(centre, protocols):
            raise refuse(path, (*place, *mistake[0]), mistake[1])
        try:
            centre.key  # noqa: B018 - a key that cannot be used must show now, not at an alarm
        except ValueError as error:
            raise refuse(path, (*place, "key_file"), of("key_file", said_by(error))) from error
    if notify := config.notify.mistake():
        raise refuse(path, ("notify", *notify[0]), notify[1])
    if wrong := config.alarms.mistake():
        raise refuse(path, ("alarms", wrong[0]), wrong[1])
    if lacking := levels.mistake(config.level, config.alarms):
        raise refuse(path, ("level", lacking[0], lacking[1]), lacking[2])
    if config.upstream is not None and (away := config.upstream.mistake()):
        raise refuse(path, ("upstream", away[0]), away[1])
    if wrong := config.console.mistake():
        raise refuse(path, ("console", wrong[0]), wrong[1])
    _check_routes(config, path)
    _check_servers(config, path)


def _check_names(config: Config, path: Path) -> None:
    for number, name in _twice([centre.name for centre in config.centre]):
        raise refuse(path, ("centre", number, "name"), said("config.same_centre", name=name))
    for number, name in _twice([serial.name for serial in config.serial]):
        raise refuse(path, ("serial", number, "name"), said("config.same_serial", name=name))
    for number, name in _twice([webhook.name for webhook in config.webhook]):
        raise refuse(path, ("webhook", number, "name"), said("config.same_webhook", name=name))


def _twice(given: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield number and text of what stands before itself already."""
    for number, name in enumerate(given):
        if name in given[:number]:
            yield number, name


def _check_servers(config: Config, path: Path) -> None:
    if wrong := host_name.mistake(config.broker.host):
        raise refuse(path, ("broker", "host"), wrong)
    if mistake := http_server.mistake(None, config.broker.ca_file):
        raise refuse(path, ("broker", mistake[0]), mistake[1])
    try:
        config.broker.password  # noqa: B018 - as above
    except ValueError as error:
        what = of("password_file", said_by(error))
        raise refuse(path, ("broker", "password_file"), what) from error
    if config.renewal is not None and not Path(config.renewal.certificates_dir).is_dir():
        folder = config.renewal.certificates_dir
        what = said(
            "config.file", field="certificates_dir", file=folder, why=said("config.no_folder")
        )
        raise refuse(path, ("renewal", "certificates_dir"), what)
    if config.timeseries is not None and (mistake := config.timeseries.mistake()):
        raise refuse(path, ("timeseries", mistake[0]), mistake[1])
    for number, webhook in enumerate(config.webhook):
        if mistake := webhook.complaint():
            raise refuse(path, ("webhook", number, mistake[0]), mistake[1])


def _check_serial(config: Config, path: Path) -> None:
    for number, serial in enumerate(config.serial):
        place = ("serial", number)
        if (serial.port is None) == (serial.usb is None):
            raise refuse(path, place, said("config.port_or_usb"))
        serial.keys  # noqa: B018 - as above


def _check_firmware(firmware: Firmware, path: Path) -> None:
    try:
        firmware.key  # noqa: B018 - as above
    except update_package.PackageError as error:
        raise refuse(path, ("firmware", "key_file"), of("key_file", said_by(error))) from error
    if not Path(firmware.packages_dir).is_dir():
        folder = firmware.packages_dir
        what = said("config.file", field="packages_dir", file=folder, why=said("config.no_folder"))
        raise refuse(path, ("firmware", "packages_dir"), what)


def _check_routes(config: Config, path: Path) -> None:
    # No centre would get a kind without a route. So with any centre, each kind needs a route.
    routed = {
        kind
        for centre in config.centre
        for way in centre.routes
        if not way.levels
        for kind in way.kinds
    }
    missing = [kind for kind in names.KINDS.values() if kind not in routed]
    if config.centre and missing:
        what = said("centre.kinds_missing", kinds=", ".join(missing))
        raise refuse(path, ("centre",), what)


@cache
def _type_with(protocols: tuple[tuple[str, CentreProtocol], ...]) -> type[Config]:
    """Return ``Config`` with centres of these protocols.

    It is the same type at each call, because a reload compares configurations.
    """
    centres = GenericAlias(list, centre_type(dict(protocols)))
    with_centres = msgspec.defstruct(
        "Config",
        [("centre", centres, [])],
        bases=(Config,),
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
    )
    return cast(type[Config], with_centres)


def load(path: Path, protocols: Protocols) -> Config:
    """Return the checked configuration. Relative paths are relative to the file's folder.

    ``protocols``: the protocols that a centre may have. ConfigError: one line that names the file,
    the line and what to do.
    """
    config = settings(path, protocols)
    _check(config, path, protocols)
    return config


def settings(path: Path, protocols: Protocols) -> Config:
    """Return the configuration for who looks at the site and runs nothing of it.

    Nothing but this file is opened, so that it needs no secret, and no mistake in what a centre or
    a sink needs keeps people from their alarms. ConfigError: as for ``load``.
    """
    absent = said("config.no_gateway_file")
    found = read(path, _type_with(tuple(protocols.items())), absent=absent)
    config = _absolute(found, path.parent)
    _check_site(config, path)
    return config


def _absolute(config: Config, folder: Path) -> Config:
    replace = msgspec.structs.replace

    def here(section: StructT) -> StructT:
        return from_folder(section, folder)

    def of_centre(centre: Centre) -> Centre:
        tables = {key: here(table) for key, table in centre.tables.items()}
        return replace(here(centre), path=[here(way) for way in centre.path], **tables)

    return replace(
        config,
        gateway=from_folder(config.gateway, folder, "register"),
        broker=here(config.broker),
        coap=config.coap and here(config.coap),
        serial=[here(serial) for serial in config.serial],
        firmware=config.firmware and here(config.firmware),
        renewal=config.renewal and here(config.renewal),
        centre=[of_centre(centre) for centre in config.centre],
        timeseries=config.timeseries and here(config.timeseries),
        webhook=[here(webhook) for webhook in config.webhook],
        notify=replace(
            here(config.notify), channel=[here(channel) for channel in config.notify.channel]
        ),
        arming=here(config.arming),
        upstream=config.upstream and here(config.upstream),
        console=here(config.console),
    )


__all__ = [
    "Account",
    "Broker",
    "Centre",
    "CentrePath",
    "Coap",
    "Config",
    "ConfigError",
    "ConsoleSettings",
    "Firmware",
    "Renewal",
    "Serial",
    "StatusSettings",
    "TimeSeries",
    "Webhook",
    "load",
    "settings",
]
