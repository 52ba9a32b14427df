"""A district on this machine: engine, database, two processes, and three sites with boards.

All parts are real: nats-server with TLS and a certificate for each gateway, PostgreSQL, and for
each site a broker, a gateway, an alarm receiver and a virtual board. They end with the rig.
"""

import asyncio
import shutil
import sys
from collections.abc import Collection
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from callpoint_district.engine.folder import EngineFolder
from callpoint_district.engine.users import PROCESSES
from callpoint_district.settings import District, load
from callpoint_gateway.host.clock import SystemClock
from callpoint_rig.district_parts import Database
from callpoint_rig.part import Part
from callpoint_rig.ports import free_port
from callpoint_rig.rig import PROGRAM, Rig
from callpoint_rig.tools import MORTAL, tool
from callpoint_rig.virtual_board import VirtualBoard

DISTRICT: Final = "d1"
PROCESS_COUNT: Final = 2
#: By the gateway's name in the district: the parts of its address.
SITES: Final = {
    "g1": {"district": "Xihu", "street": "Beishan", "community": "East Garden"},
    "g2": {"district": "Xihu", "street": "Lingyin", "community": "West Garden"},
    "g3": {"district": "Xihu", "street": "Lingyin", "community": "Lake View"},
}
BUTTON: Final = "button"
_STREAM_MB: Final = 64


class TlsEngine(Part):
    """nats-server as ``callpoint district engine`` sets it up."""

    def __init__(self, folder: Path) -> None:
        """``folder`` takes configuration, certificates, store and log."""
        port = free_port()
        self.store = folder / "nats"
        self.address = f"tls://127.0.0.1:{port}"
        self.files = EngineFolder(folder / "engine", SystemClock())
        self.files.make(
            DISTRICT,
            ["127.0.0.1"],
            listen="127.0.0.1",
            port=port,
            store=self.store,
            file_mb=4 * _STREAM_MB,
        )
        command = [str(tool("nats-server")), "-c", str(self.files.configuration)]
        super().__init__("nats", folder, command, port)

    def wipe(self) -> None:
        """Delete everything that it keeps. It must not run."""
        shutil.rmtree(self.store, ignore_errors=True)


class DistrictRig:
    """Everything one district needs, on this machine. Use as an async context manager."""

    def __init__(
        self,
        folder: Path,
        *,
        sites: Collection[str] = tuple(SITES),
        processes: int = PROCESS_COUNT,
        place: Path | None = None,
    ) -> None:
        """Prepare files in ``folder``; nothing runs before the parts are started.

        ``sites``: which of ``SITES``. ``processes``: how many keep alarms. ``place``: of
        the database's data, if not the folder of temporary files.
        """
        for program in ("nats-server", "postgres", "initdb", "psql"):
            tool(program)
        self.folder = folder
        self.engine = TlsEngine(folder)
        self.database = Database(folder, free_port(), place)
        self.sites = {name: self._site(name, SITES[name]) for name in sites}
        self.boards: dict[str, VirtualBoard] = {
            name: site.board(f"{BUTTON}-{name}", [{"zone": 1, "kind": "panic", "input": BUTTON}])
            for name, site in self.sites.items()
        }
        self.configuration = folder / "district.toml"
        self.state_dir = folder / "district-state"
        self.console_port = free_port()
        command = [sys.executable, *PROGRAM, "district", "run", "-c", str(self.configuration)]
        self.processes = [
            Part(f"district-{number}", folder, command, None) for number in range(1, processes + 1)
        ]

    def _site(self, name: str, address: dict[str, str]) -> Rig:
        site = Rig(self.folder / name)
        site.address = {**address, "building": "3"}
        site.sections += self.upstream(name)
        return site

    def yield_to_others(self) -> None:
        """Have engine, database and processes run only when nothing else wants to (nice(1))."""
        for part in (self.engine, self.database, *self.processes):
            part.before = (*MORTAL, "nice", "-n", "19")

    def upstream(self, name: str) -> list[str]:
        """Enrol a gateway; return the lines of its configuration that say so."""
        issued = self.engine.files.enrol(name)
        return [
            "[upstream]",
            f'district = "{DISTRICT}"',
            f'gateway = "{name}"',
            *self._access(issued.certificate_file, issued.key_file),
        ]

    def _access(self, certificate: Path, key: Path) -> list[str]:
        return [
            f'servers = ["{self.engine.address}"]',
            f'ca_file = "{self.engine.files.folder / "authority" / "ca.pem"}"',
            f'certificate_file = "{certificate}"',
            f'key_file = "{key}"',
        ]

    def _write_configuration(self) -> None:
        own = self.engine.files.folder / "authority" / PROCESSES
        lines = [
            f'district = "{DISTRICT}"',
            f'database = "{self.database.address()}"',
            f"stream_mb = {_STREAM_MB}",
            f'state_dir = "{self.state_dir}"',
            *self._access(own.with_suffix(".pem"), own.with_suffix(".key")),
            "[console]",
            f"port = {self.console_port}",
        ]
        self.configuration.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def settings(self) -> District:
        """Return the settings of the district's processes. The rig has been started."""
        return load(self.configuration)

    async def start(self) -> None:
        """Start every part, boards last."""
        self.database.make()
        await asyncio.gather(self.engine.start(), self.database.start())
        self.database.create()
        self._write_configuration()
        await asyncio.gather(*(process.start() for process in self.processes))
        await asyncio.gather(*(site.start() for site in self.sites.values()))

    async def close(self) -> None:
        """End every process and remove the database's files."""
        try:
            await asyncio.gather(*(site.close() for site in self.sites.values()))
            await asyncio.gather(*(process.stop() for process in self.processes))
        finally:
            await self.engine.kill()
            await self.database.stop()
            self.database.remove()

    async def __aenter__(self) -> "DistrictRig":
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.close)
            await self.start()
            stack.pop_all()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()
