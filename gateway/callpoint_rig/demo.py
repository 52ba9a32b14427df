"""``callpoint demo``: plays a scenario on real parts, from button to centre, and judges it."""

import asyncio
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path

import click
import msgspec
from rich.cells import set_cell_size
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from callpoint_cli.errors import BAD, MISSING, USAGE, fail
from callpoint_cli.language import language
from callpoint_gateway.words.said import Said, said
from callpoint_rig.console_part import ConsolePart, console_installed
from callpoint_rig.keys import Keys
from callpoint_rig.part import Part, RigError
from callpoint_rig.receivers.fire_centre import FireCentre
from callpoint_rig.rig import Receiver, Rig
from callpoint_rig.rig_words import rig_said
from callpoint_rig.scenario import (
    CLOSES,
    OPENS,
    PANIC,
    PANIC_OVER,
    SMOKE,
    SMOKE_OVER,
    Row,
    Scenario,
    Verdict,
)
from callpoint_rig.tools import find_tool

PACE_S = 1.5
WIDE = 148
_KEYS = rig_said("key.all")


def _pressed(row: Row, rows: list[Row]) -> str:
    return f"{(row.pressed_ms - rows[0].pressed_ms) / 1000:.1f} s"


def _after(row: Row, at_ms: float) -> str:
    return f"{at_ms - row.pressed_ms:+.0f} ms" if at_ms else "-"


class Screen:
    """Shows the events: as a live table on a terminal, otherwise as lines."""

    def __init__(self, quiet: bool, language: str) -> None:
        self.console = Console(stderr=quiet, highlight=False)
        self.rows: list[Row] = []
        self.says: list[str] = []
        self.links: list[str] = []  # where its pages are; shown all the time
        self._language = language
        self._told: set[int] = set()
        self.live: Live | None = None

    def say(self, what: Said) -> None:
        self.says.append(what.in_(self._language))
        if self.live is None:
            self.console.print(self.says[-1], markup=False)
        self.changed()

    def lead(self, what: Said, link: str) -> None:
        """Show where a page is."""
        self.links.append(f"{what.in_(self._language)}: {link}")
        if self.live is None:
            self.console.print(self.links[-1], markup=False, soft_wrap=True)
        self.changed()

    def changed(self) -> None:
        if self.live is not None:
            self.live.update(self.table())
            return
        for number, row in enumerate(self.rows):
            if row.done and number not in self._told:
                self._told.add(number)
                stored, centre = self.text("column.stored"), self.text("column.centre")
                self.console.print(
                    f"{_pressed(row, self.rows):>7}"
                    f"  {set_cell_size(row.what.in_(self._language), 20)}"
                    f"{stored} {_after(row, row.stored_ms):>9}"
                    f"  {centre} {_after(row, row.centre_ms):>9}"
                    f"  {self.text('column.lamp')} {self._lamp(row)} {_after(row, row.lamp_ms)}"
                    f"  {row.frame}",
                    markup=False,
                    soft_wrap=True,
                )

    def text(self, key: str) -> str:
        """Return a text of the demo in the reader's language."""
        return rig_said(key).in_(self._language)

    def _lamp(self, row: Row) -> str:
        return self.text(f"lamp.{row.lamp}") if row.lamp else "-"

    def judge(self, verdict: Verdict) -> None:
        """Print the verdict."""
        journal = rig_said("verdict.intact" if verdict.chain_intact else "verdict.damaged")
        if verdict.points is not None:
            journal = rig_said("verdict.points", journal=journal, points=verdict.points)
        told, of = verdict.fire
        shown = rig_said(
            "verdict",
            raised=verdict.raised,
            arrived=verdict.arrived,
            duplicates=verdict.duplicates,
            lost=verdict.lost,
            lamps_wrong=verdict.lamps_wrong,
            journal=journal,
            told=told,
            of=of,
        )
        self.console.print(shown.in_(self._language))

    def table(self) -> Group:
        """Return the live screen: links, the table of events and what was said last."""
        table = Table(expand=True)
        for title in ("pressed", "event"):
            table.add_column(self.text(f"column.{title}"), no_wrap=True)
        for title in ("stored", "centre", "lamp", "lit"):
            table.add_column(self.text(f"column.{title}"), no_wrap=True, justify="right")
        # A narrow terminal shows only the message of a frame, so that an event stays on one line.
        narrow = self.console.width < WIDE
        last = "column.receiver" if narrow else "column.frame"
        table.add_column(self.text(last), no_wrap=True)
        for row in self.rows:
            lamp = Text(self._lamp(row), style="bold" if row.lamp == "centre" else "")
            table.add_row(
                _pressed(row, self.rows),
                row.what.in_(self._language),
                _after(row, row.stored_ms),
                _after(row, row.centre_ms),
                lamp,
                _after(row, row.lamp_ms),
                Text(row.frame.partition("[")[2].partition("]")[0] if narrow else row.frame),
            )
        links = Text("\n".join(self.links), overflow="fold")
        return Group(Text(self.text("demo.intro")), links, table, Text("\n".join(self.says[-3:])))


async def _by_hand(scenario: Scenario, screen: Screen) -> None:
    levels = dict.fromkeys(scenario.boards, 0)
    boards = {  # by the level that a key sets: 0, 1
        "p": ("button", (PANIC_OVER, PANIC)),
        "d": ("door", (CLOSES, OPENS)),
        "s": ("smoke", (SMOKE_OVER, SMOKE)),
    }
    parts: dict[str, tuple[str, Part | Receiver]] = {
        "b": ("broker", scenario.rig.broker),
        "c": ("centre", scenario.rig.receiver),
    }
    running = dict.fromkeys(parts, True)
    screen.say(_KEYS)
    with Keys() as pressed:
        while (key := await pressed.get()) not in ("q", ""):
            if key in boards:
                name, what = boards[key]
                levels[name] = 1 - levels[name]
                await scenario.move(name, levels[name], what[levels[name]])
            elif key in parts:
                name, part = parts[key]
                running[key] = not running[key]
                await (part.start() if running[key] else part.kill())
                done = rig_said(f"key.{name}_{'started' if running[key] else 'killed'}")
                screen.say(rig_said("key.after", what=done, keys=_KEYS))
            else:
                unknown = rig_said("key.unknown", key=repr(key))
                screen.say(rig_said("key.after", what=unknown, keys=_KEYS))


async def _demo(folder: Path, keep: bool, screen: Screen) -> Verdict:
    rig = Rig(folder, timeseries=find_tool("victoria-metrics") is not None)
    pace_s = 0 if screen.live is None else PACE_S
    fire = FireCentre()
    await fire.start()
    scenario = Scenario(rig, fire, screen.changed, screen.say, pace_s)
    screen.rows = scenario.rows
    console = ConsolePart(rig) if console_installed() else None
    async with AsyncExitStack() as parts:
        parts.push_async_callback(fire.stop)
        await parts.enter_async_context(rig)
        if console is not None:
            parts.push_async_callback(console.stop)
            await console.serve(keep, screen.lead)
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
    return verdict


@contextmanager
def _own_folder() -> Iterator[Path]:
    """Yield a folder for all files, and end a part's failure with its reason.

    SIGTERM cleans up as Ctrl-C does: asyncio turns SIGINT into a cancellation. An exception in the
    middle of anything could leave a part running, which still writes while the folder goes.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
    signal.signal(signal.SIGTERM, lambda number, frame: signal.raise_signal(signal.SIGINT))
    folder = Path(tempfile.mkdtemp(prefix="callpoint-demo-"))
    try:
        yield folder
    except RigError as error:
        fail(error.why, MISSING)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@click.command()
@click.option("--district", is_flag=True, help="Three sites and their district.")
@click.option("--keep", is_flag=True, help="Stay afterwards, with keys to press.")
@click.option("--json", "as_json", is_flag=True, help="The verdict as one JSON object.")
def demo(district: bool, keep: bool, as_json: bool) -> None:
    """Raise alarms, kill parts, and show that nothing is lost.

    It starts all parts, ends in under 90 s and leaves nothing behind.

    Example: callpoint demo --keep
    """
    if keep and not sys.stdin.isatty():
        fail(rig_said("demo.terminal"), USAGE)
    screen = Screen(as_json, language())
    good = (_district if district else _site)(screen, keep, as_json)
    if not good:
        fail(rig_said("demo.bad"), BAD)


def _site(screen: Screen, keep: bool, as_json: bool) -> bool:
    """Play one site; return whether it ended well."""
    with _own_folder() as folder:
        if screen.console.is_terminal and not as_json:
            with Live(screen.table(), console=screen.console, refresh_per_second=10) as live:
                screen.live = live
                verdict = asyncio.run(_demo(folder, keep, screen))
        else:
            screen.console.print(screen.text("demo.intro"))
            verdict = asyncio.run(_demo(folder, keep, screen))
    if as_json:
        _print_json(verdict, verdict.good)
    else:
        screen.live = None
        screen.judge(verdict)
    return verdict.good


def _district(screen: Screen, keep: bool, as_json: bool) -> bool:
    """Play a district; return whether it ended well."""
    try:
        from callpoint_rig import district_demo
    except ImportError as missing:
        if (missing.name or "").startswith("callpoint"):
            raise
        fail(said("district.extra"), MISSING)
    with _own_folder() as folder:
        verdict = asyncio.run(district_demo.play(folder, keep, screen))
    if as_json:
        _print_json(verdict, verdict.good)
    else:
        screen.say(district_demo.judged(verdict))
    return verdict.good


def _print_json(verdict: msgspec.Struct, good: bool) -> None:
    click.echo(json.dumps(msgspec.to_builtins(verdict) | {"good": good}))
