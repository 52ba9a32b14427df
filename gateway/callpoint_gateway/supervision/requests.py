"""What the control socket answers about supervision and inhibits."""

from typing import Any

from callpoint_gateway.control.socket import Control
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.supervision.assembly import Supervisors


def register_requests(control: Control, supervision: Supervisors, clock: Clock) -> None:
    """Have the socket answer by what supervises."""
    control.register("inhibit", supervision.inhibits.begin)
    control.register("inhibit end", supervision.inhibits.end)
    control.register("inhibit list", supervision.inhibits.listed)
    control.register("supervision", lambda _: _states(supervision, clock))


def _states(supervision: Supervisors, clock: Clock) -> dict[str, Any]:
    """Return everything that is supervised, with the seconds since it is as it is."""
    now = clock.monotonic_ms()
    return {
        "supervised": [
            {
                "source": one.source,
                "after_s": one.after_s,
                "state": one.state.value,
                "for_s": max(0, now - one.since_ms) // 1000 if one.since_ms else None,
                "reason": one.reason,
                "remedy": one.remedy,
            }
            for one in (*supervision.faults.states(), *supervision.devices.states())
        ]
    }
