"""What the machine of the gateway runs on, and when its last copy was made."""

import msgspec

from callpoint_console.views.context import Context
from callpoint_gateway.host.power import Power, Supply


class MachineRow(msgspec.Struct, frozen=True):
    """``power`` in words, ``bad``: somebody should look; ``backup_ms``: None if not known."""

    power: str
    bad: bool
    backup_ms: int | None


def machine_row(context: Context) -> MachineRow:
    """Return what is known of the machine."""
    known = context.gateway.power or Power(Supply.UNKNOWN)
    words = context.words
    if known.low_voltage:
        text = words("power.low")
    elif known.supply is Supply.UNKNOWN:
        text = words("foot.unknown" if known.low_voltage is None else "power.enough")
    else:
        text = words(f"power.{known.supply.value}")
    if known.charge_percent is not None:
        text = words("power.charged", supply=text, percent=known.charge_percent)
    bad = bool(known.low_voltage) or known.supply is Supply.BATTERY
    return MachineRow(text, bad, context.gateway.backup_ms)
