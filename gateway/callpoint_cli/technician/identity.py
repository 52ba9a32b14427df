"""``callpoint identity``: makes and shows the image of a device's identity partition."""

import codecs
import hashlib
import json
from pathlib import Path
from typing import Any

import click
import msgspec
from cryptography.hazmat.primitives import hashes

from callpoint_cli.errors import BAD, USAGE, fail
from callpoint_cli.language import texts
from callpoint_cli.technician.files import read, remove, write
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.words.said import of, said
from callpoint_technician.identity import device_settings
from callpoint_technician.identity import image as images
from callpoint_technician.identity.device_settings import DeviceSettings, SettingsError
from callpoint_technician.identity.image import PARTITION_SIZE

_FILE = click.Path(dir_okay=False, path_type=Path)
ADDRESS = 0x362000  # of the partition, in callpoint_boards/partitions-4MiB.csv
_SECRETS = ("password", "passphrase", "key", "psk", "secret", "token")
ESPTOOL = "esptool --port PORT write-flash"
_NETWORKS = "networks"  # setting of a virtual board: password by name of network


@click.group()
def identity() -> None:
    """Make and show the identity of a device.

    The layout is in firmware/README.md.
    """


@identity.command()
@click.argument("settings", metavar="SETTINGS.json", type=_FILE)
@click.option("-o", "--output", type=_FILE, required=True, help="The image to write.")
@click.option(
    "--size", type=int, default=PARTITION_SIZE, show_default=True, help="Bytes of the partition."
)
@click.option("--keep-key", is_flag=True, help="Do not delete the file of the device's TLS key.")
def build(settings: Path, output: Path, size: int, keep_key: bool) -> None:
    """Check SETTINGS.json and pack it, with the certificates that it names, into an image.

    Paths of certificates are relative to the folder of SETTINGS.json. The image holds passwords
    and keys: only its owner can read it; delete it once it is on the device. The file of the
    device's TLS key is deleted, because the image holds the key.

    Example: callpoint identity build lobby.json -o lobby.bin
    """
    key: Path | None = None
    try:
        found = device_settings.parse(read(settings).removeprefix(codecs.BOM_UTF8))
        if found.tls:
            key = settings.parent / found.tls.key if found.tls.key else None
        _check_output(output, settings, found)
        now_s = SystemClock().wall_ms() // 1000
        found = images.completed(found, settings.parent, now_s)
        image = images.build(found, size)
    except SettingsError as error:
        fail(of(str(settings), error.why), USAGE)
    write(output, image, 0o600)
    used = len(image.rstrip(b"\xff"))
    words = texts()
    click.echo(
        words(
            "identity.built",
            output=output,
            site=found.site,
            device=found.device,
            used=used,
            size=size,
        )
    )
    if key and keep_key:
        click.echo(words("identity.key_there", file=key))
    elif key:
        remove(key)
        click.echo(words("identity.key_deleted", file=key))
    click.echo(words("identity.how_to_write"))
    click.echo(f"  {ESPTOOL} {ADDRESS:#x} {output}")
    click.echo(words("identity.then_delete", output=output))


def _check_output(output: Path, settings: Path, found: DeviceSettings) -> None:
    """Refuse to write over what the image is made of: a key may be nowhere else."""
    tls = found.tls
    names = [name for name in (tls.ca, tls.cert, tls.key) if name] if tls else []
    sources = [settings, *(settings.parent / name for name in names)]
    if output.resolve() in [source.resolve() for source in sources]:
        fail(of(str(output), said("identity.over_source")), USAGE)


@identity.command()
@click.argument("path", metavar="IMAGE", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(path: Path, as_json: bool) -> None:
    """Check IMAGE as a device would, and print what is in it but for what is secret.

    Example: callpoint identity show lobby.bin
    """
    try:
        found = images.read(read(path))
    except images.ImageError as error:
        fail(of(str(path), error.why), BAD)
    shown = _shown(found)
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False))
        return
    for name, value in _lines("", shown):
        click.echo(f"{name:22} {value}")


def _shown(found: DeviceSettings) -> dict[str, Any]:
    """Return the settings with every secret replaced."""
    content: dict[str, Any] = _veiled(msgspec.to_builtins(found))
    if found.tls:
        for key, text in (("ca", found.tls.ca), ("cert", found.tls.cert)):
            if text:
                content["tls"][key] = _certificate(text)
    if found.update:
        content["update"]["keys"] = [_key_id(modulus) for modulus in found.update.keys]
    return content


def _veiled(value: Any, secret: bool = False) -> Any:
    if isinstance(value, dict):
        return {
            key: _veiled(inner, secret or key in _SECRETS or key == _NETWORKS)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_veiled(inner, secret) for inner in value]
    return texts()("identity.set") if secret and value else value


def _certificate(text: str) -> str:
    """Return what people compare of a certificate, the first of a chain."""
    try:
        found = images.certificates(images.material(text))[0]
    except (ValueError, IndexError):
        return texts()("identity.no_certificate")
    digest = found.fingerprint(hashes.SHA256()).hex()
    until = found.not_valid_after_utc.date()
    subject = found.subject.rfc4514_string()
    return texts()("identity.certificate", subject=subject, until=until, digest=digest[:16])


def _key_id(modulus: str) -> str:
    """Return the short name of a key, as ``callpoint firmware`` prints it."""
    return hashlib.sha256(bytes.fromhex(modulus)).hexdigest()[:8]


def _lines(name: str, value: Any) -> list[tuple[str, Any]]:
    """Return the values in nested content by their dotted names."""
    found: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += _lines(f"{name}.{key}" if name else key, inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += _lines(f"{name}[{index}]", inner)
    else:
        found.append((name, value))
    return found
