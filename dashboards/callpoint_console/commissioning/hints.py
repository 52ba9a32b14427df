"""What a technician should look at on each device, and what to do about it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from callpoint_console.commissioning.signal import GOOD_DBM, Strength
from callpoint_console.commissioning.signal_log import Measured
from callpoint_console.views.context import Context
from callpoint_gateway.alarms.situation import Silence
from callpoint_gateway.supervision.misconduct import DEVICE
from callpoint_protocol import names

# The firmware reports a low battery below this (LOW_BATTERY_MV in callpoint_firmware.app).
LOW_MV: Final = 2900
#: So many devices must agree before another firmware is a wrong one.
_AGREE: Final = 2


class Matter(StrEnum):
    """What is the matter; the values are the ends of the keys ``hint.…``, for a report."""

    UNHEARD = "unheard"
    SILENT = "silent"
    FAULT = "fault"  # it chatters, floods, sends what the register does not know
    TROUBLE = "trouble"
    BATTERY = "battery"
    SIGNAL = "signal"
    FIRMWARE = "firmware"
    CLOCK = "clock"


class Hint(msgspec.Struct, frozen=True):
    """What is the matter with a device, and what to do."""

    matter: Matter
    what: str
    to_do: str


def hints(context: Context) -> dict[str, list[Hint]]:
    """Return what is the matter with each device, the worst first; none of those that are well."""
    found: dict[str, list[Hint]] = {}
    for device, hint in (
        *_silences(context),
        *_faults(context),
        *_troubles(context),
        *_measured(context, context.snapshot.measured),
        *_versions(context),
        *_clocks(context),
    ):
        known = found.setdefault(device, [])
        if all(each.what != hint.what for each in known):
            known.append(hint)
    return found


def _silences(context: Context) -> Iterator[tuple[str, Hint]]:
    words = context.words
    for missed in context.snapshot.situation.missed:
        unheard = missed.how is Silence.UNHEARD
        matter = Matter.UNHEARD if unheard else Matter.SILENT
        what = words.silence(missed.how.value)
        yield missed.device, Hint(matter, what, words(f"remedy.{matter}"))


def _faults(context: Context) -> Iterator[tuple[str, Hint]]:
    words = context.words
    for fault in context.snapshot.situation.faults:
        if fault.source.startswith(DEVICE):
            device, what = fault.source.split("/")[1], words.told(fault.reason)
            yield device, Hint(Matter.FAULT, what, words.told(fault.remedy))


def _troubles(context: Context) -> Iterator[tuple[str, Hint]]:
    words = context.words
    for trouble in context.snapshot.situation.troubles:
        battery = trouble.kind == names.BATTERY
        detail = 0 if battery else trouble.detail
        what = words.event(trouble.kind, names.TROUBLE, detail)
        matter = Matter.BATTERY if battery else Matter.TROUBLE
        yield (
            trouble.device,
            Hint(matter, what, words("remedy.battery" if battery else "remedy.look")),
        )


def _measured(context: Context, measured: Mapping[str, Measured]) -> Iterator[tuple[str, Hint]]:
    words = context.words
    weak = {
        trouble.device
        for trouble in context.snapshot.situation.troubles
        if trouble.kind == names.BATTERY
    }
    for device, found in measured.items():
        if found.battery_mv is not None and found.battery_mv < LOW_MV and device not in weak:
            what = words("test.weak_battery", volts=f"{found.battery_mv / 1000:.2f}")
            yield device, Hint(Matter.BATTERY, what, words("remedy.battery"))
        signal = found.signal
        if found.whole and signal is not None and signal.strength is not Strength.GOOD:
            what = words("test.weak_signal", dbm=signal.mean, least=GOOD_DBM)
            yield device, Hint(Matter.SIGNAL, what, words("test.weak_signal_do"))


def _versions(context: Context) -> Iterator[tuple[str, Hint]]:
    """Yield the devices whose firmware is another than that of most."""
    words, firmware = context.words, context.snapshot.proofs.trials.firmware
    known = {name: firmware[name] for name in context.site.devices if name in firmware}
    if not known:
        return
    (usual, count) = Counter(known.values()).most_common(1)[0]
    if count < _AGREE or count * 2 <= len(known):
        return
    for device, version in known.items():
        if version != usual:
            what = words("test.other_firmware", found=version, usual=usual)
            yield device, Hint(Matter.FIRMWARE, what, words("test.other_firmware_do"))


def _clocks(context: Context) -> Iterator[tuple[str, Hint]]:
    words = context.words
    for device in sorted(context.snapshot.proofs.trials.untimed):
        yield device, Hint(Matter.CLOCK, words("test.no_clock"), words("test.no_clock_do"))
