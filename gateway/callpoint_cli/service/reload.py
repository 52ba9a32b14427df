"""``callpoint reload``: has the running gateway read configuration and register again."""

import time
from pathlib import Path

import click

from callpoint_cli.asking import asked
from callpoint_cli.errors import BAD, MISSING, fail
from callpoint_cli.journals import settings
from callpoint_cli.language import texts
from callpoint_cli.options import config_file
from callpoint_gateway.control.client import Unanswered, ask
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.reload import AskReload, AskReloadState, ReloadState
from callpoint_gateway.words.said import Said, said, stored, verbatim

WAIT_S = 60.0
_LOOK_S = 0.05


@click.command()
@config_file
def reload(path: Path) -> None:
    """Have the gateway read configuration and register again.

    The gateway checks them first: with a mistake in them it goes on as before. No message is
    lost; devices and centres wait for a moment. A change of site, state_dir or log_format needs a
    restart.

    Example: callpoint reload -c gateway.toml
    """
    config, _ = settings(path)
    click.echo(texts().told(reloaded(Path(config.gateway.state_dir))))


def reloaded(folder: Path) -> Said:
    """Have the gateway of a state directory reload; return what has changed.

    Ends the command if no gateway answers, or if it refuses the files.
    """
    begun = asked(folder, AskReload())
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        try:
            state = ask(folder, AskReloadState())
        except (Unanswered, QuestionRefused):
            state = ReloadState(begun.number, "")  # the gateway is being built anew
        if state.number > begun.number:
            if state.problem:
                fail(stored(state.why, state.problem), BAD)
            changed = verbatim(", ".join(begun.changed)) or said("reload.nothing")
            return said("reload.done", sections=changed)
        time.sleep(_LOOK_S)
    fail(said("reload.away", seconds=WAIT_S), MISSING)
