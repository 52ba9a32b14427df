"""A process that is frozen, or a database that refuses: others go on, and people are told why."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_district.alone import alone
from callpoint_district.database import Database
from callpoint_district.journal.keeping import Keeper, Sent
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.unexpected import cancel_all

from .folded import check_tables, rows_of
from .played_gateway import until
from .test_keeping import EPOCHS, parcels, pressed

#: So long a session may be frozen in these tests, in seconds.
FROZEN_S = 0.5
_HOLDS = """
import sys
from callpoint_district.database import Database
database = Database(sys.argv[1], float(sys.argv[2]))
with database.transaction() as connection:
    connection.execute("INSERT INTO gateways (gateway) VALUES ('g1')")
with database.transaction() as connection:
    connection.execute("SELECT 1 FROM gateways WHERE gateway = 'g1' FOR UPDATE")
    print("locked", flush=True)
    sys.stdin.read()
"""
_ALONE = """
import asyncio, sys
from callpoint_district.alone import alone
async def work():
    print("doing", flush=True)
    await asyncio.Event().wait()
asyncio.run(alone(sys.argv[1], "frozen", work, 2.0))
"""


def frozen(program: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a program, and freeze it as soon as it says that it has what others need."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    process.send_signal(signal.SIGSTOP)
    return process


def test_a_frozen_process_that_holds_a_gateway_holds_up_nobody_for_long(
    folder: Path, address: str, database: Database
) -> None:
    file = folder / "first" / "alarms.db"
    pressed(file, "a")
    process = frozen(_HOLDS, address, str(FROZEN_S))
    try:
        # It waits for the lock longer than a frozen session may hold it.
        Keeper(database, SystemClock()).keep([Sent("g1", parcels(file, EPOCHS[0], 0)[0])])
    finally:
        process.kill()
        process.communicate()
    check_tables(database, "g1", rows_of(file))


def test_work_of_a_frozen_process_is_done_by_another(address: str, database: Database) -> None:
    process = frozen(_ALONE, address)
    began = asyncio.Event()

    async def work() -> None:
        began.set()
        await asyncio.Event().wait()

    async def play() -> None:
        task = asyncio.ensure_future(alone(address, "frozen", work))
        try:
            await until(began.is_set)
        finally:
            await cancel_all([task])

    try:
        asyncio.run(play())
    finally:
        process.kill()
        process.communicate()


def test_what_the_database_refuses_is_said_in_one_line(
    folder: Path, address: str, database: Database
) -> None:
    with psycopg.connect(address) as connection:
        connection.execute("ALTER TABLE alarms RENAME COLUMN handling TO other")
    file = folder / "district.toml"
    file.write_text(f'district = "d1"\nservers = ["nats://127.0.0.1:1"]\ndatabase = "{address}"\n')
    done = CliRunner().invoke(main, ["district", "status", "-c", str(file)])
    assert done.exit_code != 0
    assert isinstance(done.exception, SystemExit)
    assert len(done.output.strip().splitlines()) == 1
    assert "the database refuses" in done.output
