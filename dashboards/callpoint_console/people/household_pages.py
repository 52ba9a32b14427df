"""``/contacts/households``: notes and access codes, for the admin alone. Looks are on record."""

from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callpoint_console.people.contact_pages import ADMINS, IMPORT_KIB
from callpoint_console.people.requests import people_of_request, unusable, who_looks
from callpoint_console.rendering import go_to, language_of, page, words_in
from callpoint_console.security.endpoints import WHOLE_SITE, for_roles
from callpoint_people.csv_lines import Refused
from callpoint_people.household_csv import export_households, import_households
from callpoint_people.households import HouseholdStore, household
from callpoint_people.store import PeopleStore
from callpoint_people.words import PeopleError

_LONGEST: Final = 2000


@for_roles(ADMINS, place=WHOLE_SITE)
async def change(request: Request) -> Response:
    """Store or remove what is noted of the cell ``place``, and show that place again."""
    people, language, who = people_of_request(request), language_of(request), who_looks(request)
    form = await request.form()
    place, note, code, consent_on, do = (
        str(form.get(field, ""))[:_LONGEST]
        for field in ("place", "note", "code", "consent_on", "do")
    )

    def work(store: PeopleStore) -> str:
        cell = people.cells.cell(place)
        kept = HouseholdStore(store)
        if do == "remove":
            kept.remove(cell)
        else:
            kept.keep(cell, household(note, code, consent_on, people.today))
        return cell

    try:
        cell = await people.ask(who, work)
    except PeopleError as error:
        if error.key.startswith(("household.", "person.", "cell.")):
            return _done(request, error.in_(language), status=409)
        return unusable(request, error)
    return go_to(request, f"/contacts?{urlencode({'place': cell})}")


@for_roles(ADMINS, place=WHOLE_SITE, kib=IMPORT_KIB)
async def take_file(request: Request) -> Response:
    """Store the records of a CSV file: all, or none and each mistake with line and column."""
    people, language = people_of_request(request), language_of(request)
    file = (await request.form()).get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    try:
        cells = await people.ask(
            who_looks(request),
            lambda store: import_households(
                HouseholdStore(store), people.cells, content, people.today
            ),
        )
    except Refused as refused:
        words = words_in(language)
        mistakes = [mistake.in_(language) for mistake in refused.mistakes]
        return _done(request, words("contacts.not_imported"), *mistakes, status=409)
    except PeopleError as error:
        return unusable(request, error)
    return _done(request, words_in(language)("household.imported", count=len(cells)))


@for_roles(ADMINS, place=WHOLE_SITE)
async def give_file(request: Request) -> Response:
    """Return all notes and codes as CSV; the look is on record."""
    people, language, who = people_of_request(request), language_of(request), who_looks(request)
    try:
        content = await people.ask(
            who,
            lambda store: export_households(HouseholdStore(store).all(who.account), language),
        )
    except PeopleError as error:
        return unusable(request, error)
    headers = {
        "Content-Disposition": 'attachment; filename="households.csv"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def _done(request: Request, *lines: str, status: int = 200) -> Response:
    return page(request, "people/contacts_done.html", status, part="contacts", lines=lines)


ROUTES: Final = [
    Route("/contacts/households", change, methods=["POST"]),
    Route("/contacts/households/import", take_file, methods=["POST"]),
    Route("/contacts/households/export", give_file, methods=["POST"]),
]
