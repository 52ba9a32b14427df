"""``callpoint alarms``: the alarms that people still have to handle."""

from pathlib import Path

import click
from rich.text import Text

from callpoint_cli.alarm_lines import alarm_line
from callpoint_cli.journals import config_option, locate, reading, state_dir_option
from callpoint_cli.language import texts
from callpoint_cli.output import console, print_json
from callpoint_cli.site_model import site_model
from callpoint_gateway.alarms.json_objects import alarm_object
from callpoint_gateway.host.printable import printable

_STYLES = {1: "bold red", 2: "bold", 3: "yellow", 4: ""}


@click.command()
@config_option
@state_dir_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def alarms(config_path: Path | None, state_dir: Path | None, as_json: bool) -> None:
    """Show the alarms that are not closed.

    The most urgent come first, of equally urgent alarms the oldest. It reads the journal only, so
    it needs no running gateway. Times are the site's.

    Example: callpoint alarms -c gateway.toml --lang zh
    """
    site = locate(config_path, state_dir)
    with reading(), site_model(site) as model:
        found = model.situation().alarms
    if as_json:
        for alarm in found:
            print_json(alarm_object(alarm))
        return
    words, output = texts(), console()
    for alarm in found:
        # A drill is never shown as the real thing is.
        style = "" if alarm.mark else _STYLES[alarm.priority]
        output.print(Text(printable(alarm_line(alarm, words, site.zone)), style=style))
    output.print(words("times_are_of", zone=site.zone.key) if found else words("alarms.none"))
