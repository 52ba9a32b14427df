"""Starts the services with another version, and with the present one again if that fails."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from callpoint_cli.setup import versions
from callpoint_cli.setup.places import GATEWAY
from callpoint_cli.setup.units import is_active, systemctl

_LOOK_S: Final = 0.05
# A gateway that has started so often without being ready is not going to be.
_STARTS: Final = 4
# One that ends at once after being ready is not up.
_STEADY_S: Final = 3.0


class NotReady(Exception):
    """A unit was not ready in time with the other version."""

    def __init__(self, unit: str) -> None:
        super().__init__(unit)
        self.unit = unit


def switch(
    present: str,
    version: str,
    limit_s: float,
    running: Sequence[str],
    chosen: Callable[[str], None],
    works: Callable[[], None],
) -> float:
    """Let units run with another version; return for how long no gateway was ready.

    ``running``: the units, in the order in which they start. ``chosen`` is called with each
    version that is chosen, before its units start; ``works`` raises NotReady if they do not work.
    NotReady: one did not come up within ``limit_s`` seconds; the present version runs again.
    """
    systemctl("daemon-reload")
    try:
        gap_s = bring_up(version, limit_s, running, chosen)
        works()
    except BaseException:
        versions.choose(present)
        with suppress(NotReady):
            chosen(present)
        for unit in running:
            systemctl("restart", f"{unit}.service", timeout_s=limit_s)
        raise
    return gap_s


def bring_up(
    version: str, limit_s: float, running: Sequence[str], chosen: Callable[[str], None]
) -> float:
    """Start units with a version, as ``switch`` does, without a return. NotReady."""
    versions.choose(version)
    chosen(version)
    begun = time.monotonic()
    gap_s = 0.0
    for unit in running:
        _start(unit, limit_s)
        if unit == GATEWAY:
            gap_s = time.monotonic() - begun
    _stay(running)
    return gap_s


def _start(unit: str, limit_s: float) -> None:
    """Start a unit anew and wait until it is ready."""
    before = _shown(unit, "InvocationID")
    systemctl("restart", "--no-block", f"{unit}.service")
    ends = time.monotonic() + limit_s
    while time.monotonic() < ends:
        if _shown(unit, "InvocationID") != before:
            if _shown(unit, "ActiveState") == "active":
                return
            if int(_shown(unit, "NRestarts") or 0) >= _STARTS:
                break
        time.sleep(_LOOK_S)
    raise NotReady(unit)


def _stay(units: Sequence[str]) -> None:
    """Look whether every unit goes on for a while."""
    started = {unit: _shown(unit, "InvocationID") for unit in units}
    time.sleep(_STEADY_S)
    for unit in units:
        if not is_active(unit) or _shown(unit, "InvocationID") != started[unit]:
            raise NotReady(unit)


def _shown(unit: str, name: str) -> str:
    return systemctl("show", f"--property={name}", "--value", f"{unit}.service").stdout.strip()
