"""A district on a machine, set up as the handbook says, and a site beside it that enrols there.

Engine, enrolment, two processes, console and database are units of the machine. The site's
broker, gateway, centre and board are this machine's processes; both share a network.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Final

from machines import Machine
from site_of_test import PATIENCE_S, SiteOfTest

from callpoint_gateway.journal.chain import Chain
from callpoint_rig.rig import PROGRAM, Rig

ENGINE, ENROLMENT, CONSOLE = (
    "callpoint-engine",
    "callpoint-enrolment",
    "callpoint-district-console",
)
PROCESSES: Final = ("callpoint-district@1", "callpoint-district@2")
UNITS: Final = (ENGINE, ENROLMENT, *PROCESSES, CONSOLE)
FOLDER: Final = "/etc/callpoint/engine"
CONFIGURATION: Final = "/etc/callpoint/district.toml"
#: The password of the database's user, which must not be in any log.
PASSWORD: Final = "wHp3xQ7tLm"
_DISTRICT: Final = f"""
district = "d1"
servers = ["tls://127.0.0.1:4222"]
ca_file = "/etc/callpoint/certificates/ca.pem"
certificate_file = "/etc/callpoint/certificates/district-processes.pem"
key_file = "/etc/callpoint/certificates/district-processes.key"
renewal = "127.0.0.1:4223"
database = "host=/run/postgresql dbname=callpoint password={PASSWORD}"
time_zone = "Asia/Shanghai"
state_dir = "/var/lib/callpoint/district"
[console]
public_url = "https://district.example"
proxies = ["127.0.0.1"]
"""
# The handbook's commands, from "Install" to "Processes and console".
_SET_UP: Final = (
    "systemctl disable --now nats-server mosquitto",
    f"install -d -o nats -g nats -m 0700 {FOLDER}",
    f"runuser -u nats -- callpoint district engine {FOLDER} --district d1 --host 127.0.0.1"
    " --listen 0.0.0.0",
    f"systemctl enable --now {ENGINE} {ENROLMENT}",
    f"runuser -u postgres -- psql -q -c \"CREATE ROLE callpoint LOGIN PASSWORD '{PASSWORD}'\"",
    "runuser -u postgres -- psql -q -c \"CREATE DATABASE callpoint OWNER callpoint ENCODING 'UTF8'"
    ' TEMPLATE template0"',
    "runuser -u postgres -- psql -q -c 'CREATE ROLE root LOGIN IN ROLE callpoint'",
    "runuser -u postgres -- psql -q -c 'ALTER ROLE root SET role = callpoint'",
    "install -d -o callpoint -g callpoint -m 0700 /etc/callpoint/certificates"
    " /etc/callpoint/upstream",
    "install -d -o callpoint -g callpoint -m 0750 /var/lib/callpoint/district",
    *(
        f"install -o callpoint -g callpoint -m 0600 {FOLDER}/authority/{name}"
        " /etc/callpoint/certificates"
        for name in ("ca.pem", "district-processes.pem", "district-processes.key")
    ),
    f"systemctl enable --now {' '.join((*PROCESSES, CONSOLE))}",
)
_ALL: Final = 1_000_000
_HASHES: Final = "SELECT encode(hash, 'hex') FROM entries WHERE gateway = 'g1' ORDER BY position"


def set_up(machine: Machine) -> None:
    """Set a district up on a machine that has the package."""
    machine.write(CONFIGURATION, _DISTRICT)
    machine.run("chown", "callpoint:callpoint", CONFIGURATION)
    machine.run("chmod", "0600", CONFIGURATION)
    for command in _SET_UP:
        machine.run("sh", "-ec", command)


class DistrictOfTest:
    """A district's machine and its site."""

    def __init__(self, machine: Machine, rig: Rig, site: SiteOfTest) -> None:
        self.machine, self.rig, self.site = machine, rig, site
        self.code = ""

    async def enrol(self) -> None:
        """Enrol the site's gateway with a one-time code."""
        said = await self.call("runuser", "-u", "nats", "--", *_words(f"enrol g1 {FOLDER}"))
        self.code = said.splitlines()[-1]
        configuration = str(self.rig.folder / "gateway.toml")
        at = ("--at", "127.0.0.1:4223")
        said = await _here("upstream", "enrol", self.code, *at, "-c", configuration)
        assert "The district's engine" not in said, said
        await _here("reload", "-c", configuration)

    async def call(self, *command: str, check: bool = True) -> str:
        """Run a command in the machine while everything goes on; return what it says."""
        return await self.site.call(*command, check=check)

    async def district(self, words: str) -> Any:
        """Run a command of the district as root; return what its JSON says."""
        done = await self.call(*_words(words), "-c", CONFIGURATION, "--json", check=False)
        return json.loads(done)

    async def all_kept(self) -> None:
        """Wait until the district has each entry of the site's journal, once, and no other."""
        ends = time.monotonic() + PATIENCE_S
        while (kept := await self.kept()) != (stored := self.stored()):
            assert time.monotonic() < ends, (len(kept), len(stored))
            await asyncio.sleep(0.2)

    async def kept(self) -> list[str]:
        """Return the hashes that the district keeps, in order."""
        said = await self.call(
            "runuser", "-u", "postgres", "--", "psql", "-tA", "callpoint", "-c", _HASHES
        )
        return said.split()

    def stored(self) -> list[str]:
        """Return the hashes of the site's journal, in order."""
        with closing(Chain(self.rig.state_dir / "alarms.db")) as chain:
            return [row.hash.hex() for row in chain.after(0, _ALL)]

    async def until_another(self, unit: str, not_these: Collection[str]) -> str:
        """Wait until another start of a unit than these is ready; return the start's id."""
        ends = time.monotonic() + PATIENCE_S
        while True:
            active = await self.shown(unit, "ActiveState") == "active"
            found = await self.shown(unit, "InvocationID")
            if active and found not in not_these:
                return found
            assert time.monotonic() < ends, (unit, active, found)
            await asyncio.sleep(0.1)

    async def shown(self, unit: str, name: str) -> str:
        """Return a property of a unit."""
        said = await self.call("systemctl", "show", f"--property={name}", "--value", unit)
        return said.strip()


def _words(words: str) -> list[str]:
    return ["callpoint", "district", *words.split()]


async def _here(*words: str) -> str:
    """Run a command of the site's gateway on this machine; return what it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *PROGRAM, *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    return said


@asynccontextmanager
async def district_on(machine: Machine, folder: Path) -> AsyncIterator[DistrictOfTest]:
    """Yield a machine's district, and its site, which is not enrolled yet."""
    rig = Rig(folder / "site")
    board = rig.board("lobby", [{"zone": 1, "kind": "panic", "input": "button"}])
    async with rig:
        await board.until_up(PATIENCE_S)
        yield DistrictOfTest(machine, rig, SiteOfTest(machine, rig.receiver, board))
