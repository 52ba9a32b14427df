"""``callpoint journal``: is what was written still what is there?"""

import json
import sqlite3
from pathlib import Path

import click

from callpoint_cli.asking import asked
from callpoint_cli.errors import BAD, MISSING, fail
from callpoint_cli.options import config_file
from callpoint_cli.service.run import load
from callpoint_gateway.journal.questions import SalvageJournal
from callpoint_gateway.journal.reader import JOURNALS, JournalError, Reader
from callpoint_gateway.journal.verify import problems


@click.group()
def journal() -> None:
    """Look after the journal."""


@journal.command()
@config_file
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def verify(path: Path, as_json: bool) -> None:
    """Check every entry of both journals; also while the gateway runs.

    Ends with 4 when something is wrong.

    Example: callpoint journal verify -c gateway.toml
    """
    config, _ = load(path)
    state_dir = Path(config.gateway.state_dir)
    entries: dict[str, int] = {}
    found: list[str] = []
    for name, chained in JOURNALS.items():
        file = state_dir / name
        if chained and not file.exists():
            fail(f"{file}: no such journal; has the gateway run here yet?", MISSING)
        wrong = list(problems(file, chained=chained))
        entries[name] = _entries(file)
        found += [f"{name}: {problem}" for problem in wrong]
        if not as_json:
            for problem in wrong:
                click.echo(f"{name}: {problem}")
            click.echo(f"{file}: {entries[name]} entries, {len(wrong) or 'no'} problems")
    if as_json:
        click.echo(json.dumps({"entries": entries, "problems": found}))
    if found:
        fail("somebody or something has changed the journal", BAD)


def _entries(file: Path) -> int:
    try:
        with Reader(file) as reader:
            return reader.head()
    except (JournalError, sqlite3.Error):
        return 0


@journal.command()
@click.argument("file")
@config_file
def salvage(file: str, path: Path) -> None:
    """Bring back what is in FILE, a damaged journal that the gateway has set aside.

    What no centre had accepted is stored again, once, and delivered; then the fault is over. The
    file itself stays as it is: events --state-dir reads the rest of it.

    Example: callpoint journal salvage alarms.damaged-20261124T010203.db
    """
    config, _ = load(path)
    salvaged = asked(Path(config.gateway.state_dir), SalvageJournal(file=Path(file).name))
    click.echo(
        f"{salvaged.undelivered} events had not been accepted by a centre; "
        f"{salvaged.brought_back} of them brought back now"
    )
