"""The supervised loops that a device knows: which resistors, and how much pull-up they need."""

# Borders in ohms between the windows from short to open; ``-fault`` has a third resistor.
_BORDERS = {
    "1k": (800, 900, 1_200, 1_300, 12_000, 19_000),
    "2k2": (1_800, 2_000, 2_500, 2_700, 12_000, 15_000),
    "4k7": (3_700, 4_200, 5_500, 6_500, 19_000, 22_000),
    "5k6": (1_400, 2_800, 8_400, 9_800, 12_600, 22_000),
    "1k-fault": (800, 900, 1_200, 1_300, 3_500, 4_500, 19_000),
}
_SINGLE = ("-nc", "-no")  # one resistor: no window behind the alarm's
_SINGLE_BORDERS = 4
_NARROWEST = 8  # thousandths of the supply: twice the hysteresis


def check_loop(preset: str, pullup: int) -> None:
    """Refuse a preset that no device has, or a pull-up (ohms) that makes windows too narrow."""
    single = preset.endswith(_SINGLE)
    ohms = _BORDERS.get(preset[:-3] if single else preset)
    if ohms is None or (single and preset.startswith("1k-fault")):
        raise ValueError("preset: 1k 2k2 4k7 5k6, each also with -nc or -no; or 1k-fault")
    if single:
        ohms = ohms[:_SINGLE_BORDERS]
    below = 0
    for border in [*((ohm * 2000 // (ohm + pullup) + 1) // 2 for ohm in ohms), 1000]:
        if border - below < _NARROWEST:
            raise ValueError(f"pullup: with {pullup} ohms the windows of {preset} are too narrow")
        below = border
