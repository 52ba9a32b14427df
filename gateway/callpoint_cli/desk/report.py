"""``callpoint report``: how soon people acted, and what the alarms turned out to be."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.table import Table
from rich.text import Text

from callpoint_cli.desk.alarms import settings_of
from callpoint_cli.desk.desk_line import lang_option
from callpoint_cli.desk.report_texts import TEXTS
from callpoint_cli.journals import (
    config_option,
    console,
    locate,
    open_reader,
    printable,
    reading,
    state_dir_option,
)
from callpoint_cli.screens.watch_texts import KINDS
from callpoint_gateway.alarms.report_summary import (
    STAGES,
    WITHIN_S,
    Summary,
    courses,
    grouped,
    real,
    summary_of,
)
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import Cause
from callpoint_protocol import names

BY = ("place", "kind", "month")
_DAY_MS = 86_400_000


def _since(context: click.Context, option: click.Parameter, text: str | None) -> int:
    if text is None:
        return 0
    if ago := re.fullmatch(r"(\d{1,5})d", text):
        return SystemClock().wall_ms() - int(ago[1]) * _DAY_MS
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("30d, 2026-11-01 or an ISO time (UTC)") from None
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)


def rows(total: Summary, groups: list[tuple[str, str, Summary]]) -> Iterator[dict[str, Any]]:
    """Yield one flat object for each line of the CSV; times in s, shares from 0 to 1."""
    for by, name, one in [("all", "", total), *groups]:
        row: dict[str, Any] = {"by": by, "value": name, "alarms": one.alarms, "open": one.open}
        row |= {cause.value: one.causes.get(cause.value, 0) for cause in Cause}
        for stage in STAGES:
            timing = one.stages.get(stage)
            row |= {
                f"{stage}_count": timing.count if timing else 0,
                f"{stage}_median_s": timing.median_ms / 1000 if timing else "",
                f"{stage}_p90_s": timing.p90_ms / 1000 if timing else "",
                f"{stage}_worst_s": timing.worst_ms / 1000 if timing else "",
                f"{stage}_in_time": "" if timing is None or timing.met is None else timing.met,
            }
        row |= {f"acknowledged_within_{s}_s": one.within.get(s, "") for s in WITHIN_S}
        yield row


def _as_csv(table: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _tables(
    words: dict[str, str],
    lang: str,
    title: str,
    groups: list[tuple[str, list[tuple[str, Summary]]]],
) -> Iterator[Table | Text]:
    yield Text(title, style="bold")
    codes = {name: code for code, name in names.KINDS.items()}
    for by, found in groups:
        table = Table(box=None, header_style="bold", pad_edge=False, title_justify="left")
        table.add_column(words[by])
        table.add_column(words["alarms"], justify="right")
        for stage in STAGES:
            table.add_column(words[stage])
        table.add_column(words["causes"])
        for name, one in found:
            shown = KINDS[lang].get(codes.get(name, 0), name) if by == "kind" else name
            cells = []
            for stage in STAGES:
                timing = one.stages.get(stage)
                cells.append(
                    f"{timing.median_ms / 1000:.1f} s {_share(timing.met)}" if timing else ""
                )
            causes = ", ".join(f"{words[cause]} {count}" for cause, count in one.causes.items())
            cells = [printable(shown), str(one.alarms), *cells, causes]
            table.add_row(*(Text(cell) for cell in cells))
        yield table


@click.command()
@config_option
@state_dir_option
@click.option("--since", "since_ms", callback=_since, help="30d ago, or a date (UTC).")
@click.option("--until", "until_ms", callback=_since, help="A date (UTC), not included.")
@click.option("--drills", is_flag=True, help="The alarms of drills instead of the real ones.")
@click.option("--format", "form", type=click.Choice(["text", "csv", "json"]), default="text")
@lang_option
def report(
    config_path: Path | None,
    state_dir: Path | None,
    since_ms: int,
    until_ms: int,
    drills: bool,
    form: str,
    lang: str,
) -> None:
    """Show times to the centre, to acknowledgement, to arrival and to closing, and the causes.

    By place, kind and month: the median, and the share that was within its target. In CSV and
    JSON also the ninth decile and the longest. It reads the journal only.

    Example: callpoint report --since 30d --format csv -c gateway.toml
    """
    folder, _ = locate(config_path, state_dir)
    with open_reader(folder / "alarms.db") as reader, reading():
        found = courses(reader, settings_of(config_path, state_dir), since_ms, until_ms or None)
    alarms = real(found, exercises=drills)
    total = summary_of(alarms)
    groups = [(by, list(grouped(alarms, by))) for by in BY]
    if form == "json":
        shown = {
            "all": msgspec.to_builtins(total),
            **{by: {name: msgspec.to_builtins(one) for name, one in part} for by, part in groups},
        }
        click.echo(json.dumps(shown, ensure_ascii=False))
    elif form == "csv":
        flat = [(by, name, one) for by, part in groups for name, one in part]
        click.echo(_as_csv(list(rows(total, flat))), nl=False)
    else:
        words = TEXTS[lang]
        title = words["drills" if drills else "title"].format(count=total.alarms, open=total.open)
        output = console()
        for part in _tables(words, lang, title, [("all", [("", total)]), *groups]):
            output.print(part)
        shares = "  ".join(f"{s} s: {_share(share)}" for s, share in total.within.items())
        output.print(f"{words['within']}  {shares}")
