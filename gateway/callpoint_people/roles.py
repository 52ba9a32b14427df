"""The roles that people have at places, and their names in both languages.

A cell of the place tree has one police officer, one grid worker and any number of volunteers: the
"1+1+N" of the policies. Any other word is a group of the site's own, such as ``night-guards``.
"""

import re
from collections.abc import Mapping
from typing import Final

from callpoint_gateway.configuration.alarms import TOGETHER
from callpoint_gateway.words.text import BETWEEN, Text
from callpoint_people.words import PeopleError

RESIDENT: Final = "resident"
KEY_HOLDER: Final = "key_holder"
POLICE_OFFICER: Final = "police_officer"
GRID_WORKER: Final = "grid_worker"
VOLUNTEER: Final = "volunteer"
NAMES: Final[Mapping[str, Text]] = {
    RESIDENT: Text("resident", "居民"),
    KEY_HOLDER: Text("key holder", "钥匙保管人"),
    POLICE_OFFICER: Text("police officer", "民警"),
    GRID_WORKER: Text("grid worker", "网格员"),
    VOLUNTEER: Text("volunteer", "志愿者"),
    "guard": Text("guard", "保安"),
    "operator": Text("operator", "值机员"),
    "supervisor": Text("supervisor", "值班长"),
    "manager": Text("manager", "物业经理"),
    "technician": Text("technician", "技术员"),
}
# Only one person of a cell has such a role.
SINGLE: Final = (POLICE_OFFICER, GRID_WORKER)
RESPONDERS: Final = (POLICE_OFFICER, GRID_WORKER, VOLUNTEER)
# The household's own: what is known of one flat says nothing about the flat below it.
HOUSEHOLD: Final = (RESIDENT, KEY_HOLDER)
#: A word of the ladder that means every responder of the place.
ALL_RESPONDERS: Final = "responders"
_WORD: Final = re.compile(r"[a-z][a-z0-9_.-]{0,31}")


def checked(word: str) -> str:
    """Return the role that a word means, in either language. PeopleError: it can be none."""
    for role, name in NAMES.items():
        if word in (role, *name):
            return role
    if not _WORD.fullmatch(word) or word == ALL_RESPONDERS:
        raise PeopleError("role.word")
    return word


def name_of(role: str) -> Text:
    """Return a role's name; a group of the site's own is called as it is written."""
    if role == ALL_RESPONDERS:
        return Text("responders", "处置人员")
    return NAMES.get(role, Text(role, role))


def names_of(told: str, language: str) -> str:
    """Return whom a step of the ladder informs (``Rung.to``), with the names of roles."""
    names = (name_of(role).in_(language) for role in told.split(TOGETHER))
    return BETWEEN.in_(language).join(names)


def meant(word: str) -> tuple[str, ...]:
    """Return the roles that a word of the ladder means."""
    return RESPONDERS if word == ALL_RESPONDERS else (word,)
