"""``[alarms]``: the deadlines of people, and whom a missed deadline informs."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from callpoint_gateway.configuration import privacy
from callpoint_gateway.words.said import Said, of, said
from callpoint_protocol import names

Seconds = Annotated[int, Meta(ge=1, le=604_800)]
# 1: life, 2: intrusion and damage, 3: faults, 4: notices (user-facing levels 1 to 4).
_LIFE, _DAMAGE, _FAULT = 1, 2, 3
PRIORITIES: Final = {
    kind: _LIFE if kind in names.LIFE_KINDS else _DAMAGE
    for kind in names.KINDS
    if names.ALARM in names.ALLOWED[kind] or kind == names.DOOR
}
# Between the roles of one step, in the entry of an escalation.
TOGETHER: Final = ", "


class Rung(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of the ladder: ``to`` is informed ``after_s`` after a missed deadline.

    ``to`` is a role or a group, or several.
    """

    to: str | list[str]
    after_s: Annotated[int, Meta(ge=0, le=604_800)] = 0

    @property
    def told(self) -> list[str]:
        """The roles and groups."""
        return [self.to] if isinstance(self.to, str) else self.to

    @property
    def text(self) -> str:
        """The roles and groups as entries of the journal have them."""
        return TOGETHER.join(self.told)


class AlarmSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Deadlines in seconds. ``acknowledge_s`` has one for each priority, 1 to 4.

    ``centre_s`` is a target for reports. Acknowledge and resolve count from the alarm's
    arrival, arrive and reinforce from the dispatch; reinforcement is expected for priority 1
    only. ``alert_s``: how long neighbours' sounders go on; they are silenced when the alarm is
    acknowledged, resolved or closed, whichever ``silence_at`` names, and at the latest when it
    is closed.
    """

    acknowledge_s: Annotated[list[Seconds], Meta(min_length=4, max_length=4)] = msgspec.field(
        default_factory=lambda: [30, 60, 90, 180]
    )
    centre_s: Seconds = 10
    arrive_s: Seconds = 300
    reinforce_s: Seconds = 600
    resolve_s: Seconds = 7200
    ladder: Annotated[list[Rung], Meta(min_length=1, max_length=16)] = msgspec.field(
        default_factory=lambda: [
            Rung(to="operator"),
            Rung(to="supervisor", after_s=60),
            Rung(to="manager", after_s=300),
        ]
    )
    repeat_s: Seconds = 900
    priorities: dict[str, Annotated[int, Meta(ge=1, le=4)]] = {}
    alert_kinds: list[str] = msgspec.field(
        default_factory=lambda: [names.KINDS[kind] for kind in names.LIFE_KINDS]
    )
    alert_s: Annotated[int, Meta(ge=1, le=names.MAX_COMMAND_S)] = 300
    silence_at: str = "acknowledge"

    def priority(self, kind: int) -> int:
        """Return the priority of an alarm of this kind, 1 (most urgent) to 4."""
        return self.priorities.get(names.KINDS.get(kind, ""), PRIORITIES.get(kind, _FAULT))

    def mistake(self) -> tuple[str, Said] | None:
        """Return the key that is wrong and what to do about it; None if nothing is."""
        kinds = ", ".join(names.KINDS.values())
        for key, wanted in (("priorities", [*self.priorities]), ("alert_kinds", self.alert_kinds)):
            for kind in wanted:
                if kind not in names.KINDS.values():
                    return key, of(key, said("config.no_kind", kind=kind, valid=kinds))
        silenced = ("acknowledge", "resolve", "close")
        if self.silence_at not in silenced:
            valid = said("config.one_of", valid=", ".join(silenced))
            return "silence_at", of("silence_at", valid)
        try:
            for word in [word for rung in self.ladder for word in rung.told]:
                privacy.who(word, "to")
        except privacy.Unsaid as error:
            return "ladder", of("ladder", error.why)
        if not all(rung.told for rung in self.ladder):
            return "ladder", of("ladder", said("alarms.ladder_empty"))
        after = [rung.after_s for rung in self.ladder]
        if after != sorted(after):
            return "ladder", of("ladder", said("alarms.ladder_order"))
        return None
