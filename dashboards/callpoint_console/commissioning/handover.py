"""What a hand-over report says: every device with what was tried and measured, and what is left.

It names accounts and never people. Times are Unix ms; a reader shows them in the site's time zone.
"""

from collections.abc import Mapping
from typing import Any

from callpoint_console.commissioning.hints import hints
from callpoint_console.commissioning.left import in_charge
from callpoint_console.commissioning.signal import GOOD_DBM, LASTS_MS, Strength
from callpoint_console.commissioning.states import DeviceState, device_states
from callpoint_console.commissioning.store import PhotoNote
from callpoint_console.site_map import natural
from callpoint_console.views.context import Context
from callpoint_gateway.control.roles import DEVICES
from callpoint_protocol import names


def report_of(
    context: Context, who: str, photos: Mapping[str, PhotoNote], since_ms: int
) -> dict[str, Any]:
    """Return the report of all devices in the visitor's charge, as a JSON object.

    ``who``: the account that makes it; trials from ``since_ms`` (Unix ms) on count.
    """
    states = device_states(context, in_charge(context), hints(context), since_ms)
    states.sort(key=lambda state: ([natural(part) for part in state.spot], state.device))
    devices = [_device(state, photos.get(state.device)) for state in states]
    left = [state.device for state in states if not state.done]
    return {
        "site": context.site.name,
        "time_zone": context.zone.key,
        "made_ms": context.now_ms,
        "who": who,
        "areas": sorted(context.scope.areas(DEVICES)),
        "since_ms": since_ms,
        "pass_dbm": GOOD_DBM,
        "signal_s": LASTS_MS // 1000,
        "complete": not left and all(device["matters"] == [] for device in devices),
        "counts": {"devices": len(devices), "tested": len(devices) - len(left)},
        "left": left,
        "devices": devices,
    }


def _device(state: DeviceState, photo: PhotoNote | None) -> dict[str, Any]:
    measured = state.measured
    signal = measured.signal if measured else None
    return {
        "device": state.device,
        "place": state.place,
        "where": list(state.spot),
        "tested": state.done,
        "zones": [
            {
                "zone": zone.zone,
                "kind": names.KINDS[zone.kind],
                "tested_ms": zone.trial.at_ms if zone.trial else None,
                "took_ms": zone.trial.took_ms if zone.trial else None,
                "who": zone.trial.who if zone.trial else "",
            }
            for zone in state.zones
        ],
        "signal": signal
        and {
            "low": signal.low,
            "mean": signal.mean,
            "high": signal.high,
            "readings": signal.count,
            "passes": signal.strength is Strength.GOOD,
        },
        "battery_mv": measured.battery_mv if measured else None,
        "firmware": state.firmware,
        "matters": sorted({hint.matter.value for hint in state.hints}),
        "photo_sha256": photo.digest if photo else None,
    }
