"""``callpoint upgrade``: changes the version that runs, and comes back when it does not.

1. The version to come checks the configuration, and opens a copy of the files.
2. The present version opens what the other has made of the copy. So it is known, before anything
   changes, that the present one can take the files back, with all that is stored meanwhile.
3. The link to the version that runs is changed, and the services start anew, the gateway first.
   Until then the present version answers.
4. What is not ready in time ends the attempt: the link goes back and the services start anew.

A district's tables that need a later form are the exception to 4: see ``district_upgrade``.
"""

from pathlib import Path
from typing import Final

import click

from callpoint_cli.errors import BAD, USAGE, fail
from callpoint_cli.language import texts
from callpoint_cli.setup import district_upgrade, site_upgrade, switch, versions
from callpoint_cli.setup.places import CONSOLE, GATEWAY, NOTIFIER, check_machine
from callpoint_cli.setup.units import active, systemd_runs
from callpoint_gateway.words.said import said

_OF_SITE: Final = (GATEWAY, CONSOLE, NOTIFIER)


@click.command()
@click.argument("version")
@click.option(
    "--limit",
    "limit_s",
    type=click.IntRange(5, 3600),
    default=60,
    show_default=True,
    help="How long the new version may take to be ready, beside what its trial took.",
)
@click.option(
    "--backed-up",
    is_flag=True,
    help="The district's database has been backed up: make no copy of it.",
)
def upgrade(version: str, limit_s: int, backed_up: bool) -> None:
    """Change to another version that is installed.

    The new version is first tried on the configuration and on a copy of the journals, and the
    present one is tried on what the new one has made of them. Then the services start with the
    new version. If it does not come up, the present one goes on.

    On a machine of a district the new version also brings the database to its form. If that needs
    other tables, the present version cannot go on with them: the database is copied first.

    Example: callpoint upgrade 0.2.0
    """
    if not versions.program(version).exists():
        fail(said("upgrade.not_there", version=version, folder=str(versions.VERSIONS)), USAGE)
    check_machine()
    present = versions.current()
    words = texts()
    if present == version:
        click.echo(words("upgrade.already", version=version))
        return
    site, district = site_upgrade.is_there(), district_upgrade.is_there()
    if present is None or not (site or district):
        versions.choose(version)
        click.echo(words("upgrade.done", version=version))
        return
    took_s = site_upgrade.tried(version, present) if site else 0.0
    standing = district_upgrade.tried(version, present) if district else None
    if not systemd_runs():
        versions.choose(version)
        click.echo(words("upgrade.no_systemd", version=version))
        return
    running = [*active(*_OF_SITE), *district_upgrade.units()]
    limit = limit_s + 3 * took_s
    if standing is not None and standing.missing:
        copy = None
        if not backed_up:
            copy = district_upgrade.copy_database(version, present, standing.size)
        _without_return(version, present, limit, running, copy)
    else:
        _with_return(version, present, limit, running, examine=standing is not None)
    versions.forget_others(version, present)


def _with_return(
    version: str, present: str, limit_s: float, running: list[str], *, examine: bool
) -> None:
    """Change the version; the present one comes back if the other does not work."""
    bad = district_upgrade.bad_findings(present) if examine else 0

    def works() -> None:
        if examine:
            district_upgrade.see_that_it_works(version, bad)

    try:
        gap_s = switch.switch(
            present, version, limit_s, running, district_upgrade.tell_engine, works
        )
    except switch.NotReady as late:
        fail(said("upgrade.back", version=version, present=present, unit=late.unit), BAD)
    if GATEWAY in running:
        click.echo(texts()("upgrade.done_in", version=version, seconds=f"{gap_s:.1f}"))
    elif examine:
        click.echo(texts()("upgrade.district_done", version=version))
    else:
        click.echo(texts()("upgrade.done", version=version))


def _without_return(
    version: str, present: str, limit_s: float, running: list[str], copy: Path | None
) -> None:
    """Bring the database to a version, which then has to work; until then the present goes on."""
    bad = district_upgrade.bad_findings(present)
    district_upgrade.migrate(version, running)
    try:
        switch.bring_up(version, limit_s, running, district_upgrade.tell_engine)
        district_upgrade.see_that_it_works(version, bad)
    except switch.NotReady as late:
        unit, kept = late.unit, str(copy) if copy is not None else said("upgrade.own_backup")
        why = said("upgrade.no_way_back", version=version, present=present, unit=unit, copy=kept)
        fail(why, BAD)
    click.echo(texts()("upgrade.district_done", version=version))
