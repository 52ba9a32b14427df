"""``callpoint journal``: is what was written still what is there?"""

import json
from pathlib import Path

import click

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
