"""Tiers above each other, and gateways: real engines and processes, journals of the test."""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from callpoint_district.database import Database
from callpoint_district.relay.city_line import city_line
from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.words.said import NOTHING, Said
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

    def of_version(self, program: str, version: int) -> Part:
        """Return a process of this tier that speaks another version of the protocol.

        ``program``: what changes the version to its first argument.
        """
        run = "from callpoint_cli.main import main\nmain(['district', 'run', '-c', sys.argv[2]])"
        command = [sys.executable, "-c", f"{program}\n{run}", str(version), str(self.config)]
        return Part(f"{self.name}-{version}", self.config.parent, command, None)

    def line_to(self, above: "Tier") -> Said:
        """Return why the line to the tier above is as it is, as people read it here."""
        city = Upstream(district=above.name, gateway=self.name, servers=[above.engine.address])
        with self.database.transaction() as connection:
            line = city_line(connection, city)
        return NOTHING if line is None else line.why

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
    """Tiers, each of which relays to the one before, and gateways of the last, the district."""

    def __init__(
        self, folder: Path, server: Server, gateways: tuple[str, ...], names: tuple[str, ...]
    ) -> None:
        """``names``: of the tiers from the top down, ``d1`` last."""
        self.all: list[Tier] = []
        for name in names:
            self.all.append(Tier(folder, server, name, self.all[-1] if self.all else None))
        self.top, self.city, self.district = self.all[0], self.all[-2], self.all[-1]
        self.gateways = {
            name: PlayedGateway(folder / name, self.district.engine.address, name)
            for name in gateways
        }

    def paths(self, tier: Tier) -> dict[str, str]:
        """Return how a tier calls each gateway."""
        below = [each.name for each in self.all[self.all.index(tier) + 1 :]]
        return {name: "/".join([*below, name]) for name in self.gateways}

    def all_at(self, tier: Tier) -> bool:
        """Say whether a tier has the journal of every gateway, by its last entry's hash."""
        with tier.database.transaction() as connection:
            heads = dict(
                connection.execute("SELECT gateway, hash FROM gateways").fetchall()  # type: ignore[arg-type]
            )
        return all(
            heads.get(path) == self.gateways[name].chain.hash_at(self.gateways[name].chain.head())
            for name, path in self.paths(tier).items()
        )

    async def until_all_at_the_top(self) -> None:
        """Wait until the top has the journal of every gateway."""
        await until(lambda: self.all_at(self.top))

    def check(self, *, put_back: Tier | None = None) -> None:
        """Check all tiers: every entry once, in order, all hashes computed again.

        ``put_back``: the tier whose database was put back, so the one above may have more.
        """
        for number, tier in enumerate(self.all):
            for name, path in self.paths(tier).items():
                check_tables(tier.database, path, rows_of(self.gateways[name].file))
                if tier is self.district:
                    continue
                below = self.all[number + 1]
                higher = kept_hashes(tier.database, path)
                lower = kept_hashes(below.database, self.paths(below)[name])
                assert higher >= lower if below is put_back else higher == lower


@asynccontextmanager
async def tiers(
    folder: Path,
    server: Server,
    gateways: tuple[str, ...] = ("g1", "g2"),
    names: tuple[str, ...] = ("c1", "d1"),
) -> AsyncIterator[Tiers]:
    """Yield everything, running."""
    played = Tiers(folder, server, gateways, names)
    try:
        await asyncio.gather(*(tier.engine.start() for tier in played.all))
        await asyncio.gather(*(tier.process.start() for tier in played.all))
        for gateway in played.gateways.values():
            gateway.start()
        yield played
    finally:
        for gateway in played.gateways.values():
            await gateway.stop()
        for tier in played.all:
            await tier.process.kill()
            await tier.engine.stop()
            await asyncio.to_thread(tier.database.close)
