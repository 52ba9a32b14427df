"""The commands of the district's page, from top to bottom, with the real engine and database."""

import asyncio
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import psycopg
import pytest
from click.testing import CliRunner, Result

from callpoint_cli.errors import BAD, OK
from callpoint_cli.main import main
from callpoint_rig.district_parts import Database as Server
from callpoint_rig.part import Part
from callpoint_rig.ports import free_port

from .handbook import files, pages, typed_lines

PAGE: Final = pages("en")["district.md"]
UNITS: Final = Path(__file__).parents[2] / "systemd"
SOON_S: Final = 60.0
GATEWAY: Final = """
[gateway]
site = "estate"
state_dir = "state"
register = "register.toml"
[broker]
port = {port}  # no broker
"""
REGISTER: Final = """
[[place]]
id = "p1"
city = "Hangzhou"
district = "Xihu"
street = "North"
community = "Garden"
"""
DISTRICT: Final = "/etc/callpoint/district.toml"
CALLPOINT: Final = (sys.executable, "-m", "callpoint_cli.main")
PROGRAMS: Final = {"/usr/bin/callpoint": CALLPOINT, "/usr/sbin/nats-server": ("nats-server",)}
# What changes packages and units, which the machine of a test has not, and what only the upgrade
# of a package makes.
NOT_HERE: Final = ("apt ", "systemctl disable ", 'install -o "$USER"', "callpoint upgrade ")
SUDO: Final = re.compile(r"^sudo (?:-u (\w+) )?")


class Machine:
    """A district's machine within a folder, and a gateway beside it."""

    def __init__(self, folder: Path, server: Server, runner: asyncio.Runner) -> None:
        """``folder`` takes all that the page has in /etc, /var and /mnt."""
        self.database = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "LC_ALL": "C"}
        self.parts: dict[str, Part] = {}
        self._folder, self._runner, self._cwd = folder, runner, folder
        self._ports = {name: free_port() for name in ("engine", "monitor", "enrolment", "console")}
        self._configuration = Path(self.here(DISTRICT))
        self._gateway = folder / "gateway.toml"
        self._gateway.write_text(GATEWAY.format(port=free_port()))
        (folder / "register.toml").write_text(REGISTER)
        self._code = ""
        self._due: list[str] = []
        for place in ("etc/callpoint", "var/lib", "mnt/stick"):
            (folder / place).mkdir(parents=True)
        command = [*CALLPOINT, "run", "-c", str(self._gateway)]
        gateway = self.parts["gateway"] = Part("gateway", folder, command, None)
        runner.run(gateway.start())

    def here(self, text: str) -> str:
        """Return a text of the page with the folders and addresses of the test."""
        text = re.sub(r"(?<![\w.])/(?=(?:etc|var|mnt)/)", f"{self._folder}/", text)
        text = re.sub(r"\w+\.example:4223", f"127.0.0.1:{self._ports['enrolment']}", text)
        text = text.replace("district.example:4222", f"127.0.0.1:{self._ports['engine']}")
        return re.sub(r"(--host|--listen) \S+", r"\1 127.0.0.1", text)

    def do(self, line: str) -> None:
        """Do what a person types. Who has the rights is also the user of the database."""
        given = SUDO.match(line)
        line = self.here(SUDO.sub("", line))
        environment = self.database | {"PGUSER": given[1] or "root" if given else "root"}
        words = shlex.split(line)
        if line.startswith(NOT_HERE):
            return
        if words[0] == "systemctl":
            self._systemctl(words[1], [word for word in words[2:] if word != "--now"])
        elif words[0] == "cd":
            self._cwd = Path(words[1])
            self._configuration.write_text(self.here(files(PAGE)[DISTRICT]))
        elif words[0] == "callpoint":
            self._callpoint(words[1:], environment)
        else:
            script = re.sub(r" -o \w+ -g \w+", "", line)
            command = ["sh", "-e", "-c", script]
            subprocess.run(command, cwd=self._cwd, env=os.environ | environment, check=True)

    def _systemctl(self, action: str, names: list[str]) -> None:
        """Stop units now; start them when somebody needs them, since each start takes a second."""

        async def stop() -> None:
            running = [self.parts.pop(name) for name in names if name in self.parts]
            await asyncio.gather(*(part.stop() for part in running))

        if action != "start":
            self._due = [name for name in self._due if name not in names]
            self._runner.run(stop())
        if action != "stop":
            self._due += names

    def start_due(self) -> None:
        """Start the units that were to be started."""

        async def start() -> None:
            self.parts |= {name: self._unit(name) for name in self._due}
            await asyncio.gather(*(self.parts[name].start() for name in self._due))

        self._runner.run(start())
        self._due.clear()

    def _unit(self, name: str) -> Part:
        """Return what a unit starts that the package brings."""
        text = (UNITS / f"{re.sub('@.+', '@', name)}.service").read_text()
        [line] = re.findall(r"^ExecStart=(.+)$", text, re.MULTILINE)
        program, *words = shlex.split(self.here(line))
        command = [*PROGRAMS[program], *words]
        if name == "callpoint-district-console":
            command += ["--port", str(self._ports["console"])]
        if name == "callpoint-enrolment":
            command += ["--port", str(self._ports["enrolment"])]
        port = self._ports["engine"] if name == "callpoint-engine" else None
        part = Part(name, self._folder, command, port)
        part.environment = self.database | {"PGUSER": "callpoint"}
        return part

    def _callpoint(self, words: list[str], environment: dict[str, str]) -> None:
        self.start_due()
        call = [str(self._configuration) if word == "district.toml" else word for word in words]
        command = " ".join(words[:2])
        if command == "district engine":
            call += ["--port", str(self._ports["engine"])]
            call += ["--monitor", str(self._ports["monitor"])]
            call += ["--store", self.here("/var/lib/nats/js")]
        at_gateway = words[0] in ("upstream", "reload") and "-c" not in words
        if at_gateway:
            call += ["-c", str(self._gateway)]

        def invoke() -> Result:
            return CliRunner().invoke(main, call, input=self._code, env=environment)

        if command == "upstream enrol":
            until(lambda: self.listens("enrolment"))
        elif command == "upstream status":
            until(lambda: invoke().exit_code == OK)
        elif words[0] == "reload":
            asks = ["orders", "-c", str(self._gateway)]
            until(lambda: CliRunner().invoke(main, asks).exit_code == OK)
        done = invoke()
        # The doctor judges the machine of the test as well.
        expected = (OK, BAD) if command == "district doctor" else (OK,)
        assert done.exit_code in expected, (words, done.output)
        if command == "district enrol":
            self._code = f"{done.output.splitlines()[-1]}\n"
        if command == "upstream enrol" and not at_gateway:
            # Its city is another machine: this district goes on without it.
            self._configuration.write_text(self.here(files(PAGE)[DISTRICT]))
        if command == "district retire":
            assert self.count("retirements") == 1
            # What follows on the page is about a gateway that is in service.
            with psycopg.connect(self.place) as connection:
                connection.execute("DELETE FROM retirements")
        if command == "district status":
            until(
                lambda: self.count("registers") == self.count("gateways WHERE heard_ms > 0") == 1
            )
            until(lambda: self.listens("console"))

    @property
    def place(self) -> str:
        """What a client of the district's database connects to."""
        return f"host=127.0.0.1 port={self.database['PGPORT']} user=callpoint dbname=callpoint"

    def count(self, rows: str) -> int:
        """Return how many rows of a table, perhaps those of a condition, the district has."""
        with psycopg.connect(self.place) as connection:
            found = connection.execute(f"SELECT count(*) FROM {rows}").fetchone()
        assert found is not None
        return int(found[0])

    def listens(self, name: str) -> bool:
        """Say whether somebody listens at a port of this machine."""
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", self._ports[name])) == 0

    def end(self) -> None:
        """End all that runs."""
        for part in reversed(self.parts.values()):
            self._runner.run(part.kill())


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""

    async def wait() -> None:
        async with asyncio.timeout(SOON_S):
            while not await asyncio.to_thread(condition):
                await asyncio.sleep(0.05)

    asyncio.run(wait())


@pytest.fixture
def machine(tmp_path: Path, server: Server) -> Iterator[Machine]:
    """Return a machine on which nothing is set up yet."""
    with asyncio.Runner() as runner:
        machine = Machine(tmp_path, server, runner)
        try:
            yield machine
        finally:
            machine.end()
            with psycopg.connect(server.address("postgres"), autocommit=True) as connection:
                for database in ("callpoint", "callpoint_new", "callpoint_lost"):
                    connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
                for role in ("root", "callpoint"):
                    connection.execute(f"DROP ROLE IF EXISTS {role}")


def test_a_district_is_set_up_and_kept_as_the_page_says(machine: Machine) -> None:
    for line in typed_lines(PAGE):
        machine.do(line)
    machine.start_due()
    assert machine.count("places") == 1
    assert {name for name, part in machine.parts.items() if not part.has_ended} == {
        *("callpoint-engine", "callpoint-enrolment", "gateway"),
        *("callpoint-district@1", "callpoint-district-console"),
    }
