"""``callpoint broker``: Mosquitto's configuration and the certificates of a site."""

import getpass
from pathlib import Path

import click

from callpoint_cli.errors import MISSING, USAGE, fail
from callpoint_gateway.broker.certificates import Authority, AuthorityError
from callpoint_gateway.broker.configuration import GATEWAY_USER, Tls, write_configuration
from callpoint_gateway.host.clock import SystemClock

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path)
PLAIN_PORT, TLS_PORT = 1883, 8883
_certificates = click.option(
    "--certificates",
    type=_FOLDER,
    default=Path("certificates"),
    show_default=True,
    help="Folder of the site's own authority; it is made at the first use.",
)


@click.group()
def broker() -> None:
    """Set up Mosquitto, the broker between devices and gateway."""


def _authority(folder: Path) -> Authority:
    try:
        return Authority.kept(folder.absolute(), SystemClock())
    except AuthorityError as error:
        fail(str(error), USAGE)
    except OSError as error:
        fail(f"{folder}: {error.strerror}", MISSING)


def _tls(
    given: tuple[Path | None, ...], certificates: Path, name: str, address: str
) -> tuple[Tls, list[str]]:
    """Return the listener's files and what the gateway's configuration needs."""
    ca, certificate, key = given
    if ca and certificate and key:
        return Tls(ca, certificate, key), [
            f'ca_file = "{ca}"',
            f"# the gateway's own, of the same authority: common name {GATEWAY_USER}",
            f'certificate_file = "{GATEWAY_USER}.pem"',
            f'key_file = "{GATEWAY_USER}.key"',
        ]
    if any(given):
        fail("--ca, --certificate and --key belong together; give all or none", USAGE)
    authority = _authority(certificates)
    addresses = tuple(dict.fromkeys(("127.0.0.1", *([] if address == "0.0.0.0" else [address]))))
    try:
        server = authority.server(name, addresses)
    except ValueError as error:
        fail(f"--name {name}: {error}", USAGE)
    gateway = authority.client(GATEWAY_USER)
    return Tls(authority.ca_file, server.certificate_file, server.key_file), [
        f'ca_file = "{authority.ca_file}"',
        f'certificate_file = "{gateway.certificate_file}"',
        f'key_file = "{gateway.key_file}"',
    ]


@broker.command()
@click.option("-o", "--output", type=_FOLDER, required=True, help="Folder to write into.")
@click.option("--tls/--plain", default=True, help="Plain is for this machine only.")
@click.option("--port", type=click.IntRange(1, 65535), help="8883, or 1883 with --plain.")
@click.option("--address", help="Where it listens; all with --tls, 127.0.0.1 with --plain.")
@click.option("--name", default="localhost", show_default=True, help="Its host name for devices.")
@click.option("--user", default=getpass.getuser, help="Whom a broker that root starts becomes.")
@_certificates
@click.option("--ca", type=_FILE, help="The authority's certificate, instead of one's own.")
@click.option("--certificate", type=_FILE, help="The broker's certificate.")
@click.option("--key", type=_FILE, help="The broker's key.")
def config(
    output: Path,
    tls: bool,
    port: int | None,
    address: str | None,
    name: str,
    user: str,
    certificates: Path,
    ca: Path | None,
    certificate: Path | None,
    key: Path | None,
) -> None:
    """Write mosquitto.conf, its access list and, unless they are given, the certificates.

    Each device has a certificate of its own and may speak for itself only.

    Example: callpoint broker config -o /etc/callpoint/broker --name gateway --address 0.0.0.0
    """
    port = port or (TLS_PORT if tls else PLAIN_PORT)
    address = address or ("0.0.0.0" if tls else "127.0.0.1")
    files: Tls | None = None
    lines: list[str] = []
    if tls:
        files, lines = _tls((ca, certificate, key), certificates, name, address)
    try:
        path = write_configuration(output.absolute(), port, address=address, tls=files, user=user)
    except ValueError as error:
        fail(f"{error}; leave --plain out, or give --address 127.0.0.1", USAGE)
    except OSError as error:
        fail(f"{output}: {error.strerror}", MISSING)
    click.echo(f"{path}: written. Next:")
    click.echo(f"1. start it: mosquitto -c {path}")
    click.echo("2. in gateway.toml:")
    for line in ["[broker]", 'host = "127.0.0.1"', f"port = {port}", *lines]:
        click.echo(f"     {line}")
    if tls and ca is None:
        click.echo("3. for each device: callpoint broker certificate DEVICE", nl=False)
        click.echo(f" --certificates {certificates}")
        click.echo(f"4. keep {certificates / 'ca.key'} safe: who has it can be any device")
    click.echo(f"{5 if tls and ca is None else 3}. callpoint doctor tells whether all is well")


@broker.command()
@click.argument("device")
@_certificates
def certificate(device: str, certificates: Path) -> None:
    """Make a certificate for DEVICE, or again for the gateway (callpoint-gateway).

    Example: callpoint broker certificate lobby
    """
    authority = _authority(certificates)
    try:
        issued = authority.client(device)
    except ValueError as error:
        fail(f"{device}: {error}", USAGE)
    except OSError as error:
        fail(f"{certificates}: {error.strerror}", MISSING)
    click.echo(f"{issued.certificate_file} and {issued.key_file}, with {authority.ca_file},")
    click.echo("go into the device's identity: callpoint identity build")
