"""The open alarms of all sites as rows of the operator's page, each rendered once per language."""

from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from callpoint_console.live.broadcaster import Row
from callpoint_console.rendering import macro, words_in
from callpoint_console.site_map import Spot, area_text, common
from callpoint_console.views.alarm_rows import AlarmRow, Around, row_of
from callpoint_console.views.flood import LOW, is_flood
from callpoint_console.views.moments import clock
from callpoint_console.visitor import Scope
from callpoint_console.words.page_words import PageWords
from callpoint_district.console.live.snapshot import DeskTurn, DistrictSnapshot, SiteAlarm
from callpoint_district.console.places import parts_of
from callpoint_district.console.site_addresses import address_of, code_of
from callpoint_district.console.views.seeing import sees
from callpoint_gateway.configuration.alarms import TOGETHER
from callpoint_gateway.control.roles import DESK
from callpoint_people.roles import names_of

#: The ids of the two lists of the queue.
LIST, LOW_LIST = "queue-list", "queue-low"
#: So many parts of a place say where it is for whoever works there.
SHORT: Final = 3


class Note(NamedTuple):
    """What a row says beside the alarm; ``how`` is a class of the style sheet."""

    how: str
    text: str


class Rendered(NamedTuple):
    """An alarm, the name of its row, and the row in the list and in the one for a flood."""

    alarm: SiteAlarm
    name: str
    row: Row
    low: Row


class Queue:
    """Renders the rows that have changed; a row that has not is the one of the last time."""

    def __init__(self, zone: ZoneInfo) -> None:
        """``zone``: the district's."""
        self._zone = zone
        self._of: DistrictSnapshot | None = None
        self._rows: dict[str, dict[str, Rendered]] = {}  # by language, then by the alarm's id
        self._fresh = set[str]()
        self._top: Spot = ()

    def rows(self, snapshot: DistrictSnapshot, scope: Scope, language: str) -> list[Rendered]:
        """Return the rows that somebody sees, in their order."""
        if snapshot is not self._of:
            self._of, self._fresh = snapshot, set()
            top = common(alarm.spot for alarm in snapshot.alarms if alarm.spot)
            if top != self._top:
                self._top = top
                self._rows.clear()
        if language not in self._fresh:
            before, now = self._rows.get(language, {}), {}
            for alarm in snapshot.alarms:
                row = before.get(alarm.id)
                if row is None or row.alarm is not alarm:
                    row = self._rendered(alarm, snapshot.at_ms, language)
                now[alarm.id] = row
            self._rows[language] = now
            self._fresh.add(language)
        every = self._rows[language].values()
        if scope.everywhere:
            return list(every)
        return [each for each in every if sees(each.alarm, scope)]

    def _rendered(self, alarm: SiteAlarm, now_ms: int, language: str) -> Rendered:
        words = words_in(language)
        order = f"{alarm.alarm.priority}{alarm.alarm.opened_ms:014d}{alarm.id}"
        html = macro("operator/rows.html", "row_of", language)(
            row_for(alarm, words, self._zone, now_ms),
            alarm.id,
            card_address(alarm),
            notes(alarm, words, self._top),
            order,
        ).strip()
        name = f"alarm-{alarm.id}"
        return Rendered(alarm, name, Row(html, LIST, order), Row(html, LOW_LIST, order))


def row_for(alarm: SiteAlarm, words: PageWords, zone: ZoneInfo, now_ms: int) -> AlarmRow:
    """Return an alarm as rows show it: the smallest parts of its place, see ``notes``."""
    around = Around(
        words=words,
        now_ms=alarm.at_ms,
        clock=lambda time_ms: clock(time_ms, now_ms, zone),
        spot=alarm.spot,
        where=area_text(alarm.spot[-SHORT:])
        or f"{alarm.gateway} · {alarm.alarm.place or alarm.alarm.device}",
        place=alarm.place,
        has=lambda roles, places: False,
        revision=alarm.revision,
    )
    return row_of(alarm.alarm, around)


def card_address(alarm: SiteAlarm) -> str:
    """Return where the card of an alarm is: at its site, or here if the site has none."""
    if alarm.forgotten:
        return f"/forgotten/{code_of(alarm.gateway)}/{alarm.epoch}/{alarm.alarm.alarm}"
    if alarm.copied:
        return f"/copied/{code_of(alarm.gateway)}/{alarm.alarm.alarm}"
    return f"{address_of(alarm.gateway)}/operator/alarm/{alarm.alarm.alarm}"


def notes(alarm: SiteAlarm, words: PageWords, top: Spot) -> tuple[Note, ...]:
    """Return what is particular about an alarm of a district.

    Last the larger parts of its place, without ``top``, which whoever looks knows.
    """
    found = []
    if alarm.copied:
        found.append(Note("copied", words("grid.copied")))
    if alarm.forgotten:
        found.append(Note("forgotten", words("grid.forgotten")))
    if (desk := alarm.desk) is not None and desk.desk:
        has = desk.centre if desk.turn == 1 else words("grid.fallen_back", desk=desk.centre)
        who = (words(f"area_level.{desk.level}"), has, responders(desk, words))
        found.append(Note("desk" if desk.turn == 1 else "fallen", " · ".join(filter(None, who))))
    if larger := area_text(alarm.spot[len(top) : -SHORT]):
        found.append(Note("area", larger))
    return tuple(found)


def responders(desk: DeskTurn, words: PageWords) -> str:
    """Return whom the rules of an area send."""
    return names_of(TOGETHER.join(desk.responders), words.language) if desk.responders else ""


def is_mine(alarm: SiteAlarm, scope: Scope) -> bool:
    """Say whether an alarm is with the desk of an area for which somebody has a role at a desk.

    Whoever has it for the whole district has what no smaller area has.
    """
    desk, parts = alarm.desk, parts_of(scope, DESK)
    if desk is None or not desk.desk:
        return parts.everything
    return desk.area in parts.areas or (parts.everything and len(desk.area) <= 1)


def listed(rows: list[Rendered], now_ms: int) -> dict[str, Row]:
    """Return the rows by name: in a flood, those of low level have a list of their own."""
    low = [each for each in rows if each.alarm.alarm.priority >= LOW]
    found = {each.name: each.row for each in rows}
    levels = ((each.alarm.alarm.priority, each.alarm.alarm.opened_ms) for each in low)
    if is_flood(levels, now_ms):
        found |= {each.name: each.low for each in low}
    return found
