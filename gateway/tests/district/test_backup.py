"""The commands of the district's page that back the database up and put it back."""

import asyncio
import os
import subprocess
from pathlib import Path

from psycopg import connect

from callpoint_district.database import Database
from callpoint_rig.district_parts import Database as Server

from ..handbooks.handbook import pages, typed_lines
from .folded import check_tables, rows_of
from .played_gateway import until
from .test_end_to_end import playing

NAME = "callpoint"


def commands() -> tuple[str, str]:
    """Return the commands of the page for the database that back up, and those that put back."""
    part = pages("en")["district.md"].partition("\n## Back up and put back\n")[2]
    part = part.partition("\n## ")[0]
    of_user = "sudo -u postgres "
    lines = [line.removeprefix(of_user) for line in typed_lines(part) if line.startswith(of_user)]
    assert [line.split()[0] for line in lines] == ["pg_dump", "psql", "pg_restore", *["psql"] * 3]
    return lines[0], "\n".join(lines[1:])


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
    with connect(server.address("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {NAME}")
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
        with connect(server.address("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP ROLE {NAME}")


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
