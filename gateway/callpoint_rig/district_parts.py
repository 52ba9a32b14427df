"""The engine and the database of a district, as processes of an ordinary user on this machine."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from callpoint_rig.part import START_S, Part, RigError, not_up
from callpoint_rig.rig_words import rig_said
from callpoint_rig.tools import tool

_NATS: Final = """
server_name: rig
listen: 127.0.0.1:{port}
max_payload: 1MB
jetstream {{ store_dir: "{store}", max_mem: 0, max_file: 2GB, sync_interval: always }}
"""


_NOBODY: Final = 65534


def _namespace() -> bool:
    """Say whether root may make a user namespace here."""
    return subprocess.run(["unshare", "--user", "true"], stderr=subprocess.DEVNULL).returncode == 0


def _children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return [int(child) for child in listed.split()]


class Engine(Part):
    """nats-server with a store of its own."""

    def __init__(self, folder: Path, port: int, place: Path | None = None) -> None:
        """``folder`` takes configuration and log, and the store unless it has another place."""
        self.port = port
        self.store = (place or folder) / "nats"
        self.address = f"nats://127.0.0.1:{port}"
        file = folder / "nats.conf"
        file.write_text(_NATS.format(port=port, store=self.store), encoding="utf-8")
        super().__init__("nats", folder, [str(tool("nats-server")), "-c", str(file)], port)

    def wipe(self) -> None:
        """Delete everything that it keeps. It must not run."""
        shutil.rmtree(self.store, ignore_errors=True)


class Database(Part):
    """A PostgreSQL server."""

    def __init__(self, folder: Path, port: int, place: Path | None = None) -> None:
        """``folder`` takes the log. Data are in a folder of their own, in ``place`` if given.

        As root the server may run as *nobody*, who gets into no folder of root.
        """
        self.port = port
        self._folder = Path(tempfile.mkdtemp(prefix="callpoint-pg-", dir=place))
        self.data = self._folder / "data"
        if os.geteuid() == 0 and not _namespace():
            os.chown(self._folder, _NOBODY, _NOBODY)
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "jit=off"]
        command = [str(tool("postgres")), "-D", str(self.data), "-p", str(port)]
        for setting in settings:
            command += ["-c", setting]
        super().__init__("postgres", folder, command, port)

    def address(self, database: str = "callpoint") -> str:
        """What clients connect to, as libpq reads it."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def make(self) -> None:
        """Make the files of an empty server."""
        words = ["-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        self._run("initdb", *words, "--locale=C.UTF-8", "--no-instructions", "--no-sync")

    def create(self, database: str = "callpoint") -> None:
        """Create an empty database. The server runs."""
        self._ask(f'CREATE DATABASE "{database}"')

    def copy(self, database: str, copy: str) -> None:
        """Copy a database of which nobody is a client."""
        self._ask(f'CREATE DATABASE "{copy}" TEMPLATE "{database}"')

    def drop(self, database: str) -> None:
        """Remove a database, whoever is its client."""
        self._ask(f'DROP DATABASE "{database}" WITH (FORCE)')

    def back_up(self, database: str, file: Path) -> None:
        """Write a backup of a database into a file. The server runs."""
        # The programs may run as another user, who gets into no folder of this one.
        with file.open("wb") as backup:
            self._run("pg_dump", "--format=custom", self.address(database), output=backup)

    def put_back(self, file: Path, database: str) -> None:
        """Make a database from a backup. The server runs."""
        self.create(database)
        with file.open("rb") as backup:
            there = self.address(database)
            self._run("pg_restore", "--single-transaction", "-d", there, input=backup)
        self._run("psql", "-q", "-d", self.address(database), "-c", "ANALYZE")

    def replace(self, database: str, other: str) -> None:
        """Let another database take the place of one, whose clients are shut out."""
        self.drop(database)
        self._ask(f'ALTER DATABASE "{other}" RENAME TO "{database}"')

    async def start(self) -> None:
        """Start it and wait until it takes clients: it listens earlier than that."""
        await super().start()
        try:
            async with asyncio.timeout(START_S):
                await self._takes_clients()
        except TimeoutError:
            await self.kill()
            raise RigError(not_up(self.name, self.printed())) from None

    async def _takes_clients(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._ask, "SELECT 1")
                return
            except RigError:
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """Stop it without waiting for its clients (pg_ctl's *fast*)."""
        await self.end(signal.SIGINT)

    async def kill(self) -> None:
        """End it as a crash does (pg_ctl's *immediate*)."""
        await self.end(signal.SIGQUIT)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Freeze it and all that it has started: it answers nothing, and no connection ends."""
        frozen = [self.pid, *_children(self.pid)]
        for process in frozen:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in frozen:
                os.kill(process, signal.SIGCONT)

    async def lose_power(self) -> None:
        """SIGKILL it and all that it has started, and what would make it look as if it ran."""
        children = _children(self.pid)
        await self.end(signal.SIGKILL)
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    async def start_after_power(self) -> None:
        """Start it after ``lose_power``: its number of then may be that of another process."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        await self.start()

    def remove(self) -> None:
        """Remove its data."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _ask(self, statement: str) -> None:
        self._run("psql", "-q", "-d", self.address("postgres"), "-c", statement)

    def _run(
        self,
        program: str,
        *words: str | Path,
        input: BinaryIO | None = None,
        output: BinaryIO | None = None,
    ) -> None:
        done = subprocess.run(
            [tool(program), *words],
            stdin=input or subprocess.DEVNULL,
            stdout=output or subprocess.PIPE,
            stderr=subprocess.PIPE if output else subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C"},
            check=False,
        )
        if done.returncode:
            printed = (done.stderr or done.stdout).decode(errors="replace")[-2000:]
            raise RigError(rig_said("part.ended", name=program, printed=printed))
