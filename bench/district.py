"""Measures a district: many gateways, one engine, one database, on this machine.

The gateways are simulated in processes of their own (``district_gateways``): real lines over TLS,
each with its own certificate. They take their share of the same cores, so it is measured too.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg
from district_page import OpenPage
from process import cpu_s, resident_mb

from callpoint_district.database import Database
from callpoint_district.sites.asking import AskingLine
from callpoint_gateway.alarms.questions import ActOnAlarm
from callpoint_gateway.broker import private_files
from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import Action
from callpoint_gateway.upstream.connection import connected
from callpoint_rig.district_rig import DISTRICT, DistrictRig

GATEWAYS: Final = 1_000
SIMULATORS: Final = 2
ALARMS_PER_S: Final = 10.0
#: ``make bench`` takes the ten minutes of the aim; a run while one works takes less.
SECONDS: Final = float(os.environ.get("DISTRICT_SECONDS", "600"))
BEHIND, URGENT = 100, 5  # of each gateway after the outage: entries, and alarms among them
FLOORS: Final = 1_000
#: A real gateway with a board, among the simulated ones.
REAL: Final = "g1"
ACTS: Final = 200
LOOK_S: Final = 0.005
SOON_S: Final = 60.0
_GATEWAYS: Final = Path(__file__).parent / "district_gateways.py"
# When a copy is shown, by the clock of the database: the bench's own table.
_SHOWN: Final = """
CREATE TABLE bench_shown (gateway text, position bigint, at_ms double precision);
CREATE FUNCTION bench_show() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO bench_shown SELECT gateway, position, extract(epoch FROM clock_timestamp()) * 1000
  FROM shown; RETURN NULL; END $$;
CREATE TRIGGER bench_provisional AFTER INSERT ON provisional REFERENCING NEW TABLE AS shown
  FOR EACH STATEMENT EXECUTE FUNCTION bench_show();
CREATE TRIGGER bench_alarms AFTER INSERT ON alarms REFERENCING NEW TABLE AS shown
  FOR EACH STATEMENT EXECUTE FUNCTION bench_show();
"""


class Load(msgspec.Struct):
    """What each kind of process took of the machine, in cores."""

    district: float
    engine: float
    database: float
    simulators: float


class Found(msgspec.Struct):
    """The results; times in ms or s as their names say."""

    took_ms: list[float]
    page_ms: list[float]
    missed: int
    answer_ms: list[float]
    down_ms: list[float]
    floor_ms: list[float]
    lost: int
    twice: int
    urgent_own_s: float
    urgent_all_s: float
    connected_s: float
    drain_s: float
    rss_mb: float
    console_rss_mb: float
    engine_rss_mb: float
    entry_bytes: float
    load: Load
    drain_load: Load


class _Simulator:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def ask(self, what: str, *arguments: object) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([what, arguments]).encode() + b"\n")
        await self.process.stdin.drain()
        line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError("a process of gateways has ended")
        return json.loads(line)


class District:
    """A running district with its simulated gateways."""

    def __init__(self, rig: DistrictRig, simulators: list[_Simulator]) -> None:
        self.rig = rig
        self.simulators = simulators
        self.database = rig.database.address()

    async def all(self, what: str, *arguments: object) -> list[Any]:
        """Give a command to all simulators."""
        return await asyncio.gather(*(each.ask(what, *arguments) for each in self.simulators))

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Return the rows that the database has."""
        with psycopg.connect(self.database) as connection:
            return connection.execute(text).fetchall()

    def processor_s(self) -> list[float]:
        """Return the processor time of district, engine, database and simulators until now."""
        return [
            sum(cpu_s(process.pid) for process in self.rig.processes),
            cpu_s(self.rig.engine.pid),
            sum(cpu_s(pid) for pid in _tree(self.rig.database.pid)),
            sum(cpu_s(each.process.pid) for each in self.simulators),
        ]


def _tree(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += _tree(int(child))
    return found


class _Measured:
    """Measures what the parts take of the machine while it is entered."""

    def __init__(self, district: District) -> None:
        self._district = district

    def __enter__(self) -> "_Measured":
        self._before, self._at_s = self._district.processor_s(), time.monotonic()
        return self

    def __exit__(self, *exception: object) -> None:
        took_s = time.monotonic() - self._at_s
        after = self._district.processor_s()
        self.load = Load(*((b - a) / took_s for a, b in zip(self._before, after, strict=True)))


def _certificates(rig: DistrictRig, folder: Path, named: list[str]) -> None:
    """Make a certificate for each gateway, all at once."""
    folder.mkdir()
    authority = Authority.opened(rig.engine.files.folder / "authority", SystemClock())
    (folder / "ca.pem").write_bytes(authority.ca_file.read_bytes())
    made = [(name, *authority.made(name)) for name in named]
    authority.adopt(known for _, _, known in made)
    for name, signer, _ in made:
        (folder / f"{name}.pem").write_bytes(signer.pem)
        private_files.write(folder / f"{name}.key", signer.key_pem)
    rig.engine.files.write_users()


@asynccontextmanager
async def running(folder: Path, gateways: int = GATEWAYS) -> AsyncIterator[District]:
    """Yield a running district and its gateways, which are not connected yet."""
    rig = DistrictRig(folder, sites=(REAL,), processes=1)
    named = [f"g{number:04d}" for number in range(gateways)]
    _certificates(rig, folder / "gateways", named)
    simulators: list[_Simulator] = []
    async with rig:
        try:
            for number in range(SIMULATORS):
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    str(_GATEWAYS),
                    rig.engine.address,
                    str(folder / "gateways"),
                    DISTRICT,
                    *named[number::SIMULATORS],
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    limit=1 << 26,
                )
                simulators.append(_Simulator(process))
            yield District(rig, simulators)
        finally:
            for each in simulators:
                if each.process.returncode is None:
                    each.process.kill()
                await each.process.wait()


async def floor_ms(district: District) -> list[float]:
    """Return ms of a bare publish with its ack, and one commit of a row, one after the other."""
    own = district.rig.settings()
    client = await connected(own.servers, own.tls)
    stream = client.jetstream()
    await stream.add_stream(name="BENCH", subjects=["bench"], max_bytes=16 * 1024 * 1024)
    took = []
    async with await psycopg.AsyncConnection.connect(district.database) as connection:
        await connection.execute("CREATE TABLE bench_floor (row bytea)")
        await connection.commit()
        for _ in range(FLOORS):
            began = time.perf_counter()
            await stream.publish("bench", b"x" * 300)
            await connection.execute("INSERT INTO bench_floor VALUES (%s)", (b"x" * 300,))
            await connection.commit()
            took.append((time.perf_counter() - began) * 1000)
    await stream.delete_stream("BENCH")
    await client.close()
    return took


async def down_and_back(district: District, seconds: float) -> tuple[list[float], list[float]]:
    """Return ms until a site's answer to a note of the district, and until its entry is back.

    The site is real: its gateway's desk does it and stores it.
    """
    board = district.rig.boards[REAL]
    await board.until_up(SOON_S)
    await board.press("button")
    line = AskingLine(district.rig.settings())
    answers, back = [], []
    try:
        async with await psycopg.AsyncConnection.connect(
            district.database, autocommit=True
        ) as connection:
            alarm = await _number(
                connection, "SELECT min(position) FROM alarms WHERE gateway = %s"
            )
            for number in range(ACTS):
                began = time.perf_counter()
                question = ActOnAlarm(alarm=alarm, action=Action.NOTE, note=f"note {number}")
                await line.ask(REAL, question, By("op-7", Role.OPERATOR, "district"))
                answers.append((time.perf_counter() - began) * 1000)
                await _number(
                    connection,
                    f"SELECT nullif(count(*), {number}) FROM entries "
                    "WHERE type = 'action' AND gateway = %s",
                )
                back.append((time.perf_counter() - began) * 1000)
                await asyncio.sleep(seconds / ACTS / 2)
    finally:
        await line.close()
    return answers, back


async def _number(connection: psycopg.AsyncConnection, query: str) -> int:
    """Return the number that a query about the real gateway finds, as soon as there is one."""
    async with asyncio.timeout(SOON_S):
        while True:
            found = await (await connection.execute(query, (REAL,))).fetchone()
            if found is not None and found[0] is not None:
                return int(found[0])
            await asyncio.sleep(LOOK_S)


def _count(district: District, heads: dict[str, int]) -> tuple[int, int]:
    """Return how many entries are lost, and how many are there twice."""
    kept = district.query(
        f"SELECT gateway, position, count(*) FROM entries WHERE gateway <> '{REAL}' GROUP BY 1, 2"
    )
    there = {(gateway, position) for gateway, position, _ in kept}
    raised = {(name, at) for name, head in heads.items() for at in range(1, head + 1)}
    twice = sum(count - 1 for _, _, count in kept) + len(there - raised)
    events = district.query(
        "SELECT count(*) - count(DISTINCT (gateway, device, boot, seq)) FROM entries "
        f"WHERE type = 'event' AND gateway <> '{REAL}'"
    )
    return len(raised - there), twice + events[0][0]


async def _all_there(district: District, when: str) -> list[dict[str, Any]]:
    """Have all gateways connect at once, and wait until the district has all that they have."""
    done = await district.all("connect", SOON_S)
    took_s = max(each["done_ms"] - each["began_ms"] for each in done) / 1000
    connected = sum(bool(at_ms) for each in done for at_ms in each["connected_ms"].values())
    behind = sum(each["behind"] for each in done)
    print(f"{when}: {connected} connected, {behind} behind, {took_s:.1f} s", file=sys.stderr)
    if behind:
        raise RuntimeError(f"{behind} gateways have no receipt for all that they have")
    return done


async def measure(folder: Path, seconds: float, gateways: int = GATEWAYS) -> Found:
    """Run the load of every day for so long, then an outage, and return what was measured."""
    async with running(folder, gateways) as district:
        Database(district.database).migrate()
        with psycopg.connect(district.database) as connection:
            connection.execute(_SHOWN)
        floor = await floor_ms(district)
        await district.all("fall_behind", 1, 1)
        await _all_there(district, "first")
        async with OpenPage(district.rig) as page:
            with _Measured(district) as daily:
                pressed, (answers, down) = await asyncio.gather(
                    district.all("press", ALARMS_PER_S / SIMULATORS, seconds),
                    down_and_back(district, seconds),
                )
            console_rss_mb = resident_mb(page.console.pid)
        at_ms = {alarm: ms for each in pressed for alarm, ms in each["pressed_ms"].items()}
        rss_mb = max(resident_mb(process.pid) for process in district.rig.processes)
        engine_rss_mb = resident_mb(district.rig.engine.pid)
        await district.all("disconnect")
        await district.all("fall_behind", BEHIND, URGENT)
        district.query("DELETE FROM bench_shown RETURNING 1")
        with _Measured(district) as draining:
            back = await _all_there(district, "back")
        began_ms = min(each["began_ms"] for each in back)
        connected_ms = {k: v for each in back for k, v in each["connected_ms"].items()}
        shown = dict(
            district.query(
                "SELECT gateway, max(at_ms) FROM (SELECT gateway, position, min(at_ms) AS at_ms "
                "FROM bench_shown GROUP BY 1, 2) AS first GROUP BY gateway"
            )
        )
        heads = {name: head for each in await district.all("heads") for name, head in each.items()}
        lost, twice = _count(district, heads)
        return Found(
            took_ms=[ms for each in pressed for ms in each["took_ms"]],
            page_ms=[
                page.seen_ms[alarm] - at_ms[alarm] for alarm in at_ms if alarm in page.seen_ms
            ],
            missed=len(at_ms.keys() - page.seen_ms.keys()),
            answer_ms=answers,
            down_ms=down,
            floor_ms=floor,
            lost=lost,
            twice=twice,
            urgent_own_s=max(shown[name] - connected_ms[name] for name in connected_ms) / 1000,
            urgent_all_s=(max(shown.values()) - began_ms) / 1000,
            connected_s=(max(connected_ms.values()) - began_ms) / 1000,
            drain_s=(max(each["done_ms"] for each in back) - began_ms) / 1000,
            rss_mb=rss_mb,
            console_rss_mb=console_rss_mb,
            engine_rss_mb=engine_rss_mb,
            entry_bytes=district.query(
                "SELECT pg_total_relation_size('entries')::float / count(*) FROM entries"
            )[0][0],
            load=daily.load,
            drain_load=draining.load,
        )
