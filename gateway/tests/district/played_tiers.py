"""A city, a district below it, and gateways: real engines and processes, journals of the test."""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from callpoint_district.database import Database
from callpoint_rig.district_parts import Database as Server
from callpoint_rig.district_parts import Engine
from callpoint_rig.part import Part
from callpoint_rig.ports import free_port

from .folded import check_tables, kept_hashes, rows_of
from .played_gateway import PlayedGateway, until


class Tier:
    """One tier: an engine, a database on the tests' server, and a process of it."""

    def __init__(self, folder: Path, server: Server, name: str, above: "Tier | None") -> None:
        """``above``: the tier that it relays to."""
        self.name = name
        folder = folder / name
        folder.mkdir()
        self.engine = Engine(folder, free_port())
        self._server = server
        self._database = f"t{secrets.token_hex(6)}"
        server.create(self._database)
        self.address = server.address(self._database)
        self.config = folder / "district.toml"
        lines = [
            f'district = "{name}"',
            f'servers = ["{self.engine.address}"]',
            f'database = "{self.address}"',
        ]
        if above is not None:
            lines += [
                "[upstream]",
                f'district = "{above.name}"',
                f'gateway = "{name}"',
                f'servers = ["{above.engine.address}"]',
            ]
        self.config.write_text("\n".join([*lines, ""]), encoding="utf-8")
        command = [sys.executable, "-m", "callpoint_cli.main", "district", "run"]
        self.process = Part(name, folder, [*command, "-c", str(self.config)], None)
        self.database = Database(self.address)
        self.database.migrate()

    def copy_database(self) -> str:
        """Return the name of a copy of the database. The process must not run."""
        copy = f"t{secrets.token_hex(6)}"
        self.database.close()
        self._server.copy(self._database, copy)
        self.database = Database(self.address)
        return copy

    def put_back(self, copy: str) -> None:
        """Put the database back to a copy. The process must not run."""
        self.database.close()
        self._server.drop(self._database)
        self._server.copy(copy, self._database)
        self.database = Database(self.address)

    def position(self, gateway: str) -> int:
        """Return up to which entry the database has a gateway's journal."""
        with self.database.transaction() as connection:
            found = connection.execute(
                "SELECT position FROM gateways WHERE gateway = %s", (gateway,)
            ).fetchone()
        return int(found[0]) if found else 0


class Tiers:
    """The city ``c1``, the district ``d1`` below it, and gateways of the district."""

    def __init__(self, folder: Path, server: Server, gateways: tuple[str, ...]) -> None:
        self.city = Tier(folder, server, "c1", None)
        self.district = Tier(folder, server, "d1", self.city)
        self.gateways = {
            name: PlayedGateway(folder / name, self.district.engine.address, name)
            for name in gateways
        }

    def all_at_the_city(self) -> bool:
        """Say whether the city has the journal of every gateway, by its last entry's hash."""
        with self.city.database.transaction() as connection:
            heads = dict(
                connection.execute("SELECT gateway, hash FROM gateways").fetchall()  # type: ignore[arg-type]
            )
        return all(
            heads.get(f"d1/{name}") == gateway.chain.hash_at(gateway.chain.head())
            for name, gateway in self.gateways.items()
        )

    async def until_all_at_the_city(self) -> None:
        """Wait for ``all_at_the_city``."""
        await until(self.all_at_the_city)

    def check(self, *, lost_at_the_district: bool = False) -> None:
        """Check the city: every entry once, in order, all hashes computed again.

        ``lost_at_the_district``: its database was put back, so the city may have more.
        """
        for name, gateway in self.gateways.items():
            path = f"d1/{name}"
            check_tables(self.city.database, path, rows_of(gateway.file))
            top, below = (
                kept_hashes(self.city.database, path),
                kept_hashes(self.district.database, name),
            )
            assert top >= below if lost_at_the_district else top == below


@asynccontextmanager
async def tiers(
    folder: Path, server: Server, gateways: tuple[str, ...] = ("g1", "g2")
) -> AsyncIterator[Tiers]:
    """Yield everything, running."""
    played = Tiers(folder, server, gateways)
    both = (played.city, played.district)
    try:
        await asyncio.gather(*(tier.engine.start() for tier in both))
        await asyncio.gather(*(tier.process.start() for tier in both))
        for gateway in played.gateways.values():
            gateway.start()
        yield played
    finally:
        for gateway in played.gateways.values():
            await gateway.stop()
        for tier in both:
            await tier.process.kill()
            await tier.engine.stop()
            await asyncio.to_thread(tier.database.close)
