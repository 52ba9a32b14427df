"""``callpoint doctor``: examines the machine and what the configuration names."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from callpoint_cli.errors import BAD
from callpoint_cli.language import texts
from callpoint_cli.options import config_file
from callpoint_cli.output import print_json
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.centres.routing import check as check_routes
from callpoint_gateway.configuration import config as configuration
from callpoint_gateway.configuration import register as registers
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.doctor import authority, upstream
from callpoint_gateway.doctor import host as host
from callpoint_gateway.doctor import site as site
from callpoint_gateway.doctor.findings import Finding, Grade, bad, ok
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.words.said import said, said_by
from callpoint_gateway.words.words import Words

_COLOURS = {Grade.OK: "green", Grade.WARN: "yellow", Grade.BAD: "red"}


def _examined(path: Path) -> Iterator[Finding]:
    yield host.clock()
    yield host.memory()
    yield from host.card()
    what = said("doctor.configuration")
    try:
        config = configuration.load(path, PROTOCOLS)
        register = registers.load(Path(config.gateway.register))
        check_routes(config, register, path)
        config.arming.check(register.partitions)
    except ConfigError as error:
        yield bad(what, said_by(error), said("doctor.configuration.do"))
        return
    devices = len(register.device_ids())
    yield ok(
        what,
        said("doctor.configured", path=str(path), devices=devices, centres=len(config.centre)),
    )
    yield from host.disk(Path(config.gateway.state_dir), config.gateway.telemetry_mb * 1024 * 1024)
    yield site.journal(config)
    yield from site.secrets(config)
    yield from site.noted(config)
    yield from authority.keys(config)
    yield from site.certificates(config, SystemClock())
    yield from authority.renewal(config, SystemClock())
    yield from authority.broker_files(config)
    yield from site.gateway_runs(config)
    yield from site.broker(config)
    yield from upstream.line(config.upstream)


def _print(finding: Finding, words: Words) -> None:
    grade = click.style(words.grade(finding.grade.value), fg=_COLOURS[finding.grade])
    what, text = words.told(finding.what), words.told(finding.text)
    click.echo(f"{grade}  {words('doctor.line', what=what, text=text)}")
    if finding.remedy:
        click.echo(f"      -> {words.told(finding.remedy)}")


def _as_object(finding: Finding) -> dict[str, str]:
    return {
        "what": str(finding.what),
        "grade": finding.grade.value,
        "text": str(finding.text),
        "remedy": str(finding.remedy),
    }


@click.command()
@config_file
@click.option("--json", "as_json", is_flag=True, help="A JSON list of what was found.")
def doctor(path: Path, as_json: bool) -> None:
    """Examine this machine and the broker; say what to do.

    It also examines certificates, secrets and files that the configuration names. It changes
    nothing and may run beside the gateway. It ends with 4 if something is bad.

    Example: callpoint doctor -c gateway.toml
    """
    show_findings(_examined(path), as_json=as_json)


def show_findings(examined: Iterable[Finding], *, as_json: bool) -> None:
    """Show each finding as it comes, and end the command with BAD if one is bad."""
    found: list[Finding] = []
    words = texts()
    for finding in examined:
        found.append(finding)
        if not as_json:
            _print(finding, words)
    if as_json:
        print_json([_as_object(finding) for finding in found])
    if any(finding.grade is Grade.BAD for finding in found):
        raise SystemExit(BAD)
