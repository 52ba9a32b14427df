"""``callpoint labels``: the labels of alarm points, ready to print."""

from pathlib import Path

import click

from callpoint_cli.errors import MISSING, USAGE, fail
from callpoint_cli.journals import settings
from callpoint_cli.language import language, texts
from callpoint_cli.options import config_file
from callpoint_cli.owner import as_owner
from callpoint_cli.technician.files import write
from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.places import ids_of
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.words.said import of, said, said_by

_PAGE = ".html"
_DRAWING = ".svg"


@click.command()
@click.argument("output", metavar="LABELS.html", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--size",
    default="a4-2x7",
    show_default=True,
    help="a4-3x8, a4-3x7, a4-2x7, a4-2x4, or one label: 100x50, 60x40, 62x29, 50x30 (mm).",
)
@click.option(
    "--place", help="Only this place, or what is in it: an id or the beginning of its text."
)
@config_file
def labels(path: Path, output: Path, size: str, place: str | None) -> None:
    """Draw the labels of all alarm points, ready to print.

    A browser prints LABELS.html, or makes a PDF of it; LABELS.svg gets a file for each page. Print
    at full size, without margins. A code belongs to its place for good.

    Example: callpoint labels labels.html --size a4-3x8 -c gateway.toml
    """
    kind = output.suffix.lower()
    if kind not in (_PAGE, _DRAWING):
        fail(of(str(output), said("labels.kind")), USAGE)
    config, register = settings(path)
    drawn, title = _drawn(config, register, size, place)
    words = texts()
    if kind == _DRAWING:
        for number, drawing in enumerate(drawn, 1):
            file = output.with_name(f"{output.stem}-{number}{_DRAWING}")
            write(file, drawing.encode())
    else:
        write(output, title.encode())
    click.echo(words("labels.drawn", file=output, pages=len(drawn), size=size))
    if not config.console.public_pages:
        click.echo(words("labels.pages_off"))


def _drawn(
    config: Config, register: Register, size: str, place: str | None
) -> tuple[list[str], str]:
    """Return the drawing of each page, and a page of HTML with all of them."""
    try:
        from callpoint_console.alarm_points import labels as drawing
        from callpoint_console.alarm_points.codes import PointCodes
        from callpoint_console.alarm_points.label_sizes import SIZES
        from callpoint_console.database import Database, DatabaseFault, file_in
        from callpoint_console.schema import SUBJECTS
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("callpoint"):
            raise
        fail(said("console.packages"), MISSING)
    if size not in SIZES:
        fail(of("--size", said("labels.size", sizes=", ".join(SIZES))), USAGE)
    if config.console.public_url is None:
        fail(said("labels.no_address"), USAGE)
    wanted = register.sensed_places()
    if place is not None:
        ids = ids_of(place, wanted)
        wanted = [known for known in wanted if known.id in ids]
    if not wanted:
        fail(said("labels.none"), USAGE)
    try:
        file = file_in(Path(config.gateway.state_dir))
        with as_owner(file.parent):
            database = Database(file, SUBJECTS)
    except DatabaseFault as error:
        fail(said_by(error), MISSING)
    try:
        codes = PointCodes(database, register, SystemClock()).all()
    finally:
        database.close()
    chosen = {known.id: codes[known.id] for known in wanted}
    drawn = drawing.pages(
        drawing.labels_of(register.place, chosen, config.console.url), SIZES[size]
    )
    return drawn, drawing.sheet(config.gateway.site, drawn, SIZES[size], language())
