"""``callpoint journal``: checks the journals, and salvages a damaged one."""

import sqlite3
from pathlib import Path

import click

from callpoint_cli.asking import asked
from callpoint_cli.errors import BAD, MISSING, fail
from callpoint_cli.journals import settings
from callpoint_cli.language import texts
from callpoint_cli.options import config_file
from callpoint_cli.output import print_json
from callpoint_gateway.journal.questions import SalvageJournal
from callpoint_gateway.journal.reader import JOURNALS, JournalError, Reader, is_there
from callpoint_gateway.journal.verify import problems
from callpoint_gateway.words.said import said, said_by


@click.group()
def journal() -> None:
    """Check the journals, and salvage a damaged one."""


@journal.command()
@config_file
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def verify(path: Path, as_json: bool) -> None:
    """Check every entry of both journals. The gateway may run.

    It ends with 4 if something is wrong.

    Example: callpoint journal verify -c gateway.toml
    """
    config, _ = settings(path)
    state_dir = Path(config.gateway.state_dir)
    entries: dict[str, int] = {}
    found: list[str] = []
    for name, chained in JOURNALS.items():
        file = state_dir / name
        try:
            if chained and not is_there(file):
                fail(said("journal.none", file=str(file)), MISSING)
            wrong = list(problems(file, chained=chained))
        except JournalError as error:
            fail(said_by(error), MISSING)
        entries[name] = _entries(file)
        found += [f"{name}: {problem}" for problem in wrong]  # English, as a program reads it
        if not as_json:
            for problem in wrong:
                click.echo(texts()("journal.line", name=name, problem=texts().told(problem)))
            count = len(wrong) or texts()("journal.no_problems")
            shown = texts()("journal.verified", file=file, entries=entries[name], problems=count)
            click.echo(shown)
    if as_json:
        print_json({"entries": entries, "problems": found})
    if found:
        fail(said("journal.changed"), BAD)


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
    """Bring back the events in FILE, a damaged journal that the gateway has set aside.

    Events that no centre had accepted are stored again, once, and delivered; then the fault is
    over. FILE stays as it is.

    Example: callpoint journal salvage alarms.damaged-20261124T010203.db
    """
    config, _ = settings(path)
    salvaged = asked(Path(config.gateway.state_dir), SalvageJournal(file=Path(file).name))
    click.echo(
        texts()(
            "journal.brought_back",
            undelivered=salvaged.undelivered,
            brought_back=salvaged.brought_back,
        )
    )
