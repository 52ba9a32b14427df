"""``callpoint watch``: what is the matter now, from the journals alone.

It never writes and never talks to the gateway: what it shows is what is on disk.
"""

import fcntl
import os
import sys
import time
from collections import deque
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import click
from rich.console import Group
from rich.live import Live
from rich.text import Text

from callpoint_cli.journals import (
    config_option,
    console,
    locate,
    open_reader,
    printable,
    reading,
    state_dir_option,
)
from callpoint_cli.screens.situation import MINUTE_MS, Alarm, Situation
from callpoint_cli.screens.watch_texts import LANGUAGES, Words
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.journal.entries import Type
from callpoint_gateway.journal.reader import Reader
from callpoint_protocol import names

REFRESH_S = 0.5
BLOCK = 5000
SHOWN = 20  # lines of a section; the rest is counted
_STYLES = {"alarm": "bold red", "fault": "yellow", "title": "bold", "plain": ""}


class Line(NamedTuple):
    """One line of the screen. ``age_ms``: since when, None when that does not matter."""

    style: str
    text: str
    age_ms: int | None = None


class TelemetryLane:
    """Counts the readings of the last minute and the backlog of their consumers."""

    def __init__(self, reader: Reader) -> None:
        """Look back one minute from the end only."""
        self._reader = reader
        self._position = max(0, reader.head() - BLOCK)
        self._recent: deque[int] = deque()

    def rate(self, now_ms: int) -> int:
        """Return how many readings were recorded in the last minute."""
        while entries := self._reader.read(self._position, BLOCK, (Type.TELEMETRY,)):
            self._position = entries[-1].position
            self._recent.extend(entry.recorded_ms for entry in entries)
        while self._recent and self._recent[0] < now_ms - MINUTE_MS:
            self._recent.popleft()
        return len(self._recent)

    def backlogs(self) -> dict[str, int]:
        """Return how many readings each consumer has not finished."""
        head = self._reader.head()
        return {name: head - one.position for name, one in self._reader.cursors().items()}


def gateway_runs(state_dir: Path) -> bool | None:
    """Say whether a gateway holds the lock of this folder; None when it may not be opened."""
    try:
        lock = os.open(state_dir / "gateway.lock", os.O_RDONLY)
    except FileNotFoundError:
        return False
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def catch_up(situation: Situation, alarms: Reader) -> None:
    """Feed the situation what has been committed since the last call."""
    # Cursors first: a delivery and its cursor are one commit, so no cursor may be ahead.
    cursors = alarms.cursors().values()
    while entries := alarms.read(situation.position, BLOCK):
        for entry in entries:
            situation.take(entry)
    situation.set_cursors(cursors)


class Screen:
    """Turns a situation into lines, in one language."""

    def __init__(self, words: Words, register: Register | None) -> None:
        """``register`` names the places; without it devices are named."""
        self._words = words
        self._register = register

    def _where(self, device: str, zone: int) -> str:
        place = self._register.place_of(device, zone) if self._register else None
        where = f"{place}, " if place else ""
        return f"{where}{device} {self._words('zone', zone=zone)}"

    def _alarm(self, alarm: Alarm, now_ms: int) -> Line:
        words = self._words
        parts = [
            words.kind(alarm.body.kind),
            self._where(alarm.device, alarm.body.zone),
            words("restored" if alarm.restored else "active"),
        ]
        if alarm.accepted_by:
            parts.append(words("accepted", centres=", ".join(alarm.accepted_by)))
        elif not alarm.refused_by:
            parts.append(words("waiting"))
        if alarm.refused_by:
            parts.append(words("refused", centres=", ".join(alarm.refused_by)))
        if alarm.body.flags & names.FLAG_ON_TEST:
            parts.append(words("on_test"))
        return Line("alarm", "  ".join(parts), now_ms - alarm.body.occurred_ms)

    def _faults(self, situation: Situation, now_ms: int) -> list[Line]:
        words = self._words
        found = [
            Line(
                "fault",
                words("away", source=one.source, reason=one.reason) + _arrow(one.remedy),
                now_ms - one.since_ms,
            )
            for one in situation.faults()
        ]
        for lost in situation.lost():
            where = self._where(lost.device, 0)
            found.append(Line("fault", f"{words('lost')}  {where}", now_ms - lost.since_ms))
        for trouble in situation.troubles():
            body = trouble.body
            what = words.trouble(body.kind, body.detail)
            where = self._where(trouble.device, body.zone)
            found.append(Line("fault", f"{what}  {where}", now_ms - body.occurred_ms))
        return found

    def _section(self, title: str, style: str, lines: list[Line]) -> list[Line]:
        if not lines:
            return []
        shown = [Line(style, f"{self._words(title)} ({len(lines)})"), *lines[:SHOWN]]
        if len(lines) > SHOWN:
            shown.append(Line(style, self._words("more", count=len(lines) - SHOWN)))
        return shown

    def lines(
        self, situation: Situation, lane: TelemetryLane | None, running: bool | None, now_ms: int
    ) -> list[Line]:
        """Return the screen, what matters most first."""
        words = self._words
        said = {True: "running", False: "stopped", None: "unknown"}[running]
        state = Line("plain" if running else "fault", words(said))
        alarms = [self._alarm(alarm, now_ms) for alarm in situation.alarms()]
        shown = [Line("title", words("title")), state]
        shown += self._section("alarms", "alarm", alarms)
        shown += self._section("faults", "fault", self._faults(situation, now_ms))
        if situation.quiet and running is not False:
            shown.append(Line("plain", words("quiet")))
        backlogs = situation.backlogs()
        for name, count in (lane.backlogs() if lane else {}).items():
            backlogs[name] = backlogs.get(name, 0) + count
        links = [
            Line("plain", words("backlog" if count else "level", name=name, count=count))
            for name, count in backlogs.items()
        ]
        shown.append(Line("title", words("links")))
        shown += links or [Line("plain", words("no_links"))]
        shown.append(Line("title", words("rates")))
        shown.append(Line("plain", words("rate_events", count=situation.rate(now_ms))))
        if lane is not None:
            shown.append(Line("plain", words("rate_telemetry", count=lane.rate(now_ms))))
        return shown

    def render(self, lines: list[Line]) -> Group:
        """Return what rich shows: red for alarms and yellow for faults, nothing else."""
        return Group(*(Text(self._line(line), style=_STYLES[line.style]) for line in lines))

    def _line(self, line: Line) -> str:
        indent = "" if line.style == "title" else "  "
        age = "" if line.age_ms is None else f"{self._words.age(line.age_ms)}  "
        return printable(f"{indent}{age}{line.text}")


def _arrow(remedy: str) -> str:
    return f" -> {remedy}" if remedy else ""


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@click.command()
@config_option
@state_dir_option
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--once", is_flag=True, help="Show it once and end.")
def watch(config_path: Path | None, state_dir: Path | None, lang: str, once: bool) -> None:
    """Show open alarms, faults, links and rates, alarms first, until Ctrl-C.

    It reads the journals only. Where the output is not a terminal, the frame is printed
    again whenever something has changed.

    Example: callpoint watch -c gateway.toml --lang zh
    """
    folder, register = locate(config_path, state_dir)
    screen = Screen(Words(lang), register)
    with ExitStack() as stack:
        stack.enter_context(reading())
        alarms = stack.enter_context(open_reader(folder / "alarms.db"))
        situation = Situation(alarms.cursors().values())
        path = folder / "telemetry.db"
        lane = None
        if path.exists():
            lane = TelemetryLane(stack.enter_context(open_reader(path)))

        def frame() -> list[Line]:
            catch_up(situation, alarms)
            return screen.lines(situation, lane, gateway_runs(folder), _now_ms())

        output = console()
        if once:
            output.print(screen.render(frame()))
        elif output.is_terminal:
            with Live(screen.render(frame()), console=output, screen=True) as live:
                while True:
                    time.sleep(REFRESH_S)
                    live.update(screen.render(frame()), refresh=True)
        else:
            before: list[Line] = []
            while True:
                lines = frame()
                now = [line._replace(age_ms=None) for line in lines]
                if now != before:
                    before = now
                    output.print(screen.render(lines))
                    sys.stdout.flush()
                time.sleep(REFRESH_S)
