"""``callpoint firmware``: packs, signs and checks an update for devices."""

import json
from pathlib import Path

import click
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from callpoint_cli.errors import BAD, MISSING, USAGE, fail
from callpoint_cli.language import texts
from callpoint_cli.technician.files import read, write
from callpoint_cli.technician.firmware_image import application_image, slot
from callpoint_cli.technician.firmware_image import image as image_command
from callpoint_gateway.protocols import update_package
from callpoint_gateway.words.said import of, said
from callpoint_protocol import topics

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def firmware() -> None:
    """Pack, sign and check an update for devices.

    The layout is in firmware/UPDATE.md.
    """


firmware.add_command(image_command)


def _package(path: Path) -> update_package.Package:
    try:
        return update_package.read(read(path))
    except update_package.PackageError as error:
        fail(of(str(path), error.why), BAD)


@firmware.command()
@click.argument("private", type=_FILE)
def key(private: Path) -> None:
    """Make the key that signs updates and write it into PRIVATE; keep it only where you sign.

    The public key, for gateways, is written beside it as *.public.pem. The number that devices
    need (``update.keys`` in their settings) is printed.
    """
    public = private.with_name(private.stem + ".public.pem")
    for path in (private, public):
        if path.exists():
            fail(of(str(path), said("firmware.key_exists")), USAGE)
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    secret = made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write(private, secret, 0o600)
    shown = made.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    write(public, shown)
    words = texts()
    known_as = update_package.key_id(made.public_key())
    click.echo(words("firmware.key_made", file=private, id=known_as, public=public))
    modulus = f"{made.public_key().public_numbers().n:0512x}"
    click.echo(words("firmware.for_devices", modulus=modulus))


def romfs(tree: Path) -> bytes:
    """Return a ROMFS image of a tree of ``.mpy`` files, for boards that run ROMFS in place."""
    try:
        from mpremote.romfs import VfsRomWriter
    except ImportError:
        fail(said("firmware.mpremote"), MISSING)
    writer = VfsRomWriter()

    def add(folder: Path) -> int:
        count = 0
        for path in sorted(folder.iterdir()):
            if path.is_dir():
                writer.opendir(path.name)
                count += add(path)
                writer.closedir()
            elif path.suffix == ".mpy":
                writer.mkfile(path.name, path.read_bytes())
                count += 1
        return count

    if not add(tree):
        fail(of(str(tree), said("firmware.no_mpy")), MISSING)
    return bytes(writer.finalise())


@firmware.command()
@click.argument("image", type=_FILE, required=False)
@click.option(
    "--tree",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Instead of IMAGE: a folder of .mpy files, packed as ROMFS.",
)
@click.option(
    "--application",
    is_flag=True,
    help="Instead of IMAGE: this firmware, for the slots of boards with a stock MicroPython.",
)
@click.option("-o", "--output", type=_FILE, required=True, help="The package to write.")
@click.option("--product", required=True, help="The product that it is for: a-z 0-9 - _.")
@click.option(
    "--hardware",
    type=int,
    multiple=True,
    required=True,
    help="A hardware revision that runs it; repeat for several.",
)
@click.option(
    "--sequence",
    type=int,
    required=True,
    help="Number that is higher than in every earlier update.",
)
@click.option("--version", "version", required=True, help="Version for people.")
def build(
    image: Path | None,
    tree: Path | None,
    application: bool,
    output: Path,
    product: str,
    hardware: tuple[int, ...],
    sequence: int,
    version: str,
) -> None:
    """Pack IMAGE into an unsigned package; IMAGE is an ESP32's application: micropython.bin."""
    if (image is not None) + (tree is not None) + application != 1:
        fail(said("firmware.image_or_tree"), USAGE)
    if image is not None:
        content = application_image(image)
    else:
        content = romfs(tree) if tree is not None else slot(sequence, version)
    if not topics.valid_id(product):
        fail(of("--product", said("file.id")), USAGE)
    try:
        made = update_package.build(content, product, list(hardware), sequence, version)
    except update_package.PackageError as error:
        fail(error.why, USAGE)
    write(output, made.content)
    click.echo(texts()("firmware.built", output=output, size=len(content)))


@firmware.command()
@click.argument("path", metavar="PACKAGE", type=_FILE)
@click.option("--key", "key_file", type=_FILE, required=True, help="The private key, PEM.")
def sign(path: Path, key_file: Path) -> None:
    """Sign PACKAGE in place."""
    try:
        private = serialization.load_pem_private_key(read(key_file), None)
    except (ValueError, TypeError):
        fail(of(str(key_file), said("firmware.no_private_key")), USAGE)
    if not isinstance(private, rsa.RSAPrivateKey):
        fail(of(str(key_file), said("firmware.no_rsa")), USAGE)
    try:
        signed = update_package.sign(_package(path), private)
    except update_package.PackageError as error:
        fail(error.why, USAGE)
    write(path, signed.content)
    click.echo(texts()("firmware.signed", file=path, id=signed.manifest.key))


@firmware.command()
@click.argument("path", metavar="PACKAGE", type=_FILE)
@click.option("--key", "key_file", type=_FILE, required=True, help="The public key, PEM.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def verify(path: Path, key_file: Path, as_json: bool) -> None:
    """Check PACKAGE as a device would, and print what it is."""
    try:
        public = update_package.public_key(key_file)
    except update_package.PackageError as error:
        fail(error.why, USAGE)
    found = _package(path)
    try:
        update_package.verify(found, public)
    except update_package.PackageError as error:
        fail(of(str(path), error.why), BAD)
    manifest = found.manifest
    shown = {
        "product": manifest.product,
        "hardware": manifest.hardware,
        "sequence": manifest.sequence,
        "version": manifest.version,
        "size": manifest.size,
        "sha256": manifest.sha256,
        "key": manifest.key,
    }
    if as_json:
        click.echo(json.dumps(shown))
    else:
        click.echo(texts()("firmware.good", file=path))
        for name, value in shown.items():
            click.echo(f"  {name:9} {value}")
