"""``callpoint demo``: plays a scenario on real parts, from button to centre, and judges it."""

import asyncio
import json
import shutil
import signal
import sys
import tempfile
import termios
import tty
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import click
import msgspec
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from callpoint_cli.errors import BAD, MISSING, USAGE, fail
from callpoint_gateway.words.said import verbatim
from callpoint_rig.console_part import ConsolePart, console_installed
from callpoint_rig.part import Part, RigError
from callpoint_rig.receivers.fire_centre import FireCentre
from callpoint_rig.rig import Receiver, Rig
from callpoint_rig.rig_words import rig_said
from callpoint_rig.scenario import Row, Scenario, Verdict
from callpoint_rig.tools import find_tool
from callpoint_rig.virtual_board import BoardError

PACE_S = 1.5
WIDE = 148
_INTRO = (
    "Three virtual boards run the real firmware under MicroPython. Mosquitto, the\n"
    "gateway, pysiaalarm (a receiver that others wrote) and a fire centre run too."
)
_KEYS = "p panic  d door  s smoke  b broker kill/start  c centre kill/start  q quit"


def _pressed(row: Row, rows: list[Row]) -> str:
    return f"{(row.pressed_ms - rows[0].pressed_ms) / 1000:.1f} s"


def _after(row: Row, at_ms: float) -> str:
    return f"{at_ms - row.pressed_ms:+.0f} ms" if at_ms else "-"


class _Screen:
    """Shows the events: as a live table on a terminal, otherwise as lines."""

    def __init__(self, quiet: bool) -> None:
        self.console = Console(stderr=quiet, highlight=False)
        self.rows: list[Row] = []
        self.says: list[str] = []
        self.links: list[str] = []  # where its pages are; shown all the time
        self._quiet = quiet
        self._told: set[int] = set()
        self.live: Live | None = None

    def say(self, text: str) -> None:
        self.says.append(text)
        if self.live is None:
            self.console.print(text, markup=False)
        self.changed()

    def lead(self, text: str, link: str) -> None:
        """Show where a page is."""
        self.links.append(f"{text}: {link}")
        if self.live is None:
            self.console.print(self.links[-1], markup=False, soft_wrap=True)
        self.changed()

    def changed(self) -> None:
        if self.live is not None:
            self.live.update(self._table())
            return
        for number, row in enumerate(self.rows):
            if row.done and number not in self._told:
                self._told.add(number)
                self.console.print(
                    f"{_pressed(row, self.rows):>7}  {row.what:19}"
                    f" stored {_after(row, row.stored_ms):>9}"
                    f"  centre {_after(row, row.centre_ms):>9}"
                    f"  lamp {row.lamp or '-'} {_after(row, row.lamp_ms)}  {row.frame}",
                    markup=False,
                    soft_wrap=True,
                )

    def _table(self) -> Group:
        table = Table(expand=True)
        for title in ("pressed", "event"):
            table.add_column(title, no_wrap=True)
        for title in ("stored", "centre", "lamp", "lit"):
            table.add_column(title, no_wrap=True, justify="right")
        # A narrow terminal shows only the message of a frame, so that an event stays on one line.
        narrow = self.console.width < WIDE
        table.add_column("receiver" if narrow else "frame that the receiver printed", no_wrap=True)
        for row in self.rows:
            lamp = Text(row.lamp or "-", style="bold" if row.lamp == "centre" else "")
            table.add_row(
                _pressed(row, self.rows),
                row.what,
                _after(row, row.stored_ms),
                _after(row, row.centre_ms),
                lamp,
                _after(row, row.lamp_ms),
                Text(row.frame.partition("[")[2].partition("]")[0] if narrow else row.frame),
            )
        links = Text("\n".join(self.links), overflow="fold")
        return Group(Text(_INTRO), links, table, Text("\n".join(self.says[-3:])))


def _judge(screen: _Screen, verdict: Verdict) -> None:
    points = "" if verdict.points is None else f", {verdict.points} points in the time series"
    told, of = verdict.fire
    screen.console.print(
        f"verdict: raised {verdict.raised}, arrived {verdict.arrived}, "
        f"duplicates {verdict.duplicates}, lost {verdict.lost}; "
        f"lamps wrong {verdict.lamps_wrong}; "
        f"journal {'intact' if verdict.chain_intact else 'DAMAGED'}{points}; "
        f"fire centre told {told} of {of}"
    )


class _Keys:
    """Reads single keys from the terminal."""

    def __enter__(self) -> "asyncio.Queue[str]":
        self._old = termios.tcgetattr(sys.stdin)
        tty.setcbreak(sys.stdin)
        pressed: asyncio.Queue[str] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        loop.add_reader(sys.stdin, lambda: pressed.put_nowait(sys.stdin.read(1)))
        return pressed

    def __exit__(self, *exception: object) -> None:
        asyncio.get_running_loop().remove_reader(sys.stdin)
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._old)


async def _by_hand(scenario: Scenario, screen: _Screen) -> None:
    levels = dict.fromkeys(scenario.boards, 0)
    boards = {"p": ("button", "panic"), "d": ("door", "door"), "s": ("smoke", "smoke")}
    parts: dict[str, tuple[str, Part | Receiver]] = {
        "b": ("broker", scenario.rig.broker),
        "c": ("centre", scenario.rig.receiver),
    }
    running = dict.fromkeys(parts, True)
    screen.say(_KEYS)
    with _Keys() as pressed:
        while (key := await pressed.get()) not in ("q", ""):
            if key in boards:
                name, what = boards[key]
                levels[name] = 1 - levels[name]
                words = ("closes", "opens") if key == "d" else ("restore", "")
                await scenario.move(name, levels[name], f"{what} {words[levels[name]]}".strip())
            elif key in parts:
                name, part = parts[key]
                running[key] = not running[key]
                await (part.start() if running[key] else part.kill())
                screen.say(f"{name} {'started' if running[key] else 'killed'}   {_KEYS}")
            else:
                screen.say(f"no such key: {key!r}   {_KEYS}")


async def _serve_pages(console: ConsolePart, keep: bool, screen: _Screen) -> None:
    """Start the console, and show links that need no password to begin with."""
    await console.start()
    wall = await console.account("wall", "--role", "viewer", "--screen")
    screen.lead("the pages, to look at (the link works once)", wall)
    if keep:
        roles = ("--role", "operator", "--role", "manager", "--role", "admin")
        desk = await console.account("desk-1", *roles)
        screen.lead("to act on alarms, choose a password (the link works once)", desk)


async def _demo(folder: Path, keep: bool, screen: _Screen) -> Verdict:
    rig = Rig(folder, timeseries=find_tool("victoria-metrics") is not None)
    pace_s = 0 if screen.live is None else PACE_S
    fire = FireCentre()
    await fire.start()
    scenario = Scenario(rig, fire, screen.changed, screen.say, pace_s)
    screen.rows = scenario.rows
    console = ConsolePart(rig) if console_installed() else None
    async with AsyncExitStack() as parts:
        await parts.enter_async_context(rig)
        if console is not None:
            parts.push_async_callback(console.stop)
            await _serve_pages(console, keep, screen)
        reading = asyncio.create_task(scenario.read_journal())
        try:
            await scenario.play()
            verdict = await scenario.verdict()
            if keep:
                await _by_hand(scenario, screen)
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
    await fire.stop()
    return verdict


@click.command()
@click.option("--keep", is_flag=True, help="Stay afterwards, with keys to press.")
@click.option("--json", "as_json", is_flag=True, help="The verdict as one JSON object.")
def demo(keep: bool, as_json: bool) -> None:
    """Raise alarms, kill parts, and show that nothing is lost.

    It starts all parts, ends in under 90 s and leaves nothing behind.

    Example: callpoint demo --keep
    """
    if keep and not sys.stdin.isatty():
        fail(rig_said("demo.terminal"), USAGE)
    # SIGTERM cleans up as Ctrl-C does: asyncio turns SIGINT into a cancellation. An exception in
    # the middle of anything could leave a part running, which still writes while the folder goes.
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
    signal.signal(signal.SIGTERM, lambda number, frame: signal.raise_signal(signal.SIGINT))
    screen = _Screen(as_json)
    folder = Path(tempfile.mkdtemp(prefix="callpoint-demo-"))
    try:
        if screen.console.is_terminal and not as_json:
            with Live(screen._table(), console=screen.console, refresh_per_second=10) as live:
                screen.live = live
                verdict = asyncio.run(_demo(folder, keep, screen))
        else:
            screen.console.print(_INTRO)
            verdict = asyncio.run(_demo(folder, keep, screen))
    except (RigError, BoardError) as error:
        fail(verbatim(str(error)), MISSING)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(verdict) | {"good": verdict.good}))
    else:
        screen.live = None
        _judge(screen, verdict)
    if not verdict.good:
        fail(rig_said("demo.bad"), BAD)
