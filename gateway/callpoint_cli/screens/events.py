"""``callpoint events``: shows entries of the journals as a table or as JSON lines."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from callpoint_cli.journals import (
    Site,
    check_device,
    config_option,
    locate,
    open_reader,
    reading,
    state_dir_option,
)
from callpoint_cli.language import texts
from callpoint_cli.output import console, print_json, print_table
from callpoint_cli.screens.event_objects import (
    as_object,
    kind_of,
    occurred_ms,
    quarantined_object,
)
from callpoint_cli.screens.event_rows import as_row, columns, telemetry_columns
from callpoint_cli.times import moment_ms
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.printable import printable
from callpoint_gateway.journal.entries import DeliveryBody, Entry, Quarantined, TelemetryBody
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.words.decoding import quarantine_reason
from callpoint_gateway.words.said import said
from callpoint_gateway.words.words import Words
from callpoint_protocol import names

POLL_S = 0.25
BLOCK = 1000
# An event may be recorded this much later than it occurred, and a search still finds it.
MARGIN_MS = 86_400_000
_KINDS = [
    *names.KINDS.values(),
    "status",
    "fault",
    "loss",
    "inhibit",
    "time",
    "arming",
    "level",
    "action",
    "exercise",
]

Wanted = Callable[[Entry], bool]


def newest(reader: Reader, head: int, limit: int, since_ms: int, wanted: Wanted) -> list[Entry]:
    """Return the last ``limit`` wanted entries up to position ``head``, oldest first."""
    found: list[Entry] = []
    while head > 0 and len(found) < limit:
        start = max(0, head - BLOCK)
        block = reader.read(start, head - start)
        found += [entry for entry in reversed(block) if wanted(entry)]
        if all(entry.recorded_ms < since_ms - MARGIN_MS for entry in block):
            break
        head = start
    return found[:limit][::-1]


def _coming(reader: Reader, after: int) -> Iterator[Entry]:
    """Yield entries as they are appended; instead of a delivery, the event that was delivered."""
    while True:
        entries = reader.read(after, BLOCK)
        for entry in entries:
            after = entry.position
            if isinstance(entry.body, DeliveryBody) and entry.about is not None:
                event = reader.entry(entry.about)
                if event is not None:
                    yield event
            else:
                yield entry
        if not entries:
            time.sleep(POLL_S)


def _last_quarantined(
    reader: Reader, limit: int, wanted: Callable[[Quarantined], bool]
) -> tuple[list[Quarantined], int]:
    kept: deque[Quarantined] = deque(maxlen=limit)
    last = 0
    while page := reader.quarantined(last, BLOCK):
        kept.extend(message for message in page if wanted(message))
        last = page[-1].number
    return list(kept), last


class _Printer:
    """Prints entries as JSON lines, or as rows whose columns keep their places."""

    def __init__(
        self,
        site: Site,
        reader: Reader,
        words: Words,
        columns: list[tuple[str, int]],
        *,
        as_json: bool,
    ) -> None:
        self._register, self._zone = site.register, site.zone
        self._reader = reader
        self._words = words
        self._as_json = as_json
        self._columns = columns
        self._console = console(sum(width + 1 for _, width in columns))
        self._header = True

    def rows(self, entries: list[Entry]) -> None:
        about = self._reader.about
        shown = [as_object(entry, self._register, about, self._zone) for entry in entries]
        if self._as_json:
            for entry_object in shown:
                print_json(entry_object)
            return
        table = Table(box=None, show_header=self._header, header_style="bold", pad_edge=False)
        for title, width in self._columns:
            table.add_column(title, min_width=width, no_wrap=not self._console.is_terminal)
        for entry, entry_object in zip(entries, shown, strict=True):
            cells = as_row(entry, entry_object, self._words, self._zone)
            table.add_row(*(Text(cell) for cell in cells))
        self._header = False
        print_table(table, self._console)

    def quarantined(self, message: Quarantined) -> None:
        shown = quarantined_object(message, self._zone)
        if self._as_json:
            print_json(shown)
            return
        head = f"{shown['number']}  {shown['received']}  {shown['source']}  {shown['topic']}"
        reason, text = self._words("quarantine.reason"), self._words("quarantine.text")
        why = printable(self._words.told(quarantine_reason(message.reason)))
        self._console.print(f"{head}\n  {reason} {why}", soft_wrap=True)
        self._console.print(f"  {text} {shown['text']}\n  hex:    {shown['hex']}", soft_wrap=True)


def _show_quarantine(
    reader: Reader, printer: _Printer, limit: int, since_ms: int, device: str | None, follow: bool
) -> None:
    def wanted(message: Quarantined) -> bool:
        mine = device is None or device in message.topic.split("/")
        return mine and message.received_ms >= since_ms

    kept, last = _last_quarantined(reader, limit, wanted)
    for message in kept:
        printer.quarantined(message)
    if not kept and not follow:
        click.echo(texts()("events.empty_quarantine"), err=True)
    while follow:
        for message in reader.quarantined(last, BLOCK):
            last = message.number
            if wanted(message):
                printer.quarantined(message)
        time.sleep(POLL_S)


@click.command()
@config_option
@state_dir_option
@click.option("--kind", "kinds", multiple=True, type=click.Choice(_KINDS), help="Only this kind.")
@click.option("--device", help="Only this device.")
@click.option("--since", help="10m, 2h or 3d (ago), or a date or time of the site.")
@click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True, help="Show the last N."
)
@click.option("--telemetry", is_flag=True, help="Readings instead of events.")
@click.option(
    "--quarantine", is_flag=True, help="Messages that were put into quarantine, with the reason."
)
@click.option("--follow", is_flag=True, help="Go on with new entries, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def events(
    config_path: Path | None,
    state_dir: Path | None,
    kinds: tuple[str, ...],
    device: str | None,
    since: str | None,
    limit: int,
    telemetry: bool,
    quarantine: bool,
    follow: bool,
    as_json: bool,
) -> None:
    """Show the stored events and which centres have each.

    The oldest comes first. It only reads, also while the gateway runs. With --follow an event is
    shown again when a centre has answered.

    Example: callpoint events -c gateway.toml --since 2h --kind panic
    """
    if telemetry and quarantine:
        raise click.UsageError(texts().told(said("events.exclusive")))
    if kinds and (telemetry or quarantine):
        raise click.UsageError(texts().told(said("events.kind_only")))
    site = locate(config_path, state_dir)
    if device is not None:
        check_device(site, device)
    since_ms = moment_ms(since, site.zone, SystemClock().wall_ms()) or 0

    def wanted(entry: Entry) -> bool:
        if telemetry != isinstance(entry.body, TelemetryBody):
            return False
        kind = None if telemetry else kind_of(entry)
        if not telemetry and (kind is None or (kinds and kind not in kinds)):
            return False
        return (device is None or entry.device == device) and occurred_ms(entry) >= since_ms

    lane, words = ("telemetry.db" if telemetry else "alarms.db"), texts()
    with open_reader(site.folder / lane) as reader, reading():
        titles = (telemetry_columns if telemetry else columns)(words, site.zone)
        printer = _Printer(site, reader, words, titles, as_json=as_json)
        if quarantine:
            _show_quarantine(reader, printer, limit, since_ms, device, follow)
            return
        head = reader.head()
        found = newest(reader, head, limit, since_ms, wanted)
        if found or follow:
            printer.rows(found)
        else:
            click.echo(words("events.nothing"), err=True)
        for entry in _coming(reader, head) if follow else ():
            if wanted(entry):
                printer.rows([entry])
