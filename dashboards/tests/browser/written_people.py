"""The people of the written site: a household, responders, a rota, and what they were told."""

from pathlib import Path
from typing import Final

from callpoint_gateway.journal.entries import EventBody, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_notify.outbox import NewMessage, Outbox
from callpoint_notify.stories import Story, What
from callpoint_people.households import Household, HouseholdStore
from callpoint_people.person import Person, Responsibility
from callpoint_people.rota import DAYS, Shift
from callpoint_people.rota_store import RotaStore
from callpoint_people.store import PeopleStore
from callpoint_protocol import names

from ..console.estate import Estate

COMMUNITY: Final = "幸福小区"
#: The room of the alarm that stands first in the queue.
FLAT: Final = "b3/101"
RESIDENT: Final = "赵小满"
CODE: Final = "8642#"
NOTIFY: Final = (
    "[notify]",
    "enabled = true",
    "[[notify.channel]]",
    'name = "sms"',
    'request_file = "sms.toml"',
    'address = "phone"',
    "[[notify.channel]]",
    'name = "wecom"',
    'url_file = "wecom.url"',
)
_PEOPLE: Final = (
    (RESIDENT, "13800000101", "resident", FLAT, 0),
    ("钱大雪", "13800000102", "key_holder", FLAT, 1),
    ("孙立春", "13800000103", "key_holder", FLAT, 2),
    ("李谷雨", "13800000104", "police_officer", COMMUNITY, 0),
    ("周清明", "13800000105", "grid_worker", f"{COMMUNITY} / 3", 0),
    ("吴白露", "13800000106", "grid_worker", f"{COMMUNITY} / 7", 0),
    ("郑寒露", "13800000107", "volunteer", f"{COMMUNITY} / 3", 0),
    ("王霜降", "13800000108", "volunteer", f"{COMMUNITY} / 3", 1),
    ("冯小暑", "13800000109", "guard", "", 0),
    ("陈大寒", "13800000110", "guard", "", 1),
)


def move_in(site: Estate) -> None:
    """Store the people of the site."""
    ids: dict[str, str] = {}
    with PeopleStore(site.folder) as store:
        for name, phone, role, cell, order in _PEOPLE:
            person = Person(
                name=name, language="zh", consent_on="2026-03-01", addresses={"phone": phone}
            )
            ids[name] = store.add(person, [Responsibility(role, cell, order)])
        rota = RotaStore(store)
        for name, hours in (("冯小暑", "08:00-20:00"), ("陈大寒", "20:00-08:00")):
            rota.add(Shift(role="guard", cell="", hours=hours, days=DAYS, person=ids[name]))
        rota.set_special("2026-10-01", "holiday")
        notes = HouseholdStore(store)
        notes.keep(FLAT, Household(note="老人听力不好，请多敲门", consent_on="2026-03-01"))
        notes.keep(f"{COMMUNITY} / 3", Household(code=CODE, consent_on="2026-03-01"))
    _tell(site, ids)


def _tell(site: Estate, ids: dict[str, str]) -> None:
    with Reader(site.folder / "alarms.db") as reader:
        position = reader.head()
    outbox = Outbox(site.folder, site.clock)
    told = (("police_officer", "李谷雨"), ("grid_worker", "周清明"), ("guard", "冯小暑"))
    for alarm in range(1, position + 1):
        story = Story(what=What.ALARM, priority=1, position=alarm, at_ms=0, alarm=alarm)
        messages = [
            NewMessage(story=story, role=role, person=ids[name], due_ms=0) for role, name in told
        ]
        outbox.put(messages if alarm > position - 12 else [], alarm)
    waiting = outbox.open_after(0)
    for number, message in enumerate(waiting):
        send = outbox.begin("wecom" if number % 2 else "sms", [message], urgent=True)
        if number % 3 == 2:
            outbox.failed(send, "HTTP 503")
            outbox.tried(message.id, 1)
        else:
            outbox.succeeded(send)
    outbox.close()


def person_id(folder: Path, name: str) -> str:
    """Return the id of somebody by name."""
    with PeopleStore(folder) as store:
        return next(each.id for each in store.contacts("test") if each.person.name == name)


def alarm_of(folder: Path, device: str) -> int:
    """Return the number of the last alarm of a device."""
    with Reader(folder / "alarms.db") as reader:
        events = reader.read(0, 10_000, (Type.EVENT,))
    return max(
        entry.position
        for entry in events
        if entry.device == device
        and isinstance(entry.body, EventBody)
        and entry.body.state == names.ALARM
    )
