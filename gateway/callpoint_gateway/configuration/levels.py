"""``[[level]]``: what a response level changes, for as long as an area is put to it.

Policies for emergencies know four levels: IV (a notice) to I (the most serious).
"""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from callpoint_gateway.configuration.alarms import AlarmSettings, Rung, Seconds
from callpoint_gateway.words.said import Said, of, said

#: No level is in force.
NORMAL: Final = 0
#: The most serious level and the least serious level.
HIGHEST, LOWEST = 1, 4
Level = Annotated[int, Meta(ge=HIGHEST, le=LOWEST)]
ROMAN: Final = {1: "I", 2: "II", 3: "III", 4: "IV"}


class LevelSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes at one level; a key that is left out stays as ``[alarms]`` has it.

    ``silent_after`` is the part of its set time after which a silent device is a fault.
    """

    level: Level
    acknowledge_s: Annotated[list[Seconds], Meta(min_length=4, max_length=4)] | None = None
    arrive_s: Seconds | None = None
    reinforce_s: Seconds | None = None
    resolve_s: Seconds | None = None
    repeat_s: Seconds | None = None
    ladder: Annotated[list[Rung], Meta(min_length=1, max_length=16)] | None = None
    silent_after: Annotated[float, Meta(ge=0.1, le=1)] = 1.0

    def applied(self, settings: AlarmSettings) -> AlarmSettings:
        """Return the settings of alarms at this level."""
        changes = {name: value for name in _CHANGED if (value := getattr(self, name)) is not None}
        return msgspec.structs.replace(settings, **changes)


_CHANGED: Final = ("acknowledge_s", "arrive_s", "reinforce_s", "resolve_s", "repeat_s", "ladder")


class AlarmSettingsByLevel:
    """The settings of alarms at each response level."""

    def __init__(self, settings: AlarmSettings, levels: Sequence[LevelSettings] = ()) -> None:
        """``settings``: those without any level."""
        self._by_level = {level.level: level.applied(settings) for level in levels}
        self._normal = settings

    def at(self, level: int) -> AlarmSettings:
        """Return the settings at a level, ``NORMAL`` or 1 to 4."""
        return self._by_level.get(level, self._normal)


def mistake(
    levels: Sequence[LevelSettings], settings: AlarmSettings
) -> tuple[int, str, Said] | None:
    """Return number and key of the table that is wrong, and what to do; None if nothing is."""
    for number, level in enumerate(levels):
        if any(level.level == earlier.level for earlier in levels[:number]):
            return number, "level", of("level", said("level.twice", level=level.level))
        if wrong := level.applied(settings).mistake():
            return number, *wrong
    return None
