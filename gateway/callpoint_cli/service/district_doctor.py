"""``callpoint district doctor``: examines a district and says what to do."""

from pathlib import Path

import click

from callpoint_cli.service.district_file import (
    district_file,
    district_packages,
    district_settings,
)
from callpoint_cli.service.doctor import show_findings
from callpoint_district.engine.folder import EngineFolder
from callpoint_gateway.host.clock import SystemClock


@click.command()
@district_file
@click.option(
    "--engine",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="The engine's folder, if the engine is on this machine.",
)
@click.option("--json", "as_json", is_flag=True, help="A JSON list of what was found.")
def doctor(path: Path, folder: Path | None, as_json: bool) -> None:
    """Examine a district: engine, database, certificates, gateways; say what to do.

    It changes nothing and may run beside the district. It ends with 4 if something is bad.

    Example: callpoint district doctor -c district.toml --engine /etc/callpoint/engine
    """
    with district_packages():
        from callpoint_district.doctor import examined
    settings = district_settings(path)
    clock = SystemClock()
    files = None if folder is None else EngineFolder(folder.absolute(), clock)
    show_findings(examined(settings, files, clock), as_json=as_json)
