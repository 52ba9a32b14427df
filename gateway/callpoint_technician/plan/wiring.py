"""What is wired to a board, as a cell of a plan has it.

    panic + tamper          each kind at the board's usual input, zones 1, 2 ...
    door@relay/no           at another input; no: closing is the alarm, nc: opening is
    smoke/nc/relay_fault    with the detector's fault contact
    door/nc/release         with a request to exit
    3=smoke@loop1:2k2       zone 3, on a supervised loop with its resistors (pull-up 8.2 kOhm)

Kinds and signs may also be written in Chinese.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from callpoint_gateway.words import facts
from callpoint_gateway.words.said import Said, said
from callpoint_gateway.words.unknown import near
from callpoint_protocol import names
from callpoint_protocol.device_settings import KINDS

PULLUP_OHM: Final = 8_200  # WIRING.md
_OPENS, _CLOSES = "nc", "no"
# Where a kind usually is, and the level of its alarm (1: the contact opens).
_USUAL: Final[Mapping[str, tuple[str, int]]] = {
    "panic": ("button", 0),
    "medical": ("button", 0),
    "smoke": ("relay", 0),
    "gas": ("relay", 0),
    "water": ("relay", 0),
    "door": ("door", 1),
    "intrusion": ("relay", 1),
    "tamper": ("tamper", 1),
}
_ITEM: Final = re.compile(
    r"(?:(?P<zone>\d{1,3})=)?(?P<kind>[^@/:=]+)"
    r"(?:@(?P<input>\w+)(?::(?P<preset>[\w-]+)(?::(?P<pullup>\d{1,6}))?)?)?"
    r"(?:/(?P<level>nc|no))?(?:/(?P<other>\w+))?"
)
_BY_NAME: Final = {
    **{name: name for name in KINDS},
    **{
        text.casefold(): names.KINDS[number]
        for table in (facts.KINDS, facts.SENSORS)
        for number, both in table.items()
        for text in both
        if names.KINDS[number] in KINDS
    },
    "烟感": "smoke",
    "门禁": "door",
    "按钮": "panic",
}


class Wired(msgspec.Struct, frozen=True):
    """One zone. ``active``: level of the alarm; ``other``: fault contact, or request to exit."""

    zone: int
    kind: str
    input: str
    active: int
    preset: str = ""
    pullup: int = PULLUP_OHM
    other: str = ""

    def settings(self) -> dict[str, Any]:
        """Return it as a device's settings have it."""
        found: dict[str, Any] = {"zone": self.zone, "kind": self.kind}
        if self.preset:
            loop = {"input": self.input, "preset": self.preset, "pullup": self.pullup}
            found["loop"] = loop
        else:
            found |= {"input": self.input, "active": self.active}
        if self.other:
            found["release" if self.kind == "door" else "fault"] = self.other
        return found


class WiringError(Exception):
    """A wiring cannot be read; ``why`` says what is wrong."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


def parse(text: str) -> tuple[Wired, ...]:
    """Return the zones of a cell. WiringError: it cannot be read, or a zone is there twice."""
    plain = unicodedata.normalize("NFKC", text).replace("、", "+").replace(",", "+")
    found: list[Wired] = []
    for part in filter(None, (part.strip() for part in plain.split("+"))):
        wired = _item(part, len(found) + 1)
        if any(wired.zone == other.zone for other in found):
            raise WiringError(said("device_settings.zone_twice", zone=wired.zone))
        found.append(wired)
    return tuple(found)


def _item(part: str, number: int) -> Wired:
    match = _ITEM.fullmatch(part.replace(" @", "@").replace("@ ", "@"))
    if match is None:
        raise WiringError(said("plan.wiring", text=part))
    name = match["kind"].strip().casefold()
    kind = _BY_NAME.get(name)
    if kind is None:
        words = [word for word in _BY_NAME if " " not in word]
        raise WiringError(said("plan.no_kind", name=name, near=near(name, words)))
    usual, active = _USUAL[kind]
    if match["level"]:
        active = 1 if match["level"] == _OPENS else 0
    return Wired(
        int(match["zone"] or number),
        kind,
        match["input"] or usual,
        active,
        match["preset"] or "",
        int(match["pullup"] or PULLUP_OHM),
        match["other"] or "",
    )


def written(zones: Sequence[Wired], language: str = "en") -> str:
    """Return the shortest text that ``parse`` reads as these zones."""
    return " + ".join(_written(wired, number, language) for number, wired in enumerate(zones, 1))


def kind_in(kind: str, language: str) -> str:
    """Return the word for a kind that ``parse`` reads."""
    if language == "en" or kind not in KINDS:
        return kind
    return facts.SENSORS[KINDS[kind]].in_(language)


def _written(wired: Wired, number: int, language: str) -> str:
    usual, active = _USUAL[wired.kind]
    kind = kind_in(wired.kind, language)
    text = kind if wired.zone == number else f"{wired.zone}={kind}"
    if wired.preset:
        text += f"@{wired.input}:{wired.preset}"
        if wired.pullup != PULLUP_OHM:
            text += f":{wired.pullup}"
    elif wired.input != usual:
        text += f"@{wired.input}"
    if wired.active != active or wired.other:
        text += f"/{_OPENS if wired.active else _CLOSES}"
    return f"{text}/{wired.other}" if wired.other else text
