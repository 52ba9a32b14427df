"""The virtual board as a process, and a client that speaks for the gateway."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import subprocess
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from interpreters import FIRMWARE, interpreter
from paho.mqtt.enums import CallbackAPIVersion

from callpoint_protocol import messages, names
from callpoint_protocol.topics import topic

DEADLINE_S = 60.0  # a repeat may be 10 s away, and the machine busy
SITE, DEVICE = "s", "d"
# The 32-bit interpreter compiles the sources in this heap as well; see README, "Memory".
_HEAP = {"micropython32": "200k"}


def settings(port: int, **more: Any) -> dict[str, Any]:
    zones = [
        {"zone": 1, "kind": "panic", "input": "button"},
        {"zone": 2, "kind": "door", "input": "door"},
    ]
    content = {"site": SITE, "device": DEVICE, "host": "127.0.0.1", "port": port, "zones": zones}
    return content | more


class Board:
    """One board; its flash stays in ``folder`` when it is killed and started again."""

    def __init__(self, name: str, folder: Path, content: dict[str, Any]) -> None:
        self._name = name
        self.settings = folder / "board.json"
        self._content = content
        self._process: subprocess.Popen[bytes] | None = None
        self.boot = 0

    def start(self, **options: Any) -> None:
        """Power on; ``options`` are those of the virtual board (``reset_cause`` ...)."""
        self.settings.write_text(json.dumps(self._content | {"board": options}))
        self._process = subprocess.Popen(
            [
                interpreter(self._name),
                "-X",
                f"heapsize={_HEAP.get(self._name, '2m')}",
                str(FIRMWARE / "callpoint_boards/virtual.py"),
                str(self.settings),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self._process.communicate()[1].decode()
        address = ("127.0.0.1", json.loads(line)["control"])
        self._socket = socket.create_connection(address, DEADLINE_S)
        self._control = self._socket.makefile("rw")

    def ask(self, request: dict[str, Any], wanted: str = "ok") -> dict[str, Any]:
        """Send a request and return the next line that has the key ``wanted``."""
        self._control.write(json.dumps(request) + "\n")
        self._control.flush()
        while True:
            line = self._control.readline()
            assert line, "the board has gone"
            answer: dict[str, Any] = json.loads(line)
            if wanted in answer:
                return answer

    def tell(self, request: dict[str, Any]) -> None:
        """Send a request that the board may not live to answer."""
        self._control.write(json.dumps(request) + "\n")
        self._control.flush()

    def state(self) -> dict[str, Any]:
        return self.ask({"get": "state"})

    def ended(self) -> tuple[int, str, str]:
        """Wait for the board to end by itself: exit code, what it printed, its complaints."""
        assert self._process is not None
        said, complaints = self._process.communicate(timeout=60)
        code = self._process.returncode
        self.kill()
        return code, said.decode(), complaints.decode()

    def kill(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        with contextlib.suppress(OSError):
            self._control.close()
        self._socket.close()
        self._process = None


class Gateway:
    """Hears all that the device says; answers events with ``stored`` if ``stores``."""

    def __init__(self, port: int, stores: bool = True) -> None:
        self._heard: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self._stores = stores
        subscribed: queue.Queue[bool] = queue.Queue()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="gateway")
        self._client.on_message = self._message
        self._client.on_subscribe = lambda *_: subscribed.put(True)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        for channel in names.UP_CHANNELS:
            self._client.subscribe(topic(SITE, DEVICE, channel), qos=1)
            subscribed.get(timeout=DEADLINE_S)

    def _message(self, client: paho.Client, data: Any, message: paho.MQTTMessage) -> None:
        if not message.payload:
            return
        body = json.loads(message.payload)
        channel = message.topic.rsplit("/", 1)[1]
        if channel == names.EVENT and self._stores:
            self.say(names.ACK, messages.encode_ack(names.STORED, body["b"], body["q"]))
        self._heard.put((channel, body))

    def say(self, channel: str, body: bytes, retain: bool = False) -> None:
        self._client.publish(topic(SITE, DEVICE, channel), body, 1, retain)

    def until(self, channel: str, **wanted: int) -> dict[str, Any]:
        """Return the next message of a channel that has these keys so."""
        while True:
            name, body = self._heard.get(timeout=DEADLINE_S)
            if name == channel and all(body.get(key) == wanted[key] for key in wanted):
                return body

    def up_to(self, channel: str) -> list[tuple[str, dict[str, Any]]]:
        """Return what comes next, with the next message of a channel as the last."""
        found = [self._heard.get(timeout=DEADLINE_S)]
        while found[-1][0] != channel:
            found.append(self._heard.get(timeout=DEADLINE_S))
        return found

    def seen(self) -> list[tuple[str, dict[str, Any]]]:
        """Return what has come and was not asked for."""
        found = []
        while not self._heard.empty():
            found.append(self._heard.get())
        return found

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
