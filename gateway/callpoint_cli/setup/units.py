"""Starts and enables the site's units with systemctl, and gives the console its certificate."""

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from callpoint_cli.errors import MISSING, fail
from callpoint_cli.setup.answers import Answers
from callpoint_cli.setup.places import CONSOLE, Places
from callpoint_cli.setup.site_files import write
from callpoint_gateway.words.said import said

START_S: Final = 60
_RUNS: Final = Path("/run/systemd/system")
_PRIVILEGED: Final = 1024  # ports below it need a capability
_BIND: Final = "CAP_NET_BIND_SERVICE"


def systemd_runs() -> bool:
    """Say whether systemd runs this machine: sd_booted(3)."""
    return _RUNS.is_dir()


def systemctl(*words: str, timeout_s: float = START_S) -> subprocess.CompletedProcess[str]:
    """Call systemctl. It takes at most ``timeout_s`` seconds; the answer then has code 124."""
    command = ["systemctl", *words]
    try:
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=timeout_s
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"{timeout_s:g} s")
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 127, "", "systemctl")


def is_active(unit: str) -> bool:
    """Say whether a unit has started and is ready."""
    return systemctl("is-active", "--quiet", f"{unit}.service").returncode == 0


def active(*patterns: str) -> list[str]:
    """Return the units that have started and are ready, in the order of these patterns."""
    found = []
    for pattern in patterns:
        command = ("list-units", "--plain", "--no-legend", "--state=active", f"{pattern}.service")
        lines = systemctl(*command).stdout.splitlines()
        found += sorted(line.split()[0].removesuffix(".service") for line in lines if line.strip())
    return found


def enable(units: Iterable[str]) -> None:
    """Let units start with the machine, also on a disk that is not running yet."""
    systemctl("enable", *(f"{unit}.service" for unit in units))


def start(units: Iterable[str], again: Iterable[str]) -> None:
    """Start units in order, and start those of ``again`` anew. End the command if one does not."""
    systemctl("daemon-reload")
    anew = set(again)
    for unit in units:
        done = systemctl("restart" if unit in anew else "start", f"{unit}.service")
        if done.returncode != 0 or not is_active(unit):
            fail(said("setup.not_started", unit=unit, seconds=START_S), MISSING)


def write_certificate(answers: Answers, places: Places) -> bool:
    """Let systemd hand the console its certificate; say whether that has changed."""
    if answers.certificate_file is None:
        return False
    lines = [
        "# Written by `callpoint setup`. After a renewal: systemctl restart callpoint-console",
        "[Service]",
        f"LoadCredential=console.pem:{Path(answers.certificate_file).absolute()}",
        f"LoadCredential=console.key:{Path(str(answers.key_file)).absolute()}",
    ]
    if answers.console.port < _PRIVILEGED:
        lines += [f"CapabilityBoundingSet={_BIND}", f"AmbientCapabilities={_BIND}"]
    folder = places.drop_ins / f"{CONSOLE}.service.d"
    folder.mkdir(parents=True, exist_ok=True)
    return write(folder / "certificate.conf", "\n".join(lines) + "\n")
