"""``callpoint duty``: answers a fire centre that asks whether somebody is there (GB/T 26875.3)."""

from pathlib import Path

import click

from callpoint_cli.asking import asked
from callpoint_cli.desk.desk_line import json_option, role_option
from callpoint_cli.journals import config_option, locate, state_dir_option
from callpoint_cli.language import texts
from callpoint_cli.output import print_json
from callpoint_gateway.centres.questions import AnswerDuty
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.printable import printable


@click.command()
@role_option
@click.option("--centre", help="Answer this centre only, not every centre that asks.")
@config_option
@state_dir_option
@json_option
def duty(
    role: Role | None,
    centre: str | None,
    config_path: Path | None,
    state_dir: Path | None,
    as_json: bool,
) -> None:
    """Tell a fire centre that asks that you are on duty.

    Example: callpoint duty --as operator -c gateway.toml
    """
    folder = locate(config_path, state_dir).folder
    answer = asked(folder, AnswerDuty(centre=centre), role)
    if as_json:
        print_json(answer)
        return
    centres = ", ".join(answer.answered)
    click.echo(printable(texts()("duty.answered", who=answer.who, centres=centres)))
