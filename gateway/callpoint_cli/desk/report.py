"""``callpoint report``: how soon people acted on alarms, and what the alarms were."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import click
import msgspec
from rich.table import Table
from rich.text import Text

from callpoint_cli.journals import (
    config_option,
    locate,
    open_reader,
    reading,
    state_dir_option,
)
from callpoint_cli.language import texts
from callpoint_cli.output import console, print_json, print_table
from callpoint_cli.times import moment_ms, short
from callpoint_gateway.alarms.report_summary import (
    STAGES,
    WITHIN_S,
    Summary,
    Timing,
    courses,
    grouped,
    real,
    summary_of,
)
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.csv_text import csv_text
from callpoint_gateway.host.printable import printable
from callpoint_gateway.journal.entries import Cause
from callpoint_gateway.words.report_heads import GROUPS, head
from callpoint_gateway.words.said import said
from callpoint_gateway.words.words import Words
from callpoint_protocol import names

BY = ("place", "kind", "month")
_CODES: Final = {name: code for code, name in names.KINDS.items()}


def places(register: Register | None) -> Callable[[str], str]:
    """Return what gives the text of a place for its id; an unknown id stays."""

    def text(name: str) -> str:
        place = register.place(name) if register is not None else None
        return str(place) if place is not None else name

    return text


def rows(
    total: Summary, groups: list[tuple[str, str, Summary]], zone: str, language: str = "en"
) -> Iterator[dict[str, Any]]:
    """Yield one flat object for each line of the CSV; times in s, shares from 0 to 1.

    ``zone`` is the time zone in which the months begin.
    """
    for by, name, summary in [("all", "", total), *groups]:
        row: dict[str, Any] = {
            "by": GROUPS[by].in_(language),
            "value": name,
            "alarms": summary.alarms,
            "open": summary.open,
        }
        row |= {cause.value: summary.causes.get(cause.value, 0) for cause in Cause}
        for stage in STAGES:
            timing = summary.stages.get(stage)
            row |= {
                f"{stage}_count": timing.count if timing else 0,
                f"{stage}_median_s": timing.median_ms / 1000 if timing else "",
                f"{stage}_p90_s": timing.p90_ms / 1000 if timing else "",
                f"{stage}_worst_s": timing.worst_ms / 1000 if timing else "",
                f"{stage}_in_time": "" if timing is None or timing.met is None else timing.met,
            }
        row |= {f"acknowledged_within_{s}_s": summary.within.get(s, "") for s in WITHIN_S}
        row["time_zone"] = zone
        yield row


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _timing(timing: Timing | None, words: Words) -> str:
    if timing is None:
        return ""
    seconds = f"{timing.median_ms / 1000:.1f}"
    return words("report.took", seconds=seconds, share=_share(timing.met)).strip()


def _table(
    title: str, found: list[tuple[str, Summary]], name_of: Callable[[str], str], words: Words
) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(title)
    table.add_column(words("report.alarms"), justify="right")
    for stage in STAGES:
        table.add_column(words.stage(stage))
    table.add_column(words("report.causes"))
    for name, summary in found:
        causes = ", ".join(
            f"{words.cause(cause)} {count}" for cause, count in summary.causes.items()
        )
        cells = [printable(name_of(name)), str(summary.alarms)]
        cells += [_timing(summary.stages.get(stage), words) for stage in STAGES]
        table.add_row(*(Text(cell) for cell in (*cells, causes)))
    return table


def _show(
    total: Summary,
    groups: dict[str, list[tuple[str, Summary]]],
    title: str,
    period: str,
    words: Words,
    place: Callable[[str], str],
) -> None:
    output = console()
    output.print(Text(title, style="bold"))
    output.print(period)
    print_table(_table(words("report.all"), [("", total)], str, words), output)
    print_table(_table(words("report.place"), groups["place"], place, words), output)

    def kind(name: str) -> str:
        return words.kind(_CODES[name]) if name in _CODES else name

    print_table(_table(words("report.kind"), groups["kind"], kind, words), output)
    print_table(_table(words("report.month"), groups["month"], str, words), output)
    shares = [
        words("report.share", seconds=s, share=_share(share)) for s, share in total.within.items()
    ]
    output.print("  ".join([words("report.within"), *shares]))


@click.command()
@config_option
@state_dir_option
@click.option("--since", help="30d (ago), or a date or time of the site.")
@click.option("--until", help="A date or time of the site, not included.")
@click.option("--drills", is_flag=True, help="The alarms of drills instead of the real ones.")
@click.option("--format", "form", type=click.Choice(["text", "csv", "json"]), default="text")
def report(
    config_path: Path | None,
    state_dir: Path | None,
    since: str | None,
    until: str | None,
    drills: bool,
    form: str,
) -> None:
    """Show how soon people acted, and what the alarms were.

    It shows the times to the centre, to acknowledgement, arrival and closing, and the causes. By
    place, kind and month: the median, and the share that met its target. CSV and JSON also have
    the 90th percentile and the longest. It only reads the journal. Months, dates and times are in
    the site's time zone (time_zone in [gateway]).

    Example: callpoint report --since 30d --format csv -c gateway.toml
    """
    site, words = locate(config_path, state_dir), texts()
    now_ms, zone = SystemClock().wall_ms(), site.zone
    since_ms, until_ms = moment_ms(since, zone, now_ms), moment_ms(until, zone, now_ms)
    if since_ms is not None and until_ms is not None and since_ms >= until_ms:
        raise click.BadParameter(texts().told(said("report.order")))
    with open_reader(site.folder / "alarms.db") as reader, reading():
        found = courses(reader, site.alarms, zone, since_ms or 0, until_ms)
    alarms = real(found, exercises=drills)
    total = summary_of(alarms)
    groups = {by: list(grouped(alarms, by)) for by in BY}
    if form == "json":
        shown: dict[str, Any] = {"time_zone": zone.key, "all": msgspec.to_builtins(total)}
        for by, part in groups.items():
            shown[by] = {name: msgspec.to_builtins(summary) for name, summary in part}
        print_json(shown)
    elif form == "csv":
        place = places(site.register)
        flat = [
            (by, place(name) if by == "place" else name, summary)
            for by, part in groups.items()
            for name, summary in part
        ]
        table = list(rows(total, flat, zone.key, words.language))
        heads = {column: head(column, words.language) for column in table[0]}
        named = [{heads[column]: value for column, value in row.items()} for row in table]
        click.echo(csv_text(list(heads.values()), named), nl=False)
    else:
        counts = {"count": total.alarms, "open": total.open}
        title = words("report.drills", **counts) if drills else words("report.title", **counts)
        period = words(
            "report.period",
            since=words("report.beginning") if since_ms is None else short(since_ms, zone),
            until=words("report.now") if until_ms is None else short(until_ms, zone),
            zone=zone.key,
        )
        _show(total, groups, title, period, words, places(site.register))
