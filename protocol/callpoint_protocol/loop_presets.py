"""The supervised loops that there are: their resistors, and the windows that these make.

A loop's share of the supply, in thousandths, falls into a window, and each window has a class.
The device measures by these windows; the host refuses settings that would make them too narrow.
"""

HYSTERESIS = 4  # thousandths: 13 mV at 3.3 V, about the noise with the radio on

# Classes, the worst last; in the order of their priority.
NORMAL = 0
LOW = 1
HIGH = 2
FAULT = 3
MASKED = 4
SHORT = 5
OPEN = 6
ALARM = 7

# Two equal resistors, one across the contact: borders of the windows in ohms, and the classes of
# the windows from short to open.
TWO_RESISTORS = {
    "1k": (800, 900, 1_200, 1_300, 12_000, 19_000),
    "2k2": (1_800, 2_000, 2_500, 2_700, 12_000, 15_000),
    "4k7": (3_700, 4_200, 5_500, 6_500, 19_000, 22_000),
    "5k6": (1_400, 2_800, 8_400, 9_800, 12_600, 22_000),
}
_TWO_CLASSES = bytes((SHORT, LOW, NORMAL, HIGH, ALARM, MASKED, OPEN))
# A third resistor, across a detector's fault contact.
THREE_RESISTORS = {
    "1k-fault": (800, 900, 1_200, 1_300, 3_500, 4_500, 19_000),
}
_THREE_CLASSES = bytes((SHORT, LOW, NORMAL, HIGH, ALARM, FAULT, MASKED, OPEN))
# A single resistor: in series with a contact that opens, or across one that closes. Its borders
# are the first of the two resistors'.
_SINGLE_CLASSES = {
    "-nc": bytes((SHORT, LOW, NORMAL, HIGH, ALARM)),
    "-no": bytes((ALARM, LOW, NORMAL, HIGH, OPEN)),
}


def _preset(name: str) -> tuple[tuple[int, ...], bytes]:
    """Return the borders of a preset in ohms, and the classes of its windows."""
    if name in TWO_RESISTORS:
        return TWO_RESISTORS[name], _TWO_CLASSES
    if name in THREE_RESISTORS:
        return THREE_RESISTORS[name], _THREE_CLASSES
    classes = _SINGLE_CLASSES.get(name[-3:])
    ohms = TWO_RESISTORS.get(name[:-3])
    if classes is None or ohms is None:
        raise ValueError("preset: 1k 2k2 4k7 5k6, each also with -nc or -no; or 1k-fault")
    return ohms[: len(classes) - 1], classes


def windows(preset: str, pullup: int) -> tuple[list[int], bytes]:
    """Return (borders in thousandths, classes) of a preset with a pull-up of that many ohms.

    ValueError, which begins with the key, if there is no such preset or a window is too narrow.
    """
    ohms, classes = _preset(preset)
    borders = [(ohm * 2000 // (ohm + pullup) + 1) // 2 for ohm in ohms]
    below = 0
    for border in borders + [1000]:
        if border - below < 2 * HYSTERESIS:
            raise ValueError(
                "pullup: with %d ohms the windows of %s are too narrow" % (pullup, preset)
            )
        below = border
    return borders, classes
