"""``callpoint district retire``: a gateway was taken out of service, and is not waited for."""

from pathlib import Path

import click

from callpoint_cli.errors import BAD, fail
from callpoint_cli.language import texts
from callpoint_cli.service.district_file import (
    district_file,
    district_packages,
    district_settings,
)
from callpoint_cli.service.district_person import database_of
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.protocols.upstream import PATH
from callpoint_gateway.words.said import said


@click.command()
@click.argument("gateway")
@district_file
def retire(gateway: str, path: Path) -> None:
    """Do not wait for GATEWAY any more: it was taken out of service.

    Its silence is no fault, it is told no level, plan or note, and its open alarms leave the
    queue. What it has sent stays. When it is heard again, it is in service again.

    Example: callpoint district retire g1 -c district.toml
    """
    if not PATH.fullmatch(gateway):
        fail(said("district.bad_name", name=gateway), BAD)
    with district_packages():
        from callpoint_district.sites import retiring
    with database_of(district_settings(path)) as database:
        left_open = retiring.retire(database, gateway, SystemClock().wall_ms())
    if left_open is None:
        fail(said("district.never_heard", gateway=gateway), BAD)
    words = texts()
    click.echo(words("district.retired", gateway=gateway))
    if left_open:
        click.echo(words("district.left_open", gateway=gateway, count=left_open))
