"""``callpoint watch``: shows open alarms, faults and rates, from the journals alone.

It never writes and never asks the gateway: it shows what is on disk.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import click
from rich.console import Group
from rich.live import Live
from rich.text import Text

from callpoint_cli.alarm_lines import alarm_line, place_of
from callpoint_cli.journals import (
    Site,
    config_option,
    locate,
    open_reader,
    reading,
    state_dir_option,
)
from callpoint_cli.language import texts
from callpoint_cli.output import console
from callpoint_cli.screens.rates import Rate
from callpoint_cli.site_model import site_model, site_source
from callpoint_cli.times import short
from callpoint_gateway.alarms.situation import Alarm, Situation
from callpoint_gateway.host.printable import printable
from callpoint_gateway.journal.entries import Type
from callpoint_gateway.journal.partition import State
from callpoint_gateway.words.words import Words
from callpoint_protocol import names

REFRESH_S = 0.5
SHOWN = 20  # lines of a section; a last line counts the others
_STYLES = {"alarm": "bold red", "fault": "yellow", "title": "bold", "plain": ""}


class Line(NamedTuple):
    """One line of the screen. ``age_ms``: how long ago it began, None to show no age."""

    style: str
    text: str
    age_ms: int | None = None


class Rates(NamedTuple):
    """Events and readings of the last minute; None if their journal does not exist."""

    events: int
    readings: int | None


class Screen:
    """Turns a situation into lines in one language, with times in one time zone."""

    def __init__(self, words: Words, zone: ZoneInfo) -> None:
        """``zone`` is the site's."""
        self._words = words
        self._zone = zone

    def lines(self, situation: Situation, running: bool | None, rates: Rates) -> list[Line]:
        """Return the lines of the screen, alarms and faults first."""
        words = self._words
        shown = [Line("title", words("watch.title")), self._gateway(running)]
        real = [self._alarm(alarm, "alarm") for alarm in situation.real]
        shown += self._section(words("watch.alarms", count=len(real)), "alarm", real)
        shown += self._exercise(situation)
        faults = list(self._faults(situation))
        shown += self._section(words("watch.faults", count=len(faults)), "fault", faults)
        if situation.quiet and running is not False:
            shown.append(Line("plain", words("watch.quiet")))
        shown += self._section(words("watch.partitions"), "title", self._partitions(situation))
        shown += self._section(words("watch.levels"), "fault", self._levels(situation))
        held = self._inhibits(situation)
        shown += self._section(words("watch.inhibits", count=len(held)), "title", held)
        shown += [Line("title", words("watch.links")), *self._links(situation)]
        shown.append(Line("title", words("watch.rates")))
        shown.append(Line("plain", words("watch.rate_events", count=rates.events)))
        if rates.readings is not None:
            shown.append(Line("plain", words("watch.rate_telemetry", count=rates.readings)))
        shown.append(Line("plain", words("times_are_of", zone=self._zone.key)))
        return shown

    def _gateway(self, running: bool | None) -> Line:
        words = self._words
        if running is None:
            return Line("fault", words("watch.unknown"))
        return (
            Line("plain", words("watch.running"))
            if running
            else Line("fault", words("watch.stopped"))
        )

    def _section(self, title: str, style: str, lines: list[Line]) -> list[Line]:
        if not lines:
            return []
        shown = [Line(style, title), *lines[:SHOWN]]
        if len(lines) > SHOWN:
            shown.append(Line(lines[0].style, self._words("more", count=len(lines) - SHOWN)))
        return shown

    def _alarm(self, alarm: Alarm, style: str) -> Line:
        return Line(style, alarm_line(alarm, self._words, self._zone))

    def _exercise(self, situation: Situation) -> list[Line]:
        """Return the running exercises and a drill's alarms, never in the style of real alarms."""
        words, shown = self._words, []
        for runs in situation.exercises:
            what, left = words.mark(runs.mark.value), words.age(runs.left_ms)
            shown.append(Line("title", words("watch.exercise", what=what, age=left)))
        drills = [self._alarm(alarm, "plain") for alarm in situation.exercised]
        return shown + self._section(words("watch.drills", count=len(drills)), "title", drills)

    def _faults(self, situation: Situation) -> Iterator[Line]:
        words, now_ms = self._words, situation.at_ms
        for fault in situation.faults:
            text = words.fault(fault.source, fault.reason, fault.remedy)
            yield Line("fault", text, now_ms - fault.since_ms)
        for silent in situation.missed:
            age_ms = None if silent.since_ms is None else now_ms - silent.since_ms
            where = place_of(silent.where, silent.device, None, words)
            yield Line("fault", f"{words.silence(silent.how.value)}  {where}", age_ms)
        for trouble in situation.troubles:
            what = words.event(trouble.kind, names.TROUBLE, trouble.detail)
            where = place_of(trouble.where, trouble.device, trouble.zone, words)
            yield Line("fault", f"{what}  {where}", now_ms - trouble.since_ms)

    def _partitions(self, situation: Situation) -> list[Line]:
        words = self._words
        shown = []
        for view in situation.partitions:
            panel = view.panel
            text = words.partition(panel.state.value, panel.mode.value if panel.mode else None)
            if view.left_ms:
                text += " " + words("partition.left", age=words.age(view.left_ms))
            if panel.bypassed:
                text += "  " + words("partition.bypassed", zones=", ".join(panel.bypassed))
            style = "alarm" if panel.state is State.TRIGGERED else "plain"
            shown.append(Line(style, f"{view.partition}: {text}"))
        return shown

    def _levels(self, situation: Situation) -> list[Line]:
        words = self._words
        return [
            Line(
                "plain",
                words(
                    "watch.level_at",
                    level=words.level(level.level),
                    area=level.area or words("level.site"),
                    until=short(level.until_ms, self._zone),
                    reason=level.reason,
                ),
            )
            for level in situation.levels
        ]

    def _inhibits(self, situation: Situation) -> list[Line]:
        words = self._words
        return [
            Line(
                "plain",
                words(
                    "watch.inhibit",
                    what=place_of("", inhibit.device or inhibit.place, inhibit.zone, words),
                    until=short(inhibit.until_ms, self._zone),
                ),
            )
            for inhibit in situation.inhibits
        ]

    def _links(self, situation: Situation) -> list[Line]:
        words = self._words
        counts: dict[str, int] = {}
        for waiting in situation.waiting:
            counts[waiting.consumer] = counts.get(waiting.consumer, 0) + waiting.count
        return [
            Line(
                "plain",
                words("watch.backlog", name=words.consumer(name), count=count)
                if count
                else words("watch.level", name=words.consumer(name)),
            )
            for name, count in counts.items()
        ] or [Line("plain", words("watch.no_links"))]

    def render(self, lines: list[Line]) -> Group:
        """Return the lines for rich: alarms in red, faults in yellow, all else without colour."""
        return Group(*(Text(self._line(line), style=_STYLES[line.style]) for line in lines))

    def _line(self, line: Line) -> str:
        indent = "" if line.style == "title" else "  "
        age = "" if line.age_ms is None else f"{self._words.age(line.age_ms)}  "
        return printable(f"{indent}{age}{line.text}")


class Watched:
    """The journals of a site, read again and again."""

    def __init__(self, site: Site, stack: ExitStack) -> None:
        """``stack`` closes the journals that are opened here."""
        self._source = site_source(site)
        self._model = stack.enter_context(site_model(site))
        alarms = stack.enter_context(open_reader(site.folder / "alarms.db"))
        self._events = Rate(alarms, Type.EVENT)
        self._readings = None
        if (site.folder / "telemetry.db").exists():
            telemetry = stack.enter_context(open_reader(site.folder / "telemetry.db"))
            self._readings = Rate(telemetry, Type.TELEMETRY)

    def look(self) -> tuple[Situation, bool | None, Rates]:
        """Return the present situation, whether a gateway runs, and the rates."""
        situation = self._model.situation()
        events = self._events.count(situation.at_ms)
        readings = self._readings.count(situation.at_ms) if self._readings else None
        return situation, self._source.gateway_runs(), Rates(events, readings)


@click.command()
@config_option
@state_dir_option
@click.option("--once", is_flag=True, help="Show it once and end.")
def watch(config_path: Path | None, state_dir: Path | None, once: bool) -> None:
    """Show open alarms, faults and links until Ctrl-C.

    It only reads the journals. If the output is no terminal, the screen is printed again
    whenever something has changed. Times are in the site's time zone.

    Example: callpoint watch -c gateway.toml --lang zh
    """
    site = locate(config_path, state_dir)
    screen = Screen(texts(), site.zone)
    with ExitStack() as stack:
        stack.enter_context(reading())
        watched = Watched(site, stack)
        output = console()
        if once:
            output.print(screen.render(screen.lines(*watched.look())))
        elif output.is_terminal:
            with Live(console=output, screen=True) as live:
                while True:
                    live.update(screen.render(screen.lines(*watched.look())), refresh=True)
                    time.sleep(REFRESH_S)
        else:
            before: object = None
            while True:
                situation, running, rates = watched.look()
                if (now := (situation.timeless, running, rates)) != before:
                    before = now
                    output.print(screen.render(screen.lines(situation, running, rates)))
                    sys.stdout.flush()
                time.sleep(REFRESH_S)
