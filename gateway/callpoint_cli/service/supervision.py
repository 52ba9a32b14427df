"""``callpoint supervision``: lists everything that the gateway supervises, with its state."""

from pathlib import Path

import click
from rich.table import Table

from callpoint_cli.errors import BAD, MISSING, fail
from callpoint_cli.journals import Site, config_option, locate, reading, state_dir_option
from callpoint_cli.language import texts
from callpoint_cli.output import print_json, print_table
from callpoint_cli.site_model import site_model
from callpoint_gateway.control.client import Unanswered, ask
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.host.printable import printable
from callpoint_gateway.supervision.devices import LOOK
from callpoint_gateway.supervision.faults import SupervisedState
from callpoint_gateway.supervision.questions import ListSupervised, SupervisedView
from callpoint_gateway.words.said import NOTHING, Said, stored, verbatim
from callpoint_gateway.words.words import Words


def _from_journal(site: Site) -> list[SupervisedView]:
    """Return what the journal has in fault; only a running gateway knows what is well."""
    with reading(), site_model(site) as model:
        situation = model.situation()
    found: list[tuple[str, int | None, Said, Said]] = [
        (fault.source, fault.since_ms, fault.reason, fault.remedy) for fault in situation.faults
    ]
    found += [
        (f"device/{silent.device}", silent.since_ms, verbatim(silent.how.value), LOOK)
        for silent in situation.missed
    ]
    return [
        SupervisedView(
            source,
            0,
            SupervisedState.FAULT,
            None if since_ms is None else max(0, situation.at_ms - since_ms) // 1000,
            str(reason),
            str(remedy),
            reason,
            remedy,
        )
        for source, since_ms, reason, remedy in found
    ]


def _show(found: list[SupervisedView], words: Words) -> None:
    table = Table(box=None, pad_edge=False)
    for column in (
        words("supervision.what"),
        words("supervision.state"),
        words("supervision.for"),
        words("supervision.after"),
        words("supervision.reason"),
        words("supervision.remedy"),
    ):
        table.add_column(column)
    for part in found:
        cells = [words.source(part.source), words.supervised(part.state.value)]
        cells.append("" if part.for_s is None else words.age(part.for_s * 1000))
        cells.append(words.age(int(part.after_s * 1000)))
        cells += [words.told(stored(part.why, part.reason))]
        cells += [words.told(stored(part.to_do, part.remedy))]
        table.add_row(*(printable(cell) for cell in cells))
    print_table(table)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@config_option
@state_dir_option
def supervision(as_json: bool, config_path: Path | None, state_dir: Path | None) -> None:
    """Show what the running gateway supervises.

    These are devices, links, sinks, clock and disk. If no gateway runs, it shows the faults in the
    journal and ends with 3.

    Example: callpoint supervision -c gateway.toml --lang zh
    """
    site = locate(config_path, state_dir)
    missing = NOTHING
    try:
        found = ask(site.folder, ListSupervised()).supervised
    except QuestionRefused as refused:
        fail(refused.why, BAD)
    except Unanswered as unanswered:
        missing = unanswered.why
        found = _from_journal(site) if (site.folder / "alarms.db").exists() else []
    if as_json:
        print_json(found)
    elif found:
        _show(found, texts())
    if missing:
        fail(missing, MISSING)
