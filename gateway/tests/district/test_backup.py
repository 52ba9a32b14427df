"""The commands of `gateway/DISTRICT.md` that back the database up and put it back."""

import asyncio
import os
import subprocess
from pathlib import Path

from callpoint_district.database import Database
from callpoint_rig.district_parts import Database as Server

from .folded import check_tables, rows_of
from .played_gateway import until
from .test_end_to_end import playing

PAGE = Path(__file__).parents[2] / "DISTRICT.md"
NAME = "callpoint"


def commands() -> tuple[str, str]:
    """Return the commands of the page that back up, and those that put back."""
    text = PAGE.read_text("utf-8").partition("\n## Back up and put back\n")[2]
    blocks = text.split("```\n")[1::2]
    assert len(blocks) == 2
    return blocks[0], blocks[1]


def test_gateways_send_what_is_missing_after_the_page_s_restore(
    folder: Path, server: Server
) -> None:
    environment = {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(server.port),
        "PGUSER": "postgres",
        "LC_ALL": "C",
    }

    def run(script: str) -> None:
        subprocess.run(
            ["sh", "-e", "-c", script], cwd=folder, env=os.environ | environment, check=True
        )

    async def play() -> None:
        back_up, put_back = commands()
        address = server.address(NAME)
        async with playing(folder, address, round_s=1.0) as (_, district, gateway):
            await gateway.press(5)
            await until(gateway.all_receipted)
            run(back_up)
            await gateway.press(5)
            await until(gateway.all_receipted)
            await district.stop()
            run(put_back)
            assert kept(address) == 5
            district.start()
            # It has nothing to tell, and every receipt: it asks by itself.
            await until(lambda: kept(address) == 10)
            await until(gateway.all_receipted)

    server.create(NAME)
    database = Database(server.address(NAME))
    try:
        database.migrate()
        database.close()
        asyncio.run(play())
        database = Database(server.address(NAME))
        check_tables(database, "g1", rows_of(folder / "g1" / "alarms.db"))
    finally:
        database.close()
        for name in (NAME, f"{NAME}_lost"):
            server.drop(name)


def kept(address: str) -> int:
    """Return how many entries a database has."""
    database = Database(address)
    try:
        with database.transaction() as connection:
            found = connection.execute("SELECT count(*) FROM entries").fetchone()
    finally:
        database.close()
    assert found is not None
    return int(found[0])
