"""``callpoint journal``: is what was written still what is there?"""

import json
from pathlib import Path

import click

from callpoint_cli.asking import asked
from callpoint_cli.errors import BAD, MISSING, fail
from callpoint_cli.options import config_file
from callpoint_cli.run import load
from callpoint_gateway.journal_file import JournalError, Reader


@click.group()
def journal() -> None:
    """Look after the journal."""


@journal.command()
@config_file
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def verify(path: Path, as_json: bool) -> None:
    """Check the hash chain over every alarm entry; also while the gateway runs.

    Example: callpoint journal verify -c gateway.toml
    """
    config, _ = load(path)
    file = Path(config.gateway.state_dir) / "alarms.db"
    try:
        with Reader(file) as reader:
            entries, problems = reader.head(), list(reader.verify())
    except JournalError as error:
        fail(str(error), MISSING)
    if as_json:
        click.echo(json.dumps({"entries": entries, "problems": problems}))
    else:
        for problem in problems:
            click.echo(problem)
        click.echo(f"{file}: {entries} entries, {len(problems) or 'no'} problems")
    if problems:
        fail("somebody or something has changed the journal", BAD)


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
    said = asked(Path(config.gateway.state_dir), "journal salvage", file=Path(file).name)
    click.echo(
        f"{said['undelivered']} events had not been accepted by a centre; "
        f"{said['brought_back']} of them brought back now"
    )
