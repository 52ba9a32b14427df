"""How far each device is: which of its zones were tried, and what was measured."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from callpoint_console.commissioning.hints import Hint
from callpoint_console.commissioning.signal_log import Measured
from callpoint_console.commissioning.trials import Trial
from callpoint_console.site_map import Spot
from callpoint_console.views.context import Context
from callpoint_protocol import names

CODES: Final = {name: code for code, name in names.KINDS.items()}


class ZoneState(msgspec.Struct, frozen=True):
    """A zone of a device; ``trial``: the last one that counts, None: it is still to be tried."""

    zone: int
    kind: int
    trial: Trial | None


class DeviceState(msgspec.Struct, frozen=True):
    """A device. ``measured``: after its last trial, None before; ``hints``: what is the matter."""

    device: str
    place: str
    spot: Spot
    zones: tuple[ZoneState, ...]
    measured: Measured | None
    firmware: str
    hints: tuple[Hint, ...]

    @property
    def done(self) -> bool:
        """Whether every zone was tried."""
        return all(zone.trial is not None for zone in self.zones)

    @property
    def last(self) -> Trial | None:
        """Its last trial, None if there is none."""
        trials = [zone.trial for zone in self.zones if zone.trial is not None]
        return max(trials, key=lambda trial: trial.position, default=None)


def device_states(
    context: Context,
    devices: Iterable[str],
    hints: Mapping[str, Sequence[Hint]],
    since_ms: int = 0,
) -> list[DeviceState]:
    """Return how far devices of the register are; trials from ``since_ms`` (Unix ms) on count."""
    trials, found = context.snapshot.proofs.trials, []
    for name in devices:
        device, sensed = context.site.device(name), context.site.devices.get(name)
        if device is None or sensed is None:
            continue

        def tried(trial: Trial | None) -> Trial | None:
            return trial if trial is not None and trial.at_ms >= since_ms else None

        zones = [
            ZoneState(zone.zone, CODES[zone.kind], tried(trials.zones.get((name, zone.zone))))
            for zone in device.zone
        ]
        if not zones:  # the register does not say what it senses
            zones = [ZoneState(0, names.TEST, tried(trials.devices.get(name)))]
        measured = context.snapshot.measured.get(name)
        last = trials.devices.get(name)
        current = measured if measured and last and measured.trial == last.position else None
        counts = current if tried(last) else None
        found.append(
            DeviceState(
                name,
                sensed.place,
                sensed.spot,
                tuple(zones),
                counts,
                trials.firmware.get(name, ""),
                tuple(hints.get(name, ())),
            )
        )
    return found
