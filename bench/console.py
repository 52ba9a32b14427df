"""The console: press to page, its memory with thousands of devices, and how long a page takes."""

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Final, NamedTuple

from playwright.async_api import Page, async_playwright
from process import resident_mb

from callpoint_console.accounts.roles import Grant
from callpoint_console.accounts.sessions import SessionStore
from callpoint_console.accounts.store import AccountStore
from callpoint_console.database import Database, file_in
from callpoint_console.schema import SUBJECTS
from callpoint_gateway.alarms.questions import ActOnAlarm
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.control.client import ask_async
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import (
    Action,
    Cause,
    EventBody,
    FaultBody,
    NewEntry,
    Quality,
    Type,
)
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names
from callpoint_rig.part import Part
from callpoint_rig.ports import free_port
from callpoint_rig.rig import Rig
from callpoint_rig.virtual_board import now_ms

CLIENTS: Final = 50
PRESSES: Final = 60
SOON_S: Final = 30.0
NOTICED_S: Final = 0.2  # until the console has read what was stored
SETTLE_S: Final = 0.08  # the debounce of the release


class PressToPage(NamedTuple):
    """Milliseconds of each press until the row is in the browser; of each commit until a client.

    ``missed``: presses that did not come to the page.
    """

    page_ms: list[float]
    client_ms: list[float]
    missed: int


class Clients:
    """Plain clients of the live feed: each reads what comes, and the first one notes when."""

    def __init__(self, port: int, cookie: str, page: str) -> None:
        self._port, self._cookie, self._page = port, cookie, page
        self.seen_ms: dict[int, float] = {}  # by the number of the alarm
        self._reading: list[asyncio.Task[None]] = []

    async def open(self, count: int) -> None:
        """Open the connections, and wait until each has had something."""
        ready = [asyncio.Event() for _ in range(count)]
        for number, event in enumerate(ready):
            self._reading.append(asyncio.create_task(self._read(event, number == 0)))
        async with asyncio.timeout(SOON_S):
            for event in ready:
                await event.wait()

    async def close(self) -> None:
        """Close every connection."""
        for task in self._reading:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _read(self, ready: asyncio.Event, notes: bool) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 22)
        writer.write(
            f"GET /live/{self._page} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
            f"Cookie: callpoint-session={self._cookie}\r\n"
            "Accept: text/event-stream\r\n\r\n".encode()
        )
        try:
            while line := await reader.readline():
                if line.startswith(b"data: "):
                    ready.set()
                    if notes:
                        self._note(line)
        finally:
            writer.close()

    def _note(self, line: bytes) -> None:
        at_ms = now_ms()
        html = json.loads(line.removeprefix(b"data: ")).get("html", "")
        for part in html.split('data-alarm="')[1:]:
            self.seen_ms.setdefault(int(part.partition('"')[0]), at_ms)


def session_of(state_dir: Path, login: str = "bench") -> str:
    """Return the cookie of a new account with every role."""
    database, clock = Database(file_in(state_dir), SUBJECTS), SystemClock()
    try:
        store = AccountStore(database, clock)
        store.add(login, [Grant(role) for role in Role], "en")
        account = store.find(login).id
        ready = "UPDATE accounts SET factor = 'SECRET', must_change = 0 WHERE id = ?"
        database.write(lambda connection: connection.execute(ready, (account,)))
        sessions = SessionStore(database, ConsoleSettings(), clock)
        return sessions.begin(account, "127.0.0.1", "bench", factor=True)
    finally:
        database.close()


def console_part(folder: Path, port: int, nice: int = 0) -> Part:
    """Return the console of the configuration in a folder. ``nice``: see nice(1)."""
    command = ["nice", "-n", str(nice), sys.executable, "-m", "callpoint_cli.main", "console"]
    command += ["-c", str(folder / "gateway.toml"), "--port", str(port)]
    return Part("console", folder, command, port)


@asynccontextmanager
async def browser_page(port: int, cookie: str) -> AsyncIterator[Page]:
    """Yield the manager's page in a real browser, which notes when each row appears."""
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = shutil.which("playwright-node") or ""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"))
        context = await browser.new_context()
        address = f"http://127.0.0.1:{port}"
        await context.add_cookies([{"name": "callpoint-session", "value": cookie, "url": address}])
        page = await context.new_page()
        await page.goto(address)
        await page.evaluate(
            """() => { window.seen = {};
            const look = () => document.querySelectorAll("#alarms [data-alarm]").forEach(
              each => { window.seen[each.dataset.alarm] ??= Date.now(); });
            new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
            }"""
        )
        yield page
        await browser.close()


async def press_to_page(folder: Path) -> PressToPage:
    """Press a virtual board's button often, with a browser and 50 plain clients looking."""
    rig = Rig(folder)
    board = rig.board("button", [{"zone": 1, "kind": "panic", "input": "button"}])
    port = free_port()
    pressed_ms: dict[int, float] = {}
    async with rig:
        await board.until_up(SOON_S)
        cookie = session_of(rig.state_dir)
        console = console_part(folder, port)
        await console.start()
        clients = Clients(port, cookie, "manager")
        try:
            await clients.open(CLIENTS)
            async with browser_page(port, cookie) as page:
                for _ in range(PRESSES):
                    pressed = await board.press("button")
                    number = await _next_alarm(clients, pressed_ms)
                    pressed_ms[number] = pressed
                    await board.set("button", 0)
                    await _close(rig.state_dir, number)
                    await asyncio.sleep(SETTLE_S)
                shown: dict[str, float] = await page.evaluate("window.seen")
        finally:
            await clients.close()
            await console.stop()
        with Reader(rig.state_dir / "alarms.db") as reader:
            stored = {number: entry for number in pressed_ms if (entry := reader.entry(number))}
    ahead_ms = time.time() * 1000 - now_ms()
    rows = {int(number): at_ms - ahead_ms for number, at_ms in shown.items()}
    return PressToPage(
        [rows[number] - at_ms for number, at_ms in pressed_ms.items() if number in rows],
        [clients.seen_ms[number] - entry.mono_ms for number, entry in stored.items()],
        sum(number not in rows for number in pressed_ms),
    )


async def _next_alarm(clients: Clients, known: dict[int, float]) -> int:
    """Return the number of an alarm that has come to the clients since."""
    async with asyncio.timeout(SOON_S):
        while not (fresh := clients.seen_ms.keys() - known.keys()):  # noqa: ASYNC110 - a few ms
            await asyncio.sleep(0.005)
    return fresh.pop()


async def _close(state_dir: Path, number: int) -> None:
    await ask_async(state_dir, ActOnAlarm(alarm=number, action=Action.ACKNOWLEDGE))
    closing = ActOnAlarm(alarm=number, action=Action.CLOSE, cause=Cause.TEST)
    await ask_async(state_dir, closing)


def write_site(folder: Path, devices: int) -> None:
    """Write configuration, register and journals of a site whose devices have all been heard."""
    lines = []
    for number in range(devices):
        building, room = number // 20 + 1, number % 20
        place = f"b{building}/{room:02}"
        lines += ["[[place]]", f'id = "{place}"', 'community = "幸福小区"']
        lines += [f'building = "{building}号楼"', f'room = "{room // 4 + 1}0{room % 4 + 1}"']
        lines += ["[[device]]", f'id = "panic-{number}"', f'place = "{place}"']
        lines += ["[[device.zone]]", "zone = 1", 'kind = "panic"']
        lines += ["[[device.zone]]", "zone = 2", 'kind = "smoke"']
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "register.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "gateway.toml").write_text(
        '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'
    )
    (folder / "state").mkdir()
    clock = SystemClock()
    with closing(Journal(folder / "state/alarms.db", clock, chained=True)) as journal:
        for first in range(0, devices, 1000):
            journal.submit([_test(clock, n) for n in range(first, min(first + 1000, devices))])
    Journal(folder / "state/telemetry.db", clock, chained=False).close()


def _test(clock: SystemClock, number: int) -> NewEntry:
    kind, state, detail = names.TEST, names.TESTED, names.TEST_MANUAL
    now = clock.wall_ms()
    body = EventBody("estate", kind, state, 1, detail, 1, 0, now, Quality.AGE)
    return NewEntry(Type.EVENT, body, f"panic-{number}", 7, 1)


async def memory_mb(folder: Path, devices: int) -> float:
    """Return the console's resident memory with 50 clients, after an alarm came to each."""
    await asyncio.to_thread(write_site, folder, devices)
    port = free_port()
    cookie = session_of(folder / "state")
    console = console_part(folder, port)
    await console.start()
    clients = Clients(port, cookie, "manager")
    try:
        await clients.open(CLIENTS)
        clock = SystemClock()
        with closing(Journal(folder / "state/alarms.db", clock, chained=True)) as journal:
            now = clock.wall_ms()
            body = EventBody("estate", names.PANIC, names.ALARM, 1, 0, 1, 0, now, Quality.AGE)
            journal.submit([NewEntry(Type.EVENT, body, "panic-1", 7, 2)])
            await _next_alarm(clients, {})
        return resident_mb(console.pid)
    finally:
        await clients.close()
        await console.stop()


async def page_ms(folder: Path, devices: int, times: int = 50) -> Sequence[float]:
    """Return how long the manager's page takes, each time rendered anew."""
    await asyncio.to_thread(write_site, folder, devices)
    port = free_port()
    cookie = session_of(folder / "state")
    console = console_part(folder, port)
    await console.start()
    head = f"Host: 127.0.0.1:{port}\r\nCookie: callpoint-session={cookie}\r\n"
    request = f"GET / HTTP/1.0\r\n{head}\r\n"
    took = []
    journal = Journal(folder / "state/alarms.db", SystemClock(), chained=True)
    try:
        while len(took) < times + 1:
            # A change, so that the page is not one that was rendered before.
            body = FaultBody("timeseries", len(took) % 2 == 0, "bench")
            await journal.store([NewEntry(Type.FAULT, body)])
            await asyncio.sleep(NOTICED_S)
            started = time.monotonic()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request.encode())
            answer = await reader.read()
            writer.close()
            took.append((time.monotonic() - started) * 1000)
            if b"</html>" not in answer:
                raise RuntimeError(f"no page: {answer[:200]!r}")
    finally:
        await console.stop()
        journal.close()
    return took[1:]
