"""``callpoint flash``: writes boards as they are plugged in, each with an identity of its own."""

import importlib.util
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import click

from callpoint_cli.errors import BAD, MISSING, USAGE, fail
from callpoint_cli.language import language, texts
from callpoint_cli.options import DEFAULT_CONFIG
from callpoint_cli.output import console
from callpoint_cli.technician.flash_screen import FlashScreen
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.configuration import config as configuration
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.words.said import said
from callpoint_gateway.words.unknown import near
from callpoint_technician.chips import CHIPS
from callpoint_technician.flash.batch import Batch, BatchError, Stage, opened
from callpoint_technician.flash.desk import Desk, Images
from callpoint_technician.flash.first_word import Gateway
from callpoint_technician.flash.flasher import Flasher
from callpoint_technician.flash.folders import Unusable, read_identities, read_image
from callpoint_technician.flash.identity import Identity
from callpoint_technician.flash.ports import Look, adapters, only
from callpoint_technician.flash.web.server import HOST, server

BAUD = 460_800
WAIT_S = 120.0
#: Beside the identities: who has which. Without it a board could get a second one.
BATCH = "batch"


@click.command()
@click.argument(
    "folder",
    metavar="IDENTITIES",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    required=False,
)
@click.option(
    "--image",
    "image_folders",
    type=click.Path(file_okay=False, path_type=Path),
    multiple=True,
    required=True,
    help="Folder that 'callpoint firmware image' made; one for each kind of chip.",
)
@click.option(
    "--port",
    "ports",
    multiple=True,
    help="Only this serial port; repeat for several. [default: every USB adapter that appears]",
)
@click.option(
    "--baud",
    type=click.IntRange(9600, 3_000_000),
    default=BAUD,
    show_default=True,
    help="Speed of the lines; less for long cables.",
)
@click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path, readable=False),
    default=DEFAULT_CONFIG,
    show_default=True,
    help="Configuration of the gateway on this machine, where boards are awaited.",
)
@click.option("--wait/--no-wait", default=True, help="Wait for each board's first word there.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=1),
    default=WAIT_S,
    show_default=True,
    help="How long to wait once the last board is written.",
)
@click.option("--device", "only_devices", multiple=True, help="Only this device; repeatable.")
@click.option("--again", metavar="DEVICE", help="Write the board of DEVICE again: it was erased.")
@click.option(
    "--release",
    metavar="DEVICE",
    help="Separate DEVICE and its board, if its identity was never sent or is no longer here.",
)
@click.option("--web", is_flag=True, help="A page for a browser instead: firmware, no identity.")
def flash(
    folder: Path | None,
    image_folders: tuple[Path, ...],
    ports: tuple[str, ...],
    baud: int,
    config_path: Path,
    wait: bool,
    seconds: float,
    only_devices: tuple[str, ...],
    again: str | None,
    release: str | None,
    web: bool,
) -> None:
    """Write boards as they are plugged in, each with an identity.

    IDENTITIES is the folder that 'callpoint plan import' made. Each board gets boot loader, table,
    application and one identity, all of it read back; what an earlier device left is erased. Which
    board has which identity is on record before it is written, so no two boards are ever the same.

    Plug in as many boards as there are sockets. Ctrl-C or a power cut do no harm: the same command
    goes on. It ends when all are written and the gateway has heard them.

    Example: callpoint flash identities --image esp32-image
    """
    if web:
        _serve(image_folders)
        return
    if folder is None:
        fail(said("flash.needs_folder"), USAGE)
    if importlib.util.find_spec("esptool") is None:
        fail(said("flash.extra"), MISSING)
    images, identities = _read(folder, image_folders, only_devices)
    gateway = _gateway(config_path) if wait else None
    with ExitStack() as stack:
        try:
            batch = stack.enter_context(opened(folder / BATCH))
        except BatchError as error:
            fail(error.why, MISSING)
        _mend(batch, folder, again, release)
        desk = Desk(batch, images, identities, gateway.head if gateway else lambda: 0)
        for board in desk.renewed:
            click.echo(texts()("flash.renewed", device=board.device, mac=board.mac))
        if not desk.devices:
            fail(said("flash.no_identities", folder=str(folder)), USAGE)
        _run(desk, lambda screen: Flasher(desk, screen, _look(ports), baud, gateway), seconds)
        _sum_up(desk, folder, gateway is not None)


def _read(
    folder: Path, image_folders: Sequence[Path], only_devices: Sequence[str]
) -> tuple[Images, list[Identity]]:
    """Return what is to be written, or end the command."""
    images = _images(image_folders)
    try:
        identities = read_identities(folder)
    except Unusable as error:
        fail(error.why, USAGE)
    known = [identity.device for identity in identities]
    for name in only_devices:
        if name not in known:
            fail(said("flash.no_device", name=name, near=near(name, known)), USAGE)
    chosen = [each for each in identities if not only_devices or each.device in only_devices]
    for identity in chosen:
        if identity.chip not in images:
            title = CHIPS[identity.chip].title
            why = said("flash.no_image_for", device=identity.device, chip=title)
            fail(why, USAGE)
    return images, chosen


def _images(folders: Sequence[Path]) -> Images:
    images = {}
    for each in folders:
        try:
            chip, parts = read_image(each)
        except Unusable as error:
            fail(error.why, USAGE)
        if chip.name in images:
            fail(said("flash.two_images", chip=chip.title), USAGE)
        images[chip.name] = parts
    return images


def _serve(image_folders: Sequence[Path]) -> None:
    """Serve the page for browsers until Ctrl-C."""
    with server(_images(image_folders), language()) as serving:
        url = f"http://{HOST}:{serving.server_port}/"
        click.echo(texts()("flash.web.at", url=url))
        with suppress(KeyboardInterrupt):
            serving.serve_forever()


def _gateway(config_path: Path) -> Gateway | None:
    """Return the gateway of this machine; None, and a line about it, if there is none."""
    try:
        config = configuration.settings(config_path, PROTOCOLS)
    except ConfigError as error:
        told = said("flash.no_gateway", file=str(config_path), why=error.why)
        click.echo(texts().told(told), err=True)
        return None
    return Gateway(Path(config.gateway.state_dir))


def _mend(batch: Batch, folder: Path, again: str | None, release: str | None) -> None:
    """Do what is asked about boards of earlier runs."""
    if again is not None and not batch.again(again):
        fail(said("flash.no_board", device=again), USAGE)
    if release is None:
        return
    if batch.release(release, gone=not (folder / f"{release}.bin").exists()):
        click.echo(texts()("flash.released", device=release))
        return
    for board in batch.boards():
        if board.device == release:
            fail(said("flash.not_released", device=release, mac=board.mac), BAD)
    fail(said("flash.no_board", device=release), USAGE)


def _look(ports: Sequence[str]) -> Look:
    return only(ports) if ports else adapters


def _run(desk: Desk, made: Callable[[FlashScreen], Flasher], seconds: float) -> None:
    """Write boards until all are done, or until Ctrl-C."""
    words = texts()
    chips = ", ".join(sorted({CHIPS[each.chip].title for each in desk.identities}))
    with suppress(KeyboardInterrupt):
        click.echo(words("flash.begin", count=len(desk.devices), chips=chips))
        with FlashScreen(console(), words) as screen, closing(made(screen)) as flasher:
            if sys.stdin.isatty():
                click.echo(words("flash.enter"))
                threading.Thread(target=_next_at_enter, args=(flasher,), daemon=True).start()
            flasher.run(seconds)


def _next_at_enter(flasher: Flasher) -> None:
    for _ in sys.stdin:
        flasher.next_boards()


def _sum_up(desk: Desk, folder: Path, waited: bool) -> None:
    """Say what is left to do; the exit code is bad if anything is."""
    boards = [board for board in desk.batch.boards() if board.device in desk.devices]
    written = [board for board in boards if board.stage >= Stage.WRITTEN]
    words = texts()
    for board in boards:
        if board.stage < Stage.WRITTEN:
            click.echo(words("flash.half", device=board.device, mac=board.mac))
    if len(written) < len(desk.devices):
        fail(said("flash.left", written=len(written), count=len(desk.devices)), BAD)
    silent = [board.device for board in written if board.stage < Stage.HEARD]
    if waited and silent:
        fail(said("flash.not_heard", devices=", ".join(silent)), BAD)
    heard = [board.device for board in written if board.stage >= Stage.HEARD]
    for device in heard:
        # Until now it was needed, should the board have to be written again.
        (folder / f"{device}.bin").unlink(missing_ok=True)
    if silent:
        click.echo(words("flash.keys_there", folder=folder))
    click.echo(words("flash.count_written", written=len(written), count=len(desk.devices)))
