"""A name and a number that are planted, and then looked for wherever they must never be."""

import asyncio
import html
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_console.accounts.looks import KINDS
from callpoint_console.accounts.roles import Grant
from callpoint_console.console import FRAME, MANAGER, OPERATOR, WALL
from callpoint_console.live.broadcaster import View
from callpoint_console.visitor import EVERYTHING
from callpoint_gateway.control.roles import DESK, Role
from callpoint_gateway.words.text import LANGUAGES
from callpoint_people.person import Responsibility
from callpoint_people.rota import DAYS
from callpoint_people.store import PeopleStore

from ..accounts.test_every_endpoint import FOREIGN, OWN, Site, path_of, routes_of
from ..console.estate import estate
from .people_site import NAME, NUMBER, Guest, person

#: As people might write them; the digits alone are found in every other form.
CANARIES = (NAME, NUMBER.removeprefix("+86"), "金丝雀")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Return a console with every page, of an estate where the canary lives."""
    state = tmp_path / "state"
    state.mkdir()
    with estate(state) as written:
        found = Site(state, written)
        yield found
        found.close()


def guest(site: Site, role: Role) -> Guest:
    login = f"{role}-{len(site.accounts.store.all())}"
    cookie, token = site.session(login, Grant(role))
    return Guest(site.app, cookie, token, "192.0.2.7")


def told(text: str) -> list[str]:
    """Return the canaries in a text."""
    return [canary for canary in CANARIES if canary in html.unescape(text)]


def plant(folder: Path) -> str:
    """Have the canary live in two flats, as resident and as key holder; return its id."""
    roles = [("resident", OWN), ("key_holder", OWN), ("resident", FOREIGN)]
    with PeopleStore(folder) as store:
        return store.add(
            person(NAME, NUMBER), [Responsibility(role, place) for role, place in roles]
        )


async def use(site: Site, id: str) -> list[str]:
    """Do whatever brings the canary to a page; return the addresses that answers lead to."""
    admin, operator = guest(site, Role.ADMIN), guest(site, Role.OPERATOR)
    alarm = site.alarms[OWN]
    shown = await operator.post(f"/operator/alarm/{alarm}/household")
    assert NAME in shown.text, "the canary is alive"
    record = {"name": NAME, "phone": NUMBER, "language": "zh", "consent_on": "2026-01-02"}
    bad = f"name,phone,consent on,role,place\n{NAME},{NUMBER},2026-01-02,{NAME},{NUMBER}\n"
    answers = [
        await admin.get(f"/contacts?place={OWN}"),
        await admin.get(f"/contacts/{id}"),
        await admin.post("/contacts", data=record),
        await admin.post("/contacts", data=record | {"consent_on": NUMBER, "role": NAME}),
        await admin.post(f"/contacts/{id}", data=record | {"do": "save"}),
        await admin.post(f"/contacts/{id}", data={"do": "test"}),
        await admin.post("/contacts/import", files={"file": (NAME, bad.encode())}),
        await admin.post("/contacts/export"),
        await admin.post("/rota/change", data={"do": "add", "member": NAME, "hours": NUMBER}),
        await admin.post(
            "/rota/change",
            data={"member": f"guard||{NAME}", "hours": "08:00-20:00", "days": list(DAYS)},
        ),
        await operator.post(f"/alarm/{alarm}/note", data={"note": f"{NAME} {NUMBER}"}),
    ]
    assert all(answer.status_code < 500 or answer.status_code == 503 for answer in answers)
    return [answer.headers.get("location", "") for answer in answers]


def test_the_canary_is_in_no_log_journal_address_page_or_file(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    state = tmp_path / "state"
    id = plant(state)

    async def run() -> None:
        async with site.running():
            for location in await use(site, id):
                assert not told(location)
            for role in Role:
                looker = guest(site, role)
                for route in routes_of(site.app.routes):
                    path = path_of(route, site)
                    if "GET" not in (route.methods or ()) or path.startswith("/live/"):
                        continue
                    answer = await looker.get(path)
                    assert not told(answer.text), (role, path)
                    assert not told(str(answer.headers.raw)), (role, path)
            for live in (MANAGER, WALL, OPERATOR, FRAME):
                for language in LANGUAGES:
                    view = View(live, language, EVERYTHING)
                    for section in site.console.broadcaster.sections(view).values():
                        assert not told(section.html), live

    asyncio.run(run())
    looks = site.accounts.looks.looks()
    assert {look.what for look in looks} <= set(KINDS)
    assert not told(str(looks))
    assert not told(caplog.text)
    in_files(state)


def test_no_role_but_the_admin_and_the_desk_of_the_place_ever_sees_it(site: Site) -> None:
    folder = site.database.file.parent.parent
    id = plant(folder)

    async def run() -> None:
        async with site.running():
            for role in set(Role) - DESK - {Role.ADMIN}:
                looker = guest(site, role)
                for method, path in (
                    ("POST", f"/operator/alarm/{site.alarms[OWN]}/household"),
                    ("GET", f"/operator/alarm/{site.alarms[OWN]}/people"),
                    ("GET", f"/contacts?place={OWN}"),
                    ("GET", f"/contacts/{id}"),
                    ("POST", "/contacts/export"),
                ):
                    answer = await looker.send(method, path)
                    assert answer.status_code == 403, (role, path)
                    assert not told(answer.text)

    asyncio.run(run())


def in_files(folder: Path) -> None:
    """Look into every file: journals, the console's and the people's own, and their logs."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert {"alarms.db", "console.sqlite3", "people.sqlite3"} <= {file.name for file in files}
    for file in files:
        content = file.read_bytes()
        for canary in CANARIES:
            for encoding in ("utf-8", "utf-16-le", "gb18030"):
                assert canary.encode(encoding) not in content, (file.name, canary)


def test_a_backup_has_no_contacts_unless_secrets_are_asked_for(site: Site, tmp_path: Path) -> None:
    plant(tmp_path / "state")
    (tmp_path / "register.toml").write_text('[[place]]\nid = "home"\n')
    config = tmp_path / "gateway.toml"
    config.write_text('[gateway]\nsite = "e"\nstate_dir = "state"\nregister = "register.toml"\n')
    target = tmp_path / "copy"
    done = CliRunner().invoke(main, ["backup", str(target), "-c", str(config)])
    assert done.exit_code == 0, done.output
    assert not told(done.output)
    names = {file.name for file in target.rglob("*") if file.is_file()}
    assert "alarms.db" in names
    assert not {name for name in names if name.startswith("people.")}
    for file in target.rglob("*"):
        if file.is_file():
            assert all(canary.encode() not in file.read_bytes() for canary in CANARIES)
