"""Console and notifier are killed at random moments while people work: nothing is forgotten.

Gateway, broker, board, console and notifier are real processes; whoever works tries again what got
no answer, as a person does.
"""

import json
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx2
import pytest

from callpoint_console.database import Database, file_in
from callpoint_console.schema import SUBJECTS
from callpoint_console.work.orders import OrderStore
from callpoint_gateway.alarms.questions import ListAlarms
from callpoint_gateway.control.client import ask
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import Action, ActionBody, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_people.outbox_file import open_outbox
from callpoint_people.person import Responsibility, person
from callpoint_people.store import PeopleStore
from callpoint_rig.receivers.robot import HttpService
from callpoint_rig.rig import PROGRAM

from ..browser.console_process import ConsoleProcess, signed_in
from ..browser.real_site import RealSite
from ..waiting import SOON_S, until

ROUNDS: Final = 6
SMS: Final = """'{"text": "{body}", "id": "{id}"}'"""
NOTIFY: Final = (
    "[notify]",
    "enabled = true",
    'tell = [["guard"], ["guard"], [], []]',
    "digest_s = 0",
    "[[notify.channel]]",
    'name = "sms"',
    'request_file = "sms.toml"',
    'address = "phone"',
    "per_minute = 6000",
)


class Notifier:
    """``callpoint notify`` as a process."""

    def __init__(self, config: Path) -> None:
        self._command = [sys.executable, *PROGRAM, "notify", "-c", str(config)]
        self._log = config.parent / "notify.log"
        self.start()
        # At its first start it begins where the journal ends.
        until(lambda: "follows the journal" in self._log.read_text("utf-8"))

    def start(self) -> None:
        """Start it."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait(SOON_S)


class Desk:
    """Somebody who works on the pages, and tries again what got no answer."""

    def __init__(self, console: ConsoleProcess) -> None:
        self._console = console
        token = signed_in(console.config, "desk-1", "en")
        self._browser = httpx2.Client(
            base_url=console.address,
            cookies={"callpoint-session": token},
            headers={"Origin": console.address},
            timeout=SOON_S,
        )
        self.unanswered = 0

    def close(self) -> None:
        """Close the browser."""
        self._browser.close()

    def get(self, path: str) -> str:
        """Return a page."""
        return self._sent("GET", path).text

    def post(self, path: str, **fields: str) -> httpx2.Response:
        """Send a form."""
        token = re.search(r'name="csrf-token" content="([^"]*)"', self.get("/account"))
        assert token
        return self._sent("POST", path, {"csrf_token": token[1], **fields})

    def _sent(self, method: str, path: str, form: dict[str, str] | None = None) -> httpx2.Response:
        end_s = time.monotonic() + SOON_S
        while True:
            try:
                answer = self._browser.request(method, path, data=form)
            except httpx2.TransportError:
                self.unanswered += 1
                assert time.monotonic() < end_s
                time.sleep(0.05)
                continue
            if answer.status_code < 500:
                return answer
            assert time.monotonic() < end_s, answer.text  # it has read nothing yet
            time.sleep(0.05)


class House:
    """The site, its processes, and what people were told to have done."""

    def __init__(self, site: RealSite, stack: ExitStack) -> None:
        self.site, self.state = site, site.rig.state_dir
        self.console = ConsoleProcess(site.config)
        stack.callback(self.console.kill)
        self.notifier = Notifier(site.config)
        stack.callback(self.notifier.kill)
        self.desk = Desk(self.console)
        stack.callback(self.desk.close)
        self.notes: list[str] = []

    def alarms(self) -> set[int]:
        """Return the numbers of the open alarms."""
        return {alarm.alarm for alarm in ask(self.state, ListAlarms()).alarms}

    def handed_over(self) -> str:
        """Return the page of the hand-over that waits for a signature."""
        found = re.search(r'"(/shift/hand-over/[0-9]+)"', self.desk.get("/shift"))
        assert found
        return self.desk.get(found[1])

    def work(self, number: int) -> int:
        """Do a round of everything; return the alarm that was raised and taken."""
        known = self.alarms()
        self.site.press()
        until(lambda: bool(self.alarms() - known))
        (alarm,) = self.alarms() - known
        desk = self.desk
        # A page that has not read the alarm yet says that it is not open.
        until(lambda: desk.post(f"/alarm/{alarm}/acknowledge").status_code in (204, 409))
        due = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
        note, device = f"note {number}", "device/button"
        made = desk.post(
            f"/work-orders/new?about={device}",
            about=device,
            assignee="@technician",
            due=due,
            note=note,
        )
        assert made.status_code == 303, made.text
        self.notes.append(note)
        for what in ("start", "hand-over"):
            assert desk.post("/shift", do=what, note=note).status_code == 303
        assert note in self.handed_over()
        closed = desk.post(f"/alarm/{alarm}/close", cause="test").status_code
        assert closed in (204, 409)
        return alarm


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[House, HttpService]]:
    with ExitStack() as stack:
        service = stack.enter_context(HttpService().running())
        (tmp_path / "sms.toml").touch(0o600)
        (tmp_path / "sms.toml").write_text(
            f'url = "http://127.0.0.1:{service.port}/sms"\nbody = {SMS}\n'
        )

        site = RealSite(tmp_path, NOTIFY)
        stack.callback(site.close)
        with PeopleStore(site.rig.state_dir) as people:
            today = datetime.now(UTC).date()
            guard = person("Guard", "en", "2026-01-02", {"phone": "13800138000"}, (), today)
            people.add(guard, [Responsibility("guard", "")])
        yield House(site, stack), service


def test_nothing_is_forgotten(house: tuple[House, HttpService]) -> None:
    site, service = house
    chance = random.Random(13)
    service.delay_s = lambda: chance.uniform(0, 0.1)
    alarms, kills = [], {"console": 0, "notifier": 0}
    for number in range(ROUNDS):
        name = ("console", "notifier")[number % 2]
        part = site.console if name == "console" else site.notifier

        def kill_and_start(part: ConsoleProcess | Notifier = part) -> None:
            part.kill()
            part.start()

        killer = threading.Timer(chance.uniform(0, 0.4), kill_and_start)
        killer.start()
        alarms.append(site.work(number))
        killer.join()
        kills[name] += 1

    until(lambda: _told(site.state, service) >= set(alarms))
    assert len(set(alarms)) == ROUNDS
    owners = _owners(site.state)
    assert {alarm: owners[alarm] for alarm in alarms} == {alarm: ["desk-1"] for alarm in alarms}
    orders = Counter(_notes(site.state))
    assert set(site.notes) <= set(orders)
    assert sum(orders.values()) - len(orders) <= site.desk.unanswered
    assert site.notes[-1] in site.handed_over()
    sends = [json.loads(body) for body in service.bodies]
    repeats = Counter(send["id"] for send in sends)
    assert sum(repeats.values()) - len(repeats) <= kills["notifier"]
    assert len({(send["id"], send["text"]) for send in sends}) == len(repeats)


def _told(state: Path, service: HttpService) -> set[int]:
    """Return the alarms that a text at the service is of; a text may be of several."""
    texts = [json.loads(body) for body in service.bodies]
    came = {int(number) for text in texts for number in re.findall(r"\d+", text["id"])}
    with closing(open_outbox(state)) as outbox:
        sent = outbox.execute(
            "SELECT about, send FROM message "
            "WHERE subject = 'alarm/' || about AND send IS NOT NULL"
        ).fetchall()
    return {alarm for alarm, send in sent if send in came}


def _owners(state: Path) -> dict[int, list[str]]:
    owners: dict[int, list[str]] = {}
    with Reader(state / "alarms.db") as reader:
        for entry in reader.all_of(Type.ACTION):
            body = entry.body
            if isinstance(body, ActionBody) and body.action is Action.ACKNOWLEDGE and entry.about:
                owners.setdefault(entry.about, []).append(body.who)
    return owners


def _notes(state: Path) -> list[str]:
    database = Database(file_in(state), SUBJECTS)
    try:
        return [order.note for order in OrderStore(database, SystemClock()).all()]
    finally:
        database.close()
