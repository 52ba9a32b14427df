"""Real parts on free ports: Mosquitto, an alarm receiver, VictoriaMetrics, the gateway, boards.

The demo, the end-to-end tests and the benchmarks use it. When the rig closes, it ends every
process that it has started.
"""

import asyncio
import getpass
import json
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509

from callpoint_gateway.broker import certificates
from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.broker.configuration import write_configuration
from callpoint_gateway.broker.installation import installed
from callpoint_gateway.configuration.names import GATEWAY_USER
from callpoint_gateway.host.clock import SystemClock
from callpoint_rig.gateway_part import GatewayPart
from callpoint_rig.part import START_S, Part, RigError, not_up
from callpoint_rig.ports import free_port
from callpoint_rig.rig_words import rig_said
from callpoint_rig.tools import MORTAL, find_tool, need_receiver, tool
from callpoint_rig.virtual_board import VirtualBoard, now_ms

SITE = "estate"
ACCOUNT = "1234"
# Keys of a zone that go into the register, not into the settings of a device.
_REGISTERED = ("report_opening", "guarded_by", "entry", "armed")
# What Python runs as ``callpoint``.
PROGRAM = ("-m", "callpoint_cli.main")
_PYTHON = (sys.executable, "-m")


class Received(msgspec.Struct, frozen=True):
    """One event that the independent receiver accepted."""

    at_ms: float
    event: str
    code: str | None
    zone: int | None
    account: str | None
    sequence: int
    extended: dict[str, str]
    frame: str


class Receiver:
    """pysiaalarm in a process of its own. It can be killed and comes back on its port."""

    def __init__(self, folder: Path, key: str | None = None) -> None:
        """``key``: the AES key as 16, 24 or 32 characters; None: frames in the clear."""
        need_receiver()
        self.port = free_port()
        self.received: list[Received] = []
        self.on_received: Callable[[Received], None] | None = None
        self.accounts = [ACCOUNT]  # those that it knows when it starts
        self._log = folder / "receiver.log"
        self._key = key
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._news = asyncio.Condition()

    async def start(self) -> None:
        """Start it and wait until it listens."""
        command = [*_PYTHON, "callpoint_rig.receivers.pysia_receiver"]
        command += ["--port", str(self.port)]
        for account in self.accounts:
            command += ["--account", account]
        if self._key:
            command += ["--key", self._key]
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *MORTAL,
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(START_S):
                first = await self._process.stdout.readline()
        except TimeoutError:
            await self.kill()
            raise RigError(not_up("pysiaalarm", self._printed())) from None
        if b"listening" not in first:
            why = rig_said("part.ended", name="pysiaalarm", printed=self._printed())
            raise RigError(why)
        self._reading = asyncio.create_task(self._read(self._process.stdout))

    def _printed(self) -> str:
        return self._log.read_text(errors="replace")[-2000:].strip()

    async def _read(self, stdout: asyncio.StreamReader) -> None:
        while line := await stdout.readline():
            printed = json.loads(line)
            if printed.get("event") == "NULL":
                continue
            received = msgspec.convert(printed | {"at_ms": now_ms()}, Received)
            self.received.append(received)
            if self.on_received:
                self.on_received(received)
            async with self._news:
                self._news.notify_all()

    async def until(self, condition: Callable[[Received], bool], within_s: float) -> Received:
        """Return the first received event that fulfils the condition."""
        async with asyncio.timeout(within_s), self._news:
            while True:
                for received in self.received:
                    if condition(received):
                        return received
                await self._news.wait()

    async def kill(self) -> None:
        """Kill it (SIGKILL), so that the centre is away."""
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
            if self._reading is not None:
                await self._reading  # events that it had printed before count
            self._process._transport.close()  # type: ignore[attr-defined]
            self._process = None


class Rig:
    """Everything one alarm point needs, on this machine. Use as an async context manager."""

    def __init__(
        self,
        folder: Path,
        *,
        encoding: str = "SIA-DCS",
        key: str | None = None,
        tls: bool = False,
        timeseries: bool = False,
        timeout_s: float = 10.0,
        program: Sequence[str] = PROGRAM,
        mosquitto: str = "mosquitto",
    ) -> None:
        """Prepare files in ``folder``; nothing runs before the parts are started.

        ``program``: what Python runs as ``callpoint``. ``mosquitto``: the program of that name.
        """
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.encoding = encoding
        self._key = key
        self._timeout_s = timeout_s
        self.authority = Authority(folder / "certificates", SystemClock(), SITE) if tls else None
        self.port = free_port()
        # With TLS, devices and gateway have a listener each.
        self.gateway_port = free_port() if tls else self.port
        self.broker = self._broker(mosquitto)
        self.receiver = Receiver(folder, key)
        self.timeseries_port = free_port() if timeseries else None
        self.timeseries = self._victoria() if timeseries else None
        self.silent_after_s = 180
        self.alerts: dict[str, list[str]] = {}  # by device: the devices that it alerts
        self.partitions: list[str] = []  # further lines of the register
        self.sections: list[str] = []  # further lines of the gateway's configuration
        self.boards: list[VirtualBoard] = []
        self._devices: list[tuple[str, list[dict[str, Any]]]] = []
        self.accounts: dict[str, str] = {}  # by device: an account of its own
        self.address = {"community": "Garden", "building": "3"}  # parts of each place
        command = [sys.executable, *program, "run", "-c", str(folder / "gateway.toml")]
        self.gateway = GatewayPart(folder, command)

    def _broker(self, mosquitto: str) -> Part:
        tls = None
        if self.authority is not None:
            tls = installed(self.authority, self.folder / "broker", self.gateway_port)
        path = write_configuration(
            self.folder / "broker", self.port, tls=tls, user=getpass.getuser()
        )
        return Part("mosquitto", self.folder, [str(tool(mosquitto)), "-c", str(path)], self.port)

    def _victoria(self) -> Part | None:
        program = find_tool("victoria-metrics")
        if program is None:
            return None
        command = [
            str(program),
            f"-httpListenAddr=127.0.0.1:{self.timeseries_port}",
            f"-storageDataPath={self.folder / 'victoria'}",
            "-search.latencyOffset=0s",
            "-dedup.minScrapeInterval=1ms",
        ]
        return Part("victoria-metrics", self.folder, command, self.timeseries_port)

    def device(self, device: str, zones: list[dict[str, Any]]) -> None:
        """Put a device into the register that has no board in the rig."""
        self._devices.append((device, zones))

    def board(
        self,
        device: str,
        zones: list[dict[str, Any]],
        interpreter: str = "micropython",
        **more: Any,
    ) -> VirtualBoard:
        """Add a board. ``zones`` hold keys of its settings and keys of the register.

        ``more``: further settings of the device.
        """
        self.device(device, zones)
        settings: dict[str, Any] = {
            "site": SITE,
            "device": device,
            "host": "127.0.0.1",
            "port": self.port,
            "zones": [{k: v for k, v in z.items() if k not in _REGISTERED} for z in zones],
            "settings": {"hb": 5, "gs": 1},
            **more,
        }
        if self.authority is not None:
            issued = self.authority.client(device, again=True)
            # In an identity it is DER as well, and only so can it be renewed.
            der = issued.certificate_file.with_suffix(".der")
            made = x509.load_pem_x509_certificate(issued.certificate_file.read_bytes())
            der.write_bytes(certificates.der(made))
            settings["tls"] = {
                "ca": str(self.authority.ca_file),
                "cert": str(der),
                "key": str(issued.key_file),
                "hostname": "127.0.0.1",
            }
        board = VirtualBoard(self.folder / "boards", settings, interpreter)
        self.boards.append(board)
        return board

    def write_configuration(self) -> Path:
        """Write the gateway's configuration and register; return the path of the configuration."""
        lines = [
            "[gateway]",
            f'site = "{SITE}"',
            'state_dir = "state"',
            'register = "register.toml"',
            "[broker]",
            'host = "127.0.0.1"',
            f"port = {self.gateway_port}",
        ]
        if self.authority is not None:
            issued = self.authority.client(GATEWAY_USER, again=True)
            lines += [
                f'ca_file = "{self.authority.ca_file}"',
                f'certificate_file = "{issued.certificate_file}"',
                f'key_file = "{issued.key_file}"',
            ]
        lines += [
            "[[centre]]",
            'name = "police"',
            'host = "127.0.0.1"',
            f"port = {self.receiver.port}",
            f'account = "{ACCOUNT}"',
            f'encoding = "{self.encoding}"',
            f"timeout_s = {self._timeout_s}",
            "supervision_s = 10",
        ]
        if self._key:
            key_file = self.folder / "centre.key"
            key_file.touch(mode=0o600)
            key_file.write_text(self._key, encoding="utf-8")
            lines.append('key_file = "centre.key"')
        if self.timeseries is not None:
            lines += ["[timeseries]", f'url = "http://127.0.0.1:{self.timeseries_port}"']
        lines += self.sections
        path = self.folder / "gateway.toml"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        (self.folder / "register.toml").write_text(self._register(), encoding="utf-8")
        return path

    def _register(self) -> str:
        address = [f"{part} = {json.dumps(name)}" for part, name in self.address.items()]
        lines = ["[[place]]", 'id = "home"', *address]
        lines += self.partitions
        for device, zones in self._devices:
            lines += ["[[place]]", f'id = "{device}"', *address]
            lines += [f'room = "{device}"']  # by which the centre tells it from the others
            lines += ["[[device]]", f'id = "{device}"', f'place = "{device}"']
            lines.append(f"silent_after_s = {self.silent_after_s}")
            if device in self.accounts:
                lines.append(f'account = "{self.accounts[device]}"')
            if device in self.alerts:
                lines.append(f"alerts = {json.dumps(self.alerts[device])}")
            for zone in zones:
                lines += ["[[device.zone]]", f"zone = {zone['zone']}", f'kind = "{zone["kind"]}"']
                if "centre_zone" in zone:
                    lines.append(f"centre_zone = {zone['centre_zone']}")
                lines += [f"{key} = {json.dumps(zone[key])}" for key in _REGISTERED if key in zone]
        return "\n".join(lines) + "\n"

    @property
    def state_dir(self) -> Path:
        """Where the gateway keeps its journals."""
        return self.folder / "state"

    async def start(self) -> None:
        """Start every part, boards last."""
        self.write_configuration()
        await asyncio.gather(self.broker.start(), self.receiver.start())
        if self.timeseries is not None:
            await self.timeseries.start()
        await self.start_gateway()
        await asyncio.gather(*(board.start() for board in self.boards))

    async def start_gateway(self) -> None:
        """Start the gateway and wait until an event can arrive and be kept."""
        await self.gateway.start()
        await self.gateway.until_ready()

    async def points(self, selector: str) -> list[dict[str, Any]]:
        """Return the series that the time-series server exports for a selector."""
        query = urllib.parse.urlencode({"match[]": selector})
        url = f"http://127.0.0.1:{self.timeseries_port}/api/v1/export?{query}"

        def fetch() -> list[dict[str, Any]]:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return [json.loads(line) for line in answer]

        return await asyncio.to_thread(fetch)

    async def close(self) -> None:
        """End every process: the gateway and the server by SIGTERM, the others by SIGKILL."""
        await asyncio.gather(*(board.kill() for board in self.boards))
        await self.gateway.stop()
        await asyncio.gather(self.receiver.kill(), self.broker.kill())
        if self.timeseries is not None:
            await self.timeseries.stop()

    async def __aenter__(self) -> "Rig":
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.close)
            await self.start()
            stack.pop_all()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()
