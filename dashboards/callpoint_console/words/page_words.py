"""The texts of one language, as the console's pages use them."""

from collections.abc import Iterable, Mapping
from typing import Final

from callpoint_console.words.accounts import ACCOUNTS
from callpoint_console.words.commissioning import COMMISSIONING
from callpoint_console.words.district import DISTRICT
from callpoint_console.words.drills import DRILLS
from callpoint_console.words.levels import LEVELS
from callpoint_console.words.manager import MANAGER
from callpoint_console.words.operator import OPERATOR
from callpoint_console.words.people import PEOPLE
from callpoint_console.words.places import PLACES
from callpoint_console.words.plans import PLANS
from callpoint_console.words.points import POINTS
from callpoint_console.words.refusals import REFUSALS
from callpoint_console.words.reports import REPORTS
from callpoint_console.words.shared import SHARED
from callpoint_console.words.shifts import SHIFTS
from callpoint_console.words.sites import SITES
from callpoint_console.words.storeys import STOREYS
from callpoint_console.words.work import WORK
from callpoint_gateway.words.people import OVERDUE
from callpoint_gateway.words.text import BETWEEN, Text
from callpoint_gateway.words.words import Words

#: Every table of sentences, by its name; each page has a table of its own.
TABLES: Final[Mapping[str, Mapping[str, Text]]] = {
    "reports": REPORTS,
    "shared": SHARED,
    "manager": MANAGER,
    "refusals": REFUSALS,
    "accounts": ACCOUNTS,
    "operator": OPERATOR,
    "places": PLACES,
    "people": PEOPLE,
    "work": WORK,
    "plans": PLANS,
    "storeys": STOREYS,
    "drills": DRILLS,
    "points": POINTS,
    "commissioning": COMMISSIONING,
    "shifts": SHIFTS,
    "levels": LEVELS,
    "district": DISTRICT,
    "sites": SITES,
}
_TEXTS: Final = {key: text for table in TABLES.values() for key, text in table.items()}


class PageWords(Words):
    """All texts of one language: the gateway's, and those of the console's pages."""

    def __call__(self, key: str, **values: object) -> str:
        """Return a sentence with its values filled in. KeyError: there is no such sentence."""
        text = _TEXTS.get(key)
        if text is None:
            return super().__call__(key, **values)
        return text.in_(self.language).format(**values)

    def listed(self, parts: Iterable[object]) -> str:
        """Return parts as a list within a sentence."""
        return BETWEEN.in_(self.language).join(map(str, parts))

    def overdue(self, what: str) -> tuple[str, str]:
        """Return the text of a missed deadline, before and after how long it is overdue."""
        before, _, after = OVERDUE[what].in_(self.language).partition("{age}")
        return before, after
