"""``callpoint replace``: puts a new board in the place of a broken or stolen one."""

from pathlib import Path

import click

from callpoint_cli.errors import MISSING, fail
from callpoint_cli.language import texts
from callpoint_cli.service.reload import reloaded
from callpoint_cli.technician.plan import of_site
from callpoint_gateway.control.client import listens
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.words.said import said
from callpoint_technician.plan import carrying_out, replacing
from callpoint_technician.plan.site import Files


@click.command()
@click.argument("old")
@click.argument("new")
@of_site
def replace(files: Files, old: str, new: str) -> None:
    """Put the board NEW where the board OLD was.

    NEW gets OLD's place, zones and everything else that the register says, and an identity of its
    own. OLD's certificate is revoked at once; its history stays with the place. NEW is a name that
    no board has had yet.

    Example: callpoint replace b3-2-301 b3-2-301-b
    """
    clock = SystemClock()
    words = texts()
    done = carrying_out.carry_out(replacing.prepare(files, old, new, clock), clock)
    file = files.identities / f"{new}.bin"
    click.echo(words("replace.done", old=old, new=new, file=file))
    if done.late is None:
        click.echo(words("replace.revoked", old=old))
    state_dir = Path(files.config.gateway.state_dir)
    if _runs(state_dir):
        click.echo(words.told(reloaded(state_dir)))
    else:
        click.echo(words.told(said("replace.reload_later", folder=str(state_dir))))
    click.echo(words("replace.next", folder=files.identities, new=new))
    if done.late is not None:
        fail(done.late, MISSING)


def _runs(state_dir: Path) -> bool:
    try:
        return listens(state_dir)
    except PermissionError:
        return True  # the question then says who may ask
