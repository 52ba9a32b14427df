"""The console behind nginx and Caddy of the distribution, as the document says to set them up."""

import re
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import httpx2
import pytest

from callpoint_console.storeys.picture import MOST_BYTES
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import EventBody, NewEntry, Quality, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names
from callpoint_rig.ports import free_port

from ..accounts.certificates import certificate
from ..accounts.office import PASSWORD
from ..accounts.test_console_process import user
from ..browser.console_process import ConsoleProcess, signed_in
from ..console.test_pictures_are_harmless import chunk, picture
from .proxy import HOST, PROXIES, SOON_S, before

CLIENT: Final = "127.0.0.9"  # the proxy itself comes from 127.0.0.1
SPOOFED: Final = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}
MOST_BEATS: Final = 10
REGISTER: Final = """
[[place]]
id = "b3"
community = "Garden"
building = "3"

[[device]]
id = "button"
place = "b3"

[[device.zone]]
zone = 1
kind = "panic"
"""


class Site(NamedTuple):
    """A console, the folder of its configuration, and its public address."""

    folder: Path
    url: str
    port: int  # of the proxy

    @contextmanager
    def browser(self, **headers: str) -> Iterator[httpx2.Client]:
        """Yield a browser that reaches the public address, from an address of its own."""
        trusted = ssl.create_default_context(cafile=self.folder / "c.pem")
        transport = httpx2.HTTPTransport(verify=trusted, local_address=CLIENT)
        host = {"Host": f"{HOST}:{self.port}", "Origin": self.url}
        with httpx2.Client(
            transport=transport,
            base_url=f"https://127.0.0.1:{self.port}",
            headers=host | headers,
            timeout=SOON_S,
        ) as client:
            yield client

    def signed_in(self) -> dict[str, str]:
        """Return the header that signs a browser in, with every role."""
        token = signed_in(self.folder / "gateway.toml", "desk", "en")
        return {"Cookie": f"__Host-callpoint-session={token}"}


@contextmanager
def site_behind(program: str, folder: Path) -> Iterator[Site]:
    port = free_port()
    url = f"https://{HOST}:{port}"
    certificate(folder, HOST)
    (folder / "register.toml").write_text(REGISTER)
    (folder / "gateway.toml").write_text(
        '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'
        f'[console]\npublic_url = "{url}"\nproxies = ["127.0.0.1"]\n'
    )
    (folder / "state").mkdir()
    for name, chained in (("alarms.db", True), ("telemetry.db", False)):
        Journal(folder / "state" / name, SystemClock(), chained=chained).close()
    console = ConsoleProcess(folder / "gateway.toml")
    try:
        with before(program, folder, port, console.port):
            yield Site(folder, url, port)
    finally:
        console.stop()


@pytest.fixture(scope="module", params=PROXIES)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with site_behind(request.param, tmp_path_factory.mktemp("site")) as found:
        yield found


def test_it_is_the_client_who_signs_in_and_the_cookie_is_for_tls_alone(site: Site) -> None:
    link = re.search(
        r"/welcome/\S+", user(site.folder / "gateway.toml", "add", "wang", "--role", "viewer")
    )
    assert link
    form = {"new": PASSWORD, "again": PASSWORD}
    with site.browser(**SPOOFED) as browser:
        answer = browser.post(link[0], data=form)
        assert answer.status_code == 303
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-callpoint-session=")
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= {
            part.strip().lower() for part in cookie.split(";")
        }
        shown = browser.get("/account", headers={"Cookie": cookie.partition(";")[0]})
        assert CLIENT in shown.text
        assert SPOOFED["X-Forwarded-For"] not in shown.text
        assert shown.headers["strict-transport-security"]


def test_an_address_without_its_slash_leads_to_the_public_host(site: Site) -> None:
    with site.browser() as browser:
        assert browser.get("/").headers["location"] == "/login?next=/"
        assert browser.get("/login/").headers["location"] == f"{site.url}/login"


def test_a_form_comes_from_the_public_address_only(site: Site) -> None:
    form = {"login": "wang", "password": "wrong"}
    with site.browser() as browser:
        assert "password is wrong" in browser.post("/login", data=form).text
        for stranger in ("https://evil.example", f"http://{HOST}:{site.port}", "null"):
            refused = browser.post("/login", data=form, headers={"Origin": stranger})
            assert refused.status_code == 403
            assert "<form" not in refused.text
        elsewhere = browser.get("/login", headers={"Host": "evil.example"})
        assert elsewhere.status_code in (200, 421)
        assert "<form" not in elsewhere.text


def test_an_event_comes_at_once_while_the_stream_stays_open(site: Site) -> None:
    with (
        site.browser(**site.signed_in(), Accept="text/event-stream") as browser,
        browser.stream("GET", "/live/manager") as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        next(line for line in lines if '"id": "alarms"' in line)
        clock = SystemClock()
        with closing(Journal(site.folder / "state/alarms.db", clock, chained=True)) as journal:
            now = clock.wall_ms()
            body = EventBody("estate", names.PANIC, names.ALARM, 1, 0, 1, 0, now, Quality.AGE)
            journal.submit([NewEntry(Type.EVENT, body, "button", 7, 1)])
        beats = 0
        while "data-alarm=" not in (line := next(lines)):
            # A proxy that gathers 4 KiB would send the alarm with the beats of minutes.
            beats += line == "event: beat"
            assert beats < MOST_BEATS


def test_the_largest_plan_of_a_storey_passes(site: Site) -> None:
    plan = picture(4, 2, chunk(b"tEXt", b"x" * (MOST_BYTES - 1000)))
    cookie = site.signed_in()
    with site.browser(**cookie) as browser:
        shown = browser.get("/storeys", params={"at": ["Garden", "3"]}).text
        token = re.search(r'name="csrf_token" value="([^"]*)"', shown)
        assert token
        form = {"csrf_token": token[1], "at": ["Garden", "3"], "name": "1"}
        kept = browser.post("/storeys", data=form, files={"plan": ("plan.png", plan)})
        assert kept.status_code == 303, kept.text
        image = browser.get(kept.headers["location"] + "/image")
        assert image.status_code == 200
