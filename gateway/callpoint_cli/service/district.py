"""``callpoint district run|status|alarm``: many gateways, one database."""

from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from callpoint_cli.foreground import run_until_told
from callpoint_cli.language import texts
from callpoint_cli.output import console, print_json, print_table
from callpoint_cli.service.district_alarm import act
from callpoint_cli.service.district_alarm_lines import alarm_lines
from callpoint_cli.service.district_asks import drill, inhibit
from callpoint_cli.service.district_city import city_text
from callpoint_cli.service.district_console import district_console
from callpoint_cli.service.district_doctor import doctor
from callpoint_cli.service.district_engine import engine, enrol, enrolment, listed, reload, revoke
from callpoint_cli.service.district_file import (
    district_file,
    district_packages,
    district_settings,
)
from callpoint_cli.service.district_findings import finding_lines, heard_text
from callpoint_cli.service.district_levels import level
from callpoint_cli.service.district_person import database_of, json_option
from callpoint_cli.service.district_plans import plan
from callpoint_cli.service.district_retire import retire
from callpoint_cli.service.district_routes import routes
from callpoint_gateway.host.printable import printable


@click.group()
def district() -> None:
    """Keep the alarms of many gateways in one database.

    The gateways send their alarms journals; each entry is kept once, and the gateway gets a
    receipt after the commit.
    """


for _command in (
    engine,
    enrol,
    enrolment,
    revoke,
    reload,
    listed,
    district_console,
    act,
    routes,
    level,
    doctor,
    drill,
    inhibit,
    plan,
    retire,
):
    district.add_command(_command)


@district.command()
@district_file
def run(path: Path) -> None:
    """Receive until it is told to stop (SIGTERM or Ctrl-C).

    Several may run at once, on one machine or on many.

    Example: callpoint district run -c district.toml
    """
    with district_packages():
        from callpoint_district.service import serve
    settings = district_settings(path)
    run_until_told("the district", lambda: serve(settings))


@district.command()
@district_file
@json_option
def status(path: Path, as_json: bool) -> None:
    """Show how each gateway stands, and the alarms that are not closed.

    Example: callpoint district status -c district.toml
    """
    with district_packages():
        from callpoint_district.areas.desks import turns_of
        from callpoint_district.relay.city_line import city_line
        from callpoint_district.sites.doubles import doubles
        from callpoint_district.sites.notes import waiting
        from callpoint_district.sites.silence import findings
        from callpoint_district.sites.standing import ahead, gateways, open_alarms
    settings = district_settings(path)
    with database_of(settings) as database:
        rows, alarms = gateways(database), open_alarms(database)
        copies, silent = ahead(database), findings(database)
        with database.transaction() as connection:
            desks = turns_of(connection, [(each.gateway, each.alarm) for each in alarms])
            notes, double = waiting(connection), doubles(connection)
            city = city_line(connection, settings.upstream)
    if as_json:
        with_whom = [{"gateway": g, "alarm": a, "desks": each} for (g, a), each in desks.items()]
        shown = {
            "gateways": rows,
            "alarms": alarms,
            "ahead": copies,
            "silent": silent,
            "doubles": double,
        }
        print_json({**shown, "desks": with_whom, "notes": notes, "city": city})
        return
    words = texts()
    table = Table(box=None, pad_edge=False)
    for head in ("gateway", "entries", "waiting", "heard", "alarms", "faults", "program"):
        table.add_column(words(f"district.head.{head}"))
    for row in rows:
        heard = heard_text(row, words, settings.zone)
        cells = (row.position, row.waiting, heard, row.alarms, row.faults, printable(row.program))
        table.add_row(row.gateway, *map(str, cells))
    output = console()
    print_table(table, output)
    if settings.upstream is not None:
        line = city_text(words, settings.upstream, city, settings.zone)
        output.print(Text(printable(line)))
    for line in finding_lines(words, silent, double, rows, settings.zone):
        output.print(Text(printable(line)))
    for alarm in alarms:
        turns = desks.get((alarm.gateway, alarm.alarm), [])
        for line in alarm_lines(alarm, turns, notes, words, settings.zone):
            output.print(Text(printable(line)))
    for copy in copies:
        line = words(
            "district.ahead",
            gateway=copy.gateway,
            alarm=copy.alarm,
            kind=words.kind(copy.kind),
            place=copy.place,
        )
        output.print(Text(printable(line)))
