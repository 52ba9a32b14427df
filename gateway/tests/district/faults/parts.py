"""A district under load: engine, database, two processes, three gateways, and lines between."""

import asyncio
import random
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from callpoint_district.database import Database
from callpoint_gateway.host.unexpected import cancel_all
from callpoint_rig.cut_disk import CutDisk
from callpoint_rig.district_parts import Database as Server
from callpoint_rig.district_parts import Engine
from callpoint_rig.part import Part, RigError
from callpoint_rig.ports import free_port
from callpoint_rig.rig import PROGRAM

from .bad_line import BadLine
from .loaded_gateway import LoadedGateway

GATEWAYS: Final = ("g1", "g2", "g3")
_DATABASE: Final = "callpoint"


class LoadedDistrict:
    """All parts of it. Use as an async context manager."""

    def __init__(self, folder: Path, chance: random.Random, disks: Sequence[CutDisk] = ()) -> None:
        """``disks``: that of the engine's store, and that of the database."""
        self.folder = folder
        self.chance = chance
        self.disks = disks
        places: list[Path | None] = [disk.mount for disk in disks] or [None, None]
        self.engine = Engine(folder, free_port(), places[0])
        self.server = Server(folder, free_port(), places[1])
        self.line = BadLine(self.engine.port)  # from the gateways to the engine
        self.database_line = BadLine(self.server.port)  # from the processes to the database
        self.gateways = [
            LoadedGateway(
                folder / name,
                f"nats://127.0.0.1:{self.line.port}",
                name,
                random.Random(chance.random()),
            )
            for name in GATEWAYS
        ]
        self.processes = [self._process(1), self._process(2)]
        self.backup = folder / "district.dump"
        self.database: Database | None = None

    def _process(self, number: int) -> Part:
        command = [sys.executable, *PROGRAM, "district", "run", "-c", str(self._file)]
        return Part(f"district-{number}", self.folder, command, None)

    @property
    def _file(self) -> Path:
        return self.folder / "district.toml"

    async def __aenter__(self) -> "LoadedDistrict":
        address = self.server.address(_DATABASE)
        there = address.replace(f":{self.server.port}/", f":{self.database_line.port}/")
        self._file.write_text(
            f'district = "d1"\nservers = ["{self.engine.address}"]\n'
            f'database = "{there}"\nstream_mb = 64\n',
            encoding="utf-8",
        )
        self.server.make()
        await asyncio.gather(self.engine.start(), self.server.start())
        self.server.create(_DATABASE)
        self.database = Database(address)
        self.database.migrate()
        for disk in self.disks:
            disk.flush()
        await self.line.start()
        await self.database_line.start()
        await asyncio.gather(*(process.start() for process in self.processes))
        self._supervising = asyncio.ensure_future(self._supervise())
        for gateway in self.gateways:
            gateway.start()
        return self

    async def _supervise(self) -> None:
        """Start a process again that ended by itself, as systemd does: its database was away."""
        while True:
            for process in self.processes:
                if process.has_ended:
                    await process.start()
            await asyncio.sleep(0.2)

    async def __aexit__(self, *exception: object) -> None:
        await cancel_all([self._supervising])
        for gateway in self.gateways:
            await gateway.rest()
            await gateway.stop()
        for process in self.processes:
            await process.kill()
        await self.line.stop()
        await self.database_line.stop()
        if self.database is not None:
            self.database.close()
        await self.engine.kill()
        await self.server.stop()
        self.server.remove()

    async def another_process(self) -> None:
        """Start one more process."""
        process = self._process(len(self.processes) + 1)
        self.processes.append(process)
        await process.start()

    async def start_engine(self) -> bool:
        """Start it; say whether its store had to be wiped for that."""
        try:
            await self.engine.start()
        except RigError:
            self.engine.wipe()
            await self.engine.start()
            return True
        return False

    def back_up(self) -> None:
        """Back the database up, as ``docs/en/district.md`` says."""
        self.server.back_up(_DATABASE, self.backup)

    def put_database_back(self) -> None:
        """Put the database back from the backup, as ``docs/en/district.md`` says."""
        name = f"new{secrets.token_hex(4)}"
        self.server.put_back(self.backup, name)
        self.server.replace(_DATABASE, name)
