"""``callpoint broker``: writes Mosquitto's configuration and the certificates of a site."""

import datetime
import getpass
import ipaddress
import os
import pwd
import shutil
from pathlib import Path

import click
from rich.table import Table

from callpoint_cli.errors import MISSING, USAGE, fail
from callpoint_cli.language import texts
from callpoint_cli.output import print_table
from callpoint_gateway.broker.authority import LOCAL, Authority, AuthorityError
from callpoint_gateway.broker.book import Known, in_use
from callpoint_gateway.broker.book import read as read_book
from callpoint_gateway.broker.certificates import host_names
from callpoint_gateway.broker.configuration import Tls, write_configuration
from callpoint_gateway.broker.installation import installed
from callpoint_gateway.broker.revocation import NotInForce, enforce
from callpoint_gateway.configuration import register as registers
from callpoint_gateway.configuration.names import BROKER_USERS, GATEWAY_USER, PANEL_USER
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.words.said import of, said, said_by
from callpoint_gateway.words.unknown import near
from callpoint_gateway.words.words import Words
from callpoint_protocol import topics

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path)
PLAIN_PORT, TLS_PORT, GATEWAY_PORT = 1883, 8883, 8884
# Debian's user of the broker.
_MOSQUITTO = "mosquitto"
# A certificate that ends within this time is a fault of a running gateway as well.
_SOON_DAYS = 30
_ROLES = {"gateway": GATEWAY_USER, "panel": PANEL_USER}
_certificates = click.option(
    "--certificates",
    type=_FOLDER,
    default=Path("certificates"),
    show_default=True,
    help="Folder of the site's own certificate authority.",
)
_again = click.option("--again", is_flag=True, help="Replace files that exist.")


@click.group()
def broker() -> None:
    """Set up Mosquitto, the broker between devices and gateway."""


def _opened(folder: Path, root_key: Path | None = None) -> Authority:
    try:
        return Authority.opened(folder.absolute(), SystemClock(), root_key)
    except AuthorityError as error:
        fail(error.why, USAGE)


def _user() -> str:
    """Return the default of ``--user``: mosquitto if root runs this and that user exists."""
    user = getpass.getuser()
    if os.geteuid() == 0:
        try:
            return pwd.getpwnam(_MOSQUITTO).pw_name
        except KeyError:
            return user
    return user


def _names(address: str, names: tuple[str, ...]) -> list[str]:
    """Return the host names and addresses for the broker's certificate."""
    try:
        listens = ipaddress.ip_address(address)
    except ValueError:
        fail(said("broker.address", address=address), USAGE)
    if listens.is_unspecified and not names:
        fail(said("broker.name_needed"), USAGE)
    own = [] if listens.is_unspecified else [address]
    found = list(dict.fromkeys([*LOCAL, *own, *names]))
    try:
        host_names(found)
    except ValueError as error:
        fail(of("--name", said_by(error)), USAGE)
    return found


def _own_tls(
    output: Path,
    certificates: Path,
    site: str,
    names: list[str],
    gateway_port: int,
    root_key: Path | None,
    again: bool,
) -> tuple[Tls, list[str], Authority]:
    """Make or reuse the site's authority and its certificates.

    Return the listener's files, the lines for gateway.toml, and the authority.
    """
    folder = certificates.absolute()
    try:
        if Authority.there(folder):
            authority = _opened(folder, root_key)
        else:
            authority = Authority(folder, SystemClock(), site)
        if authority.site != site:
            mistake = said(
                "broker.other_site", folder=str(folder), found=authority.site, site=site
            )
            fail(mistake, USAGE)
        tls = installed(authority, output, gateway_port, names, again=again)
        own = [folder / f"{GATEWAY_USER}.{ending}" for ending in ("pem", "key")]
        if again or not all(file.exists() for file in own):
            authority.client(GATEWAY_USER, again=True)
    except (AuthorityError, ValueError) as error:
        fail(said_by(error), USAGE)
    lines = [
        f'ca_file = "{authority.ca_file}"',
        f'certificate_file = "{own[0]}"',
        f'key_file = "{own[1]}"',
        "[renewal]",
        f'certificates_dir = "{folder}"',
    ]
    return tls, lines, authority


def _given_tls(
    given: tuple[Path | None, ...], crl: Path | None, site: str, gateway_port: int
) -> tuple[Tls, list[str]] | None:
    """Return the same files and lines for another authority's certificates; None without them."""
    ca, certificate, key = given
    if ca and certificate and key:
        return Tls(ca, certificate, key, site, gateway_port, crl), [
            f'ca_file = "{ca}"',
            texts()("broker.given_ca", name=GATEWAY_USER),
            f'certificate_file = "{GATEWAY_USER}.pem"',
            f'key_file = "{GATEWAY_USER}.key"',
        ]
    if any(given) or crl:
        fail(said("broker.three_files"), USAGE)
    return None


@broker.command()
@click.option("-o", "--output", type=_FOLDER, required=True, help="Folder to write into.")
@click.option("--site", help="The site of gateway.toml; devices may use only its topics.")
@click.option("--tls/--plain", default=True, help="Plain is for this machine only.")
@click.option("--port", type=click.IntRange(1, 65535), help="8883, or 1883 with --plain.")
@click.option(
    "--address", help="Address to listen on; 0.0.0.0 with --tls, 127.0.0.1 with --plain."
)
@click.option(
    "--gateway-port",
    type=click.IntRange(1, 65535),
    default=GATEWAY_PORT,
    show_default=True,
    help="Port for the gateway on 127.0.0.1, with --tls.",
)
@click.option(
    "--name",
    "names",
    multiple=True,
    help="Host name or address under which devices reach it; repeat for several.",
)
@click.option("--user", default=_user, help="User as whom the broker runs when root starts it.")
@_certificates
@click.option(
    "--root-key", type=_FILE, help="The root's key, if it is no longer in --certificates."
)
@_again
@click.option(
    "--ca", type=_FILE, help="Certificate of another authority, instead of the site's own."
)
@click.option("--certificate", type=_FILE, help="The broker's certificate.")
@click.option("--key", type=_FILE, help="The broker's key.")
@click.option("--crl", type=_FILE, help="The list of revoked certificates of that authority.")
def config(
    output: Path,
    site: str | None,
    tls: bool,
    port: int | None,
    address: str | None,
    gateway_port: int,
    names: tuple[str, ...],
    user: str,
    certificates: Path,
    root_key: Path | None,
    again: bool,
    ca: Path | None,
    certificate: Path | None,
    key: Path | None,
    crl: Path | None,
) -> None:
    """Write mosquitto.conf, its access list and, unless they are given, the certificates.

    Each device has a certificate of its own and may use only its own topics. Files that exist are
    kept, unless --again is given.

    Example: callpoint broker config -o /etc/callpoint/broker --site estate --name gateway.local
    """
    port = port or (TLS_PORT if tls else PLAIN_PORT)
    address = address or ("0.0.0.0" if tls else "127.0.0.1")
    output = output.absolute()
    files: Tls | None = None
    lines: list[str] = []
    authority = None
    try:
        _for_user(output, user)
        if tls:
            if site is None or not topics.valid_id(site):
                fail(said("broker.site"), USAGE)
            if gateway_port == port:
                fail(said("broker.same_port"), USAGE)
            given = _given_tls((ca, certificate, key), crl, site, gateway_port)
            if given is not None:
                files, lines = given
            else:
                wanted = _names(address, names)
                files, lines, authority = _own_tls(
                    output, certificates, site, wanted, gateway_port, root_key, again
                )
        path = write_configuration(
            output,
            port,
            address=address,
            tls=files,
            user=user,
            shut=authority.shut if authority else (),
        )
    except ValueError as error:
        fail(said_by(error), USAGE)
    except OSError as error:
        fail(of(str(error.filename or output), said_by(error)), MISSING)
    _say_next(path, gateway_port if tls else port, lines, authority)


def _for_user(folder: Path, user: str) -> None:
    """Make the broker's folder; if root runs this, the folder belongs to ``user``."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        try:
            shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
        except (LookupError, KeyError):
            fail(said("broker.no_user", user=user), USAGE)


def _say_next(path: Path, port: int, lines: list[str], authority: Authority | None) -> None:
    words = texts()
    configure = words("broker.configure")
    steps = [words("broker.start", path=path), configure]
    if authority is not None:
        folder = authority.folder
        if os.geteuid() == 0:
            steps.append(words("broker.own_folder", folder=folder))
        steps.append(words("broker.for_each_device", folder=folder))
        if authority.root_key_file.exists():
            steps.append(words("broker.take_root_away", file=authority.root_key_file))
    steps.append(words("broker.check"))
    click.echo(words("broker.written", path=path))
    for number, step in enumerate(steps, 1):
        click.echo(f"{number}. {step}")
        if step == configure:
            for line in ["[broker]", 'host = "127.0.0.1"', f"port = {port}", *lines]:
                click.echo(f"     {line}")


def _registered(device: str, register: Path) -> None:
    try:
        known = registers.load(register).device_ids()
    except ConfigError as error:
        fail(said("cli.or_register", why=error.why), USAGE)
    if device not in known:
        fail(
            said(
                "broker.unregistered",
                device=device,
                register=str(register),
                near=near(device, known),
            ),
            USAGE,
        )


@broker.command()
@click.argument("device", required=False)
@click.option(
    "--role",
    type=click.Choice(list(_ROLES)),
    help="For the gateway or a panel instead of a DEVICE.",
)
@_certificates
@click.option(
    "--register",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("/etc/callpoint/register.toml"),
    show_default=True,
    help="The register, which must have DEVICE.",
)
@click.option(
    "--unregistered", is_flag=True, help="Also for a DEVICE that the register does not have."
)
@_again
def certificate(
    device: str | None,
    role: str | None,
    certificates: Path,
    register: Path,
    unregistered: bool,
    again: bool,
) -> None:
    """Make a certificate for DEVICE, for the gateway or for a program that shows panels (--role).

    Example: callpoint broker certificate lobby --certificates /etc/callpoint/certificates
    """
    if (device is None) == (role is None):
        fail(said("broker.device_or_role"), USAGE)
    authority = _opened(certificates)
    name = _ROLES[role] if role else str(device)
    if role is None:
        if name in BROKER_USERS:
            role_of = name.removeprefix("callpoint-")
            fail(said("broker.no_device", name=name, role=role_of), USAGE)
        if not unregistered and topics.valid_id(name):
            _registered(name, register)
    was_shut = name in authority.shut
    try:
        issued = authority.client(name, again=again)
    except (ValueError, AuthorityError) as error:
        fail(of(name, said_by(error)), USAGE)
    except OSError as error:
        fail(of(str(error.filename), said_by(error)), MISSING)
    words = texts()
    click.echo(
        words(
            "broker.issued",
            certificate=issued.certificate_file,
            key_file=issued.key_file,
            ca=authority.ca_file,
        )
    )
    if role:
        click.echo(words("broker.issued_for", role=role))
    else:
        click.echo(words("broker.issued_for_device"))
    if was_shut and authority.broker:
        try:
            enforce(authority, authority.broker, [name])
        except NotInForce as error:
            fail(said("broker.still_shut", name=name, why=error.why), MISSING)


@broker.command()
@click.argument("device")
@_certificates
def revoke(device: str, certificates: Path) -> None:
    """Revoke every certificate of DEVICE and end its session; other boards stay connected.

    Example: callpoint broker revoke lobby --certificates /etc/callpoint/certificates
    """
    authority = _opened(certificates)
    if not authority.revoke(device) and device not in authority.shut:
        fail(
            said(
                "broker.not_made",
                device=device,
                folder=str(authority.folder),
                near=near(device, authority.named),
            ),
            USAGE,
        )
    if authority.broker is None:
        fail(said("broker.not_set_up", device=device), MISSING)
    try:
        enforce(authority, authority.broker, [device])
    except NotInForce as error:
        fail(said("broker.not_in_force", device=device, why=error.why), MISSING)
    except OSError as error:
        why = of(str(error.filename), said_by(error))
        fail(said("broker.not_in_force", device=device, why=why), MISSING)
    click.echo(texts()("broker.revoked_now", device=device))


@broker.command("list")
@_certificates
def list_(certificates: Path) -> None:
    """List the certificates: which of them is in use, until when, and until when its key is.

    Example: callpoint broker list --certificates /etc/callpoint/certificates
    """
    words = texts()
    try:
        found = read_book(certificates).by_name()
    except OSError as error:
        fail(said("broker.no_book", file=str(error.filename), why=said_by(error)), MISSING)
    except ValueError as error:
        fail(of(str(certificates), said_by(error)), USAGE)
    table = Table(box=None, pad_edge=False)
    for column in (
        words("broker.name"),
        words("broker.state"),
        words("broker.ends"),
        words("broker.key_ends"),
    ):
        table.add_column(column)
    now_s = SystemClock().wall_ms() / 1000
    for name, made in found.items():
        one = in_use(made)
        if one is None:
            table.add_row(name, words("broker.revoked"), "", "")
            continue
        table.add_row(
            name, _state(one, made, now_s, words), _day(one.ends_s), _day(one.key_ends_s)
        )
    print_table(table)


def _day(unix_s: int) -> str:
    """Return the day (UTC) on which a certificate ends; an earlier version kept none."""
    return str(datetime.datetime.fromtimestamp(unix_s, datetime.UTC).date()) if unix_s else "?"


def _state(one: Known, made: list[Known], now_s: float, words: Words) -> str:
    left_s = one.ends_s - now_s
    if one.ends_s and left_s < 0:
        return words("broker.ended")
    if one.ends_s and left_s < _SOON_DAYS * 86_400:
        return words("broker.ends_soon")
    if not one.used:
        return words("broker.made")
    later = any(other.key == one.key and other.ends_s > one.ends_s for other in made)
    return words("broker.waits") if later else words("broker.in_use")
