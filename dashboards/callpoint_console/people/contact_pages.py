"""``/contacts``: the records of people, for the admin alone. Every look is on record."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callpoint_console.people.contact_form import Typed, person_of, responsibility_of, typed
from callpoint_console.people.requests import people_of_request, unusable, who_looks
from callpoint_console.rendering import go_to, language_of, page, words_in
from callpoint_console.security.endpoints import WHOLE_SITE, for_roles
from callpoint_gateway.control.roles import Role
from callpoint_people import roles
from callpoint_people.cells import Cells, shown
from callpoint_people.csv_file import export_csv, import_csv
from callpoint_people.csv_lines import Refused
from callpoint_people.households import Household, HouseholdStore, Noted
from callpoint_people.notifications import Notifications
from callpoint_people.outbox_file import OutboxUnusable
from callpoint_people.store import Contact, PeopleStore
from callpoint_people.words import PeopleError, say

ADMINS: Final = frozenset({Role.ADMIN})
IMPORT_KIB: Final = 2048
SHOWN: Final = 300
#: As ``place``: everybody, also who is responsible for nothing.
EVERYBODY: Final = "*"

T = TypeVar("T")


class CellRow(msgspec.Struct, frozen=True):
    """A cell with people: how many of each role. It names nobody."""

    cell: str
    name: str
    counts: str


class ContactRow(msgspec.Struct, frozen=True):
    """A person in the list."""

    id: str
    name: str
    addresses: tuple[str, ...]
    responsible: tuple[str, ...]
    consent_on: str


class _Listed(msgspec.Struct, frozen=True):
    """What the list shows: the cells with people, and those of one place with its note."""

    cells: list[CellRow]
    contacts: list[ContactRow]
    place: str
    noted: Household | None


class Given(msgspec.Struct, frozen=True):
    """A responsibility of a person, as a page shows it, and as its button names it."""

    role: str
    cell: str
    text: str
    order: int


async def _ask(request: Request, work: Callable[[PeopleStore], T]) -> T:
    return await people_of_request(request).ask(who_looks(request), work)


def role_text(role: str, cell: str, language: str) -> str:
    """Return a role at a cell, as people say it."""
    return say("contact.role", language, role=roles.name_of(role), cell=shown(cell))


def _cells(store: PeopleStore, language: str) -> list[CellRow]:
    counted: dict[str, Counter[str]] = {}
    rows = store.rows("SELECT cell, role, count(*) FROM responsibility GROUP BY cell, role")
    for cell, role, count in rows:
        counted.setdefault(cell, Counter())[roles.name_of(role).in_(language)] += count
    return [
        CellRow(
            cell,
            shown(cell).in_(language),
            words_in(language).listed(f"{role} {count}" for role, count in sorted(counts.items())),
        )
        for cell, counts in sorted(counted.items())
    ]


def _row(contact: Contact, language: str) -> ContactRow:
    return ContactRow(
        contact.id,
        contact.person.name,
        tuple(contact.person.addresses.values()),
        tuple(role_text(each.role, each.cell, language) for each in contact.responsible),
        contact.person.consent_on,
    )


def _of_place(store: PeopleStore, cells: Cells, place: str, who: str) -> list[Contact]:
    """Return the people of a cell and of all that is in it; the look is on record."""
    if place == EVERYBODY:
        return store.contacts(who, "contacts")
    held = [cell for (cell,) in store.rows("SELECT DISTINCT cell FROM responsibility")]
    inside = [cell for cell in held if place in cells.upwards(cell)]
    ids = [id for cell in inside for id in _at(store, cell)]
    return store.those(ids, who, "contacts", place)


def _at(store: PeopleStore, cell: str) -> list[str]:
    query = "SELECT DISTINCT person FROM responsibility WHERE cell = ? ORDER BY person"
    return [id for (id,) in store.rows(query, (cell,))]


async def _list(
    request: Request,
    said: str = "",
    mistakes: tuple[str, ...] = (),
    values: Typed | None = None,
) -> Response:
    """Show the cells that have people; with ``place``, the people there."""
    people, language, who = people_of_request(request), language_of(request), who_looks(request)
    wanted, asked_for = request.query_params.get("place"), request.method == "GET"

    def look(store: PeopleStore) -> _Listed:
        found: list[Contact] = []
        noted: list[Noted] = []
        place = wanted or ""
        if wanted is not None and asked_for:
            place = wanted if wanted == EVERYBODY else people.cells.cell(wanted)
            found = _of_place(store, people.cells, place, who.account)
            if place and place != EVERYBODY:
                noted = HouseholdStore(store).of([place], who.account, place)
        rows = [_row(each, language) for each in found]
        return _Listed(_cells(store, language), rows, place, noted[0].household if noted else None)

    cells: list[CellRow] = []
    shown_now = _Listed([], [], wanted or "", None)
    try:
        shown_now = await _ask(request, look)
        cells = shown_now.cells
    except PeopleError as error:
        if not error.key.startswith("cell."):
            return unusable(request, error)
        said = said or error.in_(language)
        cells = await _ask(request, lambda store: _cells(store, language))
    return page(
        request,
        "people/contacts.html",
        409 if said or mistakes else 200,
        part="contacts",
        said=said,
        mistakes=mistakes,
        values=values or Typed(consent_on=people.today.isoformat(), language=language),
        cells=cells[:SHOWN],
        more=max(0, len(cells) - SHOWN),
        listed=wanted is not None and asked_for and not said,
        place=shown_now.place,
        place_name=words_in(language)("contacts.everybody")
        if shown_now.place == EVERYBODY
        else shown(shown_now.place).in_(language),
        contacts=shown_now.contacts,
        noted=shown_now.noted or Household(consent_on=people.today.isoformat()),
        is_noted=shown_now.noted is not None,
        known_roles=_role_names(language),
    )


def _role_names(language: str) -> list[tuple[str, str]]:
    return [(role, name.in_(language)) for role, name in roles.NAMES.items()]


@for_roles(ADMINS, place=WHOLE_SITE)
async def contacts(request: Request) -> Response:
    """Show which places have people, and those of one place; or store a person."""
    if request.method != "POST":
        return await _list(request)
    people, values = people_of_request(request), await typed(request)

    def add(store: PeopleStore) -> str:
        given = responsibility_of(values, people.cells)
        return store.add(person_of(values, people.today), given)

    try:
        id = await _ask(request, add)
    except PeopleError as error:
        return await _list(request, error.in_(language_of(request)), values=values)
    return go_to(request, f"/contacts/{id}")


async def _one(request: Request, said: str = "", values: Typed | None = None) -> Response:
    language, id = language_of(request), request.path_params["person"]
    who = who_looks(request)
    try:
        found = await _ask(request, lambda store: store.contact(id, who.account))
    except PeopleError as error:
        if error.key == "person.unknown":
            return page(request, "missing.html", 404, text=words_in(language)("contacts.unknown"))
        return unusable(request, error)
    given = [
        Given(each.role, each.cell, role_text(each.role, each.cell, language), each.order)
        for each in found.responsible
    ]
    return page(
        request,
        "people/contact.html",
        409 if values is not None else 200,
        part="contacts",
        said=said,
        id=id,
        values=values or Typed.of(found.person),
        name=found.person.name,
        given=given,
        known_roles=_role_names(language),
        channels=[channel.name for channel in people_of_request(request).notify.channel],
    )


@for_roles(ADMINS, place=WHOLE_SITE)
async def contact(request: Request) -> Response:
    """Show one person, and change, test or delete the record."""
    if request.method != "POST":
        return await _one(request)
    language, values = language_of(request), await typed(request)
    what = str((await request.form()).get("do", ""))
    try:
        if what == "delete":
            return await _deleted(request)
        if what == "test":
            return await _one(request, await _tested(request))
        said = await _ask(request, lambda store: _changed(request, store, what, values))
    except PeopleError as error:
        kept = values if what == "save" else None
        return await _one(request, error.in_(language), kept)
    return await _one(request, words_in(language)(said) if said else "")


def _changed(request: Request, store: PeopleStore, what: str, values: Typed) -> str:
    people, id = people_of_request(request), request.path_params["person"]
    if what == "save":
        store.replace(id, person_of(values, people.today))
        return "contacts.saved"
    if what == "give":
        for each in responsibility_of(values, people.cells):
            store.give(id, each)
    elif what == "take":
        store.take(id, values.role, values.place)
    else:
        return ""
    return "contacts.saved"


async def _tested(request: Request) -> str:
    people, id = people_of_request(request), request.path_params["person"]
    words = words_in(language_of(request))
    known = await _ask(request, lambda store: store.ids())
    if id not in known:
        return ""
    now_ms = people.clock.wall_ms()
    try:
        await asyncio.to_thread(Notifications(people.state_dir).ask_for_test, now_ms, id)
    except OutboxUnusable:
        return words("messages.no_notifier")
    return words("messages.asked")


async def _deleted(request: Request) -> Response:
    language, id = language_of(request), request.path_params["person"]
    done = await _ask(request, lambda store: store.delete(id))
    lines = [
        say(
            "contact.deleted",
            language,
            person=id,
            roles=done.responsible,
            shifts=done.shifts,
            households=done.households,
        )
    ]
    if not done.traces_gone:
        lines.append(say("contact.traces", language))
    return page(request, "people/contacts_done.html", part="contacts", lines=lines)


@for_roles(ADMINS, place=WHOLE_SITE, kib=IMPORT_KIB)
async def take_file(request: Request) -> Response:
    """Store the contacts of a CSV file: all, or none and each mistake with line and column."""
    people, language = people_of_request(request), language_of(request)
    file = (await request.form()).get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    try:
        done = await _ask(
            request, lambda store: import_csv(store, people.cells, content, people.today)
        )
    except Refused as refused:
        mistakes = tuple(mistake.in_(language) for mistake in refused.mistakes)
        return await _list(request, mistakes=mistakes)
    except PeopleError as error:
        return unusable(request, error)
    said = say(
        "contact.imported",
        language,
        added=done.added,
        changed=done.changed,
        roles=done.responsibilities,
    )
    return page(request, "people/contacts_done.html", part="contacts", lines=[said])


@for_roles(ADMINS, place=WHOLE_SITE)
async def give_file(request: Request) -> Response:
    """Return all contacts as CSV; the look is on record."""
    language, who = language_of(request), who_looks(request)
    try:
        content = await _ask(
            request,
            lambda store: export_csv(store.contacts(who.account, "export"), language),
        )
    except PeopleError as error:
        return unusable(request, error)
    headers = {
        "Content-Disposition": 'attachment; filename="contacts.csv"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


ROUTES: Final = [
    Route("/contacts", contacts, methods=["GET", "POST"]),
    Route("/contacts/import", take_file, methods=["POST"]),
    Route("/contacts/export", give_file, methods=["POST"]),
    Route("/contacts/{person}", contact, methods=["GET", "POST"]),
]
