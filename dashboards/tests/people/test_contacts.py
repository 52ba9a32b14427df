"""The records of people: for the admin alone, by place, each look on record; and as files."""

import asyncio
import csv
import html
import io

from callpoint_console.people.contact_pages import EVERYBODY
from callpoint_gateway.control.roles import Role
from callpoint_people.notifications import Notifications
from callpoint_people.outbox_file import open_outbox

from .people_site import BUILDING, FLAT, NAME, NUMBER, Guest, PeopleSite

FORM = {
    "name": "周小明",
    "phone": "138 0000 0009",
    "language": "zh",
    "consent_on": "2026-02-03",
    "further": "bark: abc123",
    "role": "volunteer",
    "place": BUILDING,
    "order": "3",
}


def looks(site: PeopleSite) -> list[tuple[str, str, str, int]]:
    """Return the looks in the order in which they were made."""
    return [(look.account, look.what, look.place, look.persons) for look in site.looks()][::-1]


async def text_of(guest: Guest, path: str) -> str:
    shown = await guest.get(path)
    assert shown.status_code == 200, (path, shown.status_code)
    assert shown.headers["cache-control"] == "no-store"
    return html.unescape(shown.text)


def test_a_list_is_of_one_place_and_on_record(site: PeopleSite) -> None:
    admin = site.signed_in("a", Role.ADMIN)

    async def run() -> None:
        async with site.running():
            overview = await text_of(admin, "/contacts")
            assert "resident 1" in overview
            assert NAME not in overview
            assert looks(site) == [], "counts are no look"
            flat = await text_of(admin, f"/contacts?place={FLAT}")
            assert NAME in flat
            assert NUMBER in flat
            assert "Grid Worker" not in flat
            building = await text_of(admin, f"/contacts?place={BUILDING}")
            assert NAME in building
            assert "Grid Worker" in building
            everybody = await text_of(admin, f"/contacts?place={EVERYBODY}")
            assert "Night Guard" in everybody
            unknown = await admin.get("/contacts?place=nowhere")
            assert unknown.status_code == 409
            assert "no such place" in unknown.text
            one = await text_of(admin, f"/contacts/{site.ids['resident']}")
            assert NAME in one
            assert (await admin.get("/contacts/p-nobody")).status_code == 404

    asyncio.run(run())
    assert looks(site) == [
        ("a", "contacts", FLAT, 3),
        ("a", "contacts", BUILDING, 4),
        ("a", "contacts", "", 5),
        ("a", "show", "", 1),
    ]
    assert site.looks()[0].why == site.ids["resident"]


def test_a_person_is_added_changed_and_deleted(site: PeopleSite) -> None:
    admin = site.signed_in("a", Role.ADMIN)

    async def run() -> None:
        async with site.running():
            added = await admin.post("/contacts", data=FORM)
            assert added.status_code == 303
            path = added.headers["location"]
            id = path.rpartition("/")[2]
            shown = await text_of(admin, path)
            for said in ("周小明", "13800000009", "bark: abc123", "2026-02-03", "volunteer"):
                assert said in shown
            changed = FORM | {"do": "save", "name": "周大明", "phone": "", "role": ""}
            assert "Saved." in (await admin.post(path, data=changed)).text
            given = {"do": "give", "role": "night-guards", "place": FLAT, "order": "1"}
            assert "night-guards" in (await admin.post(path, data=given)).text
            taken = {"do": "take", "role": "volunteer", "place": BUILDING}
            await admin.post(path, data=taken)
            with site.store() as store:
                person = store.for_machine(id)
                held = store.responsibilities(id)
            assert person is not None
            assert (person.name, person.addresses) == ("周大明", {"bark": "abc123"})
            assert [(each.role, each.cell, each.order) for each in held] == [
                ("night-guards", FLAT, 1)
            ]
            gone = await admin.post(path, data={"do": "delete"})
            assert (
                f"{id}: deleted, with 1 responsibilities, 0 shifts and the notes of 0 households"
                in gone.text
            )
            assert (await admin.get(path)).status_code == 404

    asyncio.run(run())


def test_what_is_refused_is_said_and_what_was_typed_stays(site: PeopleSite) -> None:
    admin = site.signed_in("a", Role.ADMIN)
    wrong = {
        "consent_on": ("", "nobody is stored without"),
        "name": ("=1+1", "1 to 64 characters"),
        "phone": ("call me", "a telephone number"),
        "place": ("nowhere", "no such place"),
        "role": ("Bad Role", "a role or group is"),
        "order": ("x", "a number from 0 to 99"),
        "further": ("no kind", "a kind of address is"),
    }

    async def run() -> None:
        async with site.running():
            for field, (value, said) in wrong.items():
                refused = await admin.post("/contacts", data=FORM | {field: value})
                text = html.unescape(refused.text)
                assert refused.status_code == 409, field
                assert said in text, field
                assert "周小明" in text or field == "name"
            taken = FORM | {"role": "grid_worker"}
            refused = await admin.post("/contacts", data=taken)
            assert "has a grid worker already" in refused.text
            path = f"/contacts/{site.ids['guard']}"
            kept = await admin.post(path, data=FORM | {"do": "save", "consent_on": "2199-01-01"})
            assert "not in the future" in kept.text
            assert "周小明" in kept.text
            assert "Saved" not in kept.text

    asyncio.run(run())
    with site.store() as store:
        assert len(store.ids()) == 5


def test_a_file_is_imported_completely_or_each_mistake_is_named(site: PeopleSite) -> None:
    admin = site.signed_in("a", Role.ADMIN)
    head = "姓名,电话,同意日期,角色,地点\r\n"
    good = f"{head}金丝猴,13800001111,2026-03-01,志愿者,{BUILDING}\r\n"
    bad = f"{good}雪豹,12,2026-03-01,志愿者,{BUILDING}\r\n猞猁,13800001113,,志愿者,nowhere\r\n"

    async def run() -> None:
        async with site.running():
            refused = await admin.post("/contacts/import", files={"file": ("c.csv", bad.encode())})
            text = html.unescape(refused.text)
            assert refused.status_code == 409
            assert "line 3, column 2 (电话)" in text
            assert "line 4, column 3 (同意日期)" in text
            assert "line 4, column 5 (地点)" in text
            assert "雪豹" not in text
            done = await admin.post(
                "/contacts/import", files={"file": ("c.csv", good.encode("gb18030"))}
            )
            assert "1 added, 0 changed, 1 responsibilities" in done.text
            empty = await admin.post("/contacts/import", data={"file": ""})
            assert empty.status_code == 409
            large = await admin.post(
                "/contacts/import", files={"file": ("c.csv", b"x" * 3_000_000)}
            )
            assert large.status_code == 413
            exported = await admin.post("/contacts/export")
            assert exported.headers["content-disposition"].startswith("attachment;")
            assert exported.headers["cache-control"] == "no-store"
            rows = list(csv.reader(io.StringIO(exported.content.decode("utf-8-sig"))))
            assert {"金丝猴", NAME} <= {row[1] for row in rows}
            again = await admin.post(
                "/contacts/import", files={"file": ("c.csv", exported.content)}
            )
            assert "0 added, 6 changed" in again.text

    asyncio.run(run())
    assert looks(site) == [("a", "export", "", 6)]


def test_a_test_message_is_asked_of_the_notifier(site: PeopleSite) -> None:
    admin = site.signed_in("a", Role.ADMIN)
    path = f"/contacts/{site.ids['guard']}"

    async def run() -> None:
        async with site.running():
            never = await admin.post(path, data={"do": "test"})
            assert "The notifier has never run here" in never.text
            open_outbox(site.folder).close()
            asked = await admin.post(path, data={"do": "test"})
            assert "Asked for" in asked.text

    asyncio.run(run())
    outbox = open_outbox(site.folder)
    rows = outbox.execute("SELECT person, channel FROM asked").fetchall()
    outbox.close()
    assert rows == [(site.ids["guard"], "")]
    assert Notifications(site.folder).newest() == []


def test_a_name_that_is_html_is_shown_as_text(site: PeopleSite) -> None:
    admin = site.signed_in("a", Role.ADMIN)
    evil = "<script>alert(1)</script>"

    async def run() -> None:
        async with site.running():
            added = await admin.post("/contacts", data=FORM | {"name": evil})
            for path in (added.headers["location"], f"/contacts?place={EVERYBODY}"):
                shown = await admin.get(path)
                assert "&lt;script&gt;" in shown.text
                assert evil not in shown.text

    asyncio.run(run())
