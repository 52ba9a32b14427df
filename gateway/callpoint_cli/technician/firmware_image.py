"""``callpoint firmware image``: what is written to a board, part by part."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from callpoint_cli.errors import BAD, MISSING, USAGE, fail
from callpoint_cli.language import texts
from callpoint_cli.technician.files import read, write
from callpoint_gateway.words.said import of, said, said_by
from callpoint_technician.chips import CHIPS
from callpoint_technician.image.parts import FlashPart

_FILE = click.Path(dir_okay=False, path_type=Path)


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """End the command with the words for an image that cannot be made."""
    try:
        from callpoint_technician.image.compiled import NotCompiled
        from callpoint_technician.image.official import ImageRefused
        from callpoint_technician.image.slot import SlotFull
    except ImportError:
        fail(said("image.extra"), MISSING)
    try:
        yield
    except ImageRefused as refused:
        fail(of(str(path), refused.why), BAD)
    except SlotFull as full:
        fail(said("image.slot_full", needed=full.needed, room=full.room), BAD)
    except NotCompiled as refused:
        fail(said("image.not_compiled", why=refused.complaints[0]), BAD)
    except ImportError:
        fail(said("image.extra"), MISSING)


@click.command()
@click.option(
    "--stock",
    type=_FILE,
    help="The official MicroPython image, .bin, as it was downloaded.",
)
@click.option(
    "--frozen", type=_FILE, help="Instead: firmware.bin of a build with firmware/boards."
)
@click.option("--chip", type=click.Choice(list(CHIPS)), required=True, help="The board's chip.")
@click.option(
    "-o",
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="A new folder for the parts.",
)
@click.option("--sequence", type=int, help="Another number of the build than the installed one.")
@click.option("--version", "version", help="Another version for people.")
def image(
    stock: Path | None,
    frozen: Path | None,
    chip: str,
    out: Path,
    sequence: int | None,
    version: str | None,
) -> None:
    """Make all parts of a board's flash from an official MicroPython image and this firmware.

    Needs no compiler. parts.json in the folder says what is written where; every part is shown
    with its offset and digest.
    """
    path = stock or frozen
    if path is None or (stock and frozen):
        fail(said("image.stock_or_frozen"), USAGE)
    content = read(path)
    words = texts()
    with refusals(path):
        from callpoint_technician.image.compiled import Build, own_build
        from callpoint_technician.image.frozen import frozen_parts
        from callpoint_technician.image.official import read as read_official
        from callpoint_technician.image.stock import application, stock_parts

        if stock:
            official = read_official(content, CHIPS[chip])
            own = own_build()
            build = Build(own.sequence if sequence is None else sequence, version or own.version)
            parts = stock_parts(official, application(build))
            lines = [
                words(
                    "image.head",
                    version=official.version,
                    made=official.made,
                    chip=official.chip.title,
                    digest=official.sha256,
                ),
                words("image.build", version=build.version, sequence=build.sequence),
            ]
        else:
            parts, lines = frozen_parts(content, CHIPS[chip]), []
    _write(parts, out)
    click.echo("\n".join([*lines, *map(_line, parts)]))


def application_image(path: Path) -> bytes:
    """Return an application of a frozen build; end the command if the file is anything else."""
    content = read(path)
    with refusals(path):
        from callpoint_technician.image.frozen import check_application

        check_application(content)
    return content


def slot(sequence: int, version: str) -> bytes:
    """Return the installed firmware as the image of an application slot."""
    with refusals(Path(version)):
        from callpoint_technician.image.compiled import Build
        from callpoint_technician.image.stock import application, slot_image

        return slot_image(application(Build(sequence, version)))


def _write(parts: list[FlashPart], out: Path) -> None:
    """Write the parts and their list into a folder that holds nothing yet."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            fail(of(str(out), said("image.folder_used")), USAGE)
    except OSError as error:
        fail(of(str(out), said_by(error)), MISSING)
    for part in parts:
        if part.data:
            write(out / file_of(part), part.data)
    listed = [
        {
            "name": part.name,
            "offset": part.offset,
            "reserve": part.reserve,
            "size": len(part.data),
            "file": file_of(part) if part.data else None,
            "sha256": hashlib.sha256(part.data).hexdigest() if part.data else None,
        }
        for part in parts
    ]
    write(out / "parts.json", (json.dumps(listed, indent=1) + "\n").encode())


def file_of(part: FlashPart) -> str:
    """Return the name of a part's file; files sort as the parts lie in flash."""
    return f"{part.offset:06x}-{part.name.replace(' ', '-')}.bin"


def _line(part: FlashPart) -> str:
    digest = hashlib.sha256(part.data).hexdigest() if part.data else texts()("image.erased")
    return f"  {part.offset:#08x} {part.name:11} {len(part.data) or '':>8} {digest}"
