"""``callpoint duty``: answers a fire centre that asks whether somebody is there (GB/T 26875.3)."""

from pathlib import Path

import click

from callpoint_cli.asking import asked, print_json
from callpoint_cli.desk.desk_line import json_option, lang_option, who_option
from callpoint_cli.journals import config_option, locate, state_dir_option
from callpoint_gateway.centres.questions import AnswerDuty
from callpoint_gateway.host.printable import printable
from callpoint_gateway.words.words import Words


@click.command()
@who_option
@click.option("--centre", help="Answer this centre only, not every centre that asks.")
@config_option
@state_dir_option
@lang_option
@json_option
def duty(
    who: str,
    centre: str | None,
    config_path: Path | None,
    state_dir: Path | None,
    lang: str,
    as_json: bool,
) -> None:
    """Tell a fire centre that asks that you are on duty.

    Example: callpoint duty --as guard -c gateway.toml
    """
    folder = locate(config_path, state_dir).folder
    answer = asked(folder, AnswerDuty(who=who, centre=centre))
    if as_json:
        print_json(answer)
        return
    centres = ", ".join(answer.answered)
    click.echo(printable(Words(lang)("duty.answered", who=who, centres=centres)))
