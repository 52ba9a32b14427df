"""``callpoint run`` that notes when each event enters and leaves each room.

    python traced_gateway.py FILE run -c gateway.toml

At its end it writes FILE: for each event its times by step (``STEPS``, monotonic seconds), and the
seconds of processor time by thread. It wraps functions of the gateway from outside: the gateway
itself has no code for it.
"""

import gc
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from callpoint_cli.main import main
from callpoint_gateway.centres import sender
from callpoint_gateway.journal import writer
from callpoint_gateway.journal.entries import Entry, NewEntry, Stored, Type, Write
from callpoint_gateway.sources import mqtt
from callpoint_gateway.transport import mqtt_link, receiver_link
from callpoint_protocol import messages, names, topics

STEPS = (
    "read",
    "decoded",
    "begun",
    "written",
    "durable",
    "answered",
    "sent",
    "woken",
    "frame",
    "acknowledged",
    "delivered",
    "delivery durable",
    "centre answered",
    "centre sent",
)
Key = tuple[str, int, int]  # device, boot, seq
_now = time.monotonic
_here = threading.local()  # the last step of this thread
_times: dict[Key, dict[str, float]] = {}
_keys: dict[int, Key] = {}  # by position
_unsent: list[tuple[Key, str]] = []
_current: list[Key] = []  # events that the sender is delivering
_commits: list[float] = []  # ms that each took, of both journals


def _note(key: Key, step: str, at: float | None = None) -> None:
    _times.setdefault(key, {}).setdefault(step, _now() if at is None else at)


class _Connection:
    """The writer's connection. It notes when a transaction begins, is complete and is on disk."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, statement: str, *values: Any) -> Any:
        before = _now()
        result = self._connection.execute(statement, *values)
        if statement == "BEGIN IMMEDIATE":
            _here.begun = before
        elif statement == "COMMIT":
            _here.written, _here.durable = before, _now()
            _commits.append((_here.durable - before) * 1000)
        return result


class _Socket:
    """A connection to the broker. It notes when answers have been sent."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def recv(self, *words: int) -> bytes:
        received = self._connection.recv(*words)
        _here.read = _now()
        return received

    def send(self, data: bytes) -> int:
        leaving, _unsent[:] = list(_unsent), []
        sent = self._connection.send(data)
        for key, step in leaving:
            _note(key, step)
        return sent


def _watch_broker() -> None:
    open_socket = mqtt_link.open_socket
    publish = mqtt.MqttSession.publish

    @contextmanager
    def watched(*words: Any) -> Iterator[_Socket]:
        with open_socket(*words) as connection:
            yield _Socket(connection)

    def noted(self: mqtt.MqttSession, topic: str, body: bytes) -> bool:
        if topic.endswith("/" + names.ACK):
            _, device, _ = topics.split(topic)
            stage, boot, last, count = messages.decode_ack(body)
            if stage in (names.STORED, names.CENTRE):
                prefix = "" if stage == names.STORED else "centre "
                for seq in range(last - count + 1, last + 1):
                    _note((device, boot, seq), prefix + "answered")
                    _unsent.append(((device, boot, seq), prefix + "sent"))
        return publish(self, topic, body)

    mqtt_link.open_socket = watched  # type: ignore[assignment]
    mqtt.MqttSession.publish = noted  # type: ignore[method-assign]


def _watch_journal() -> None:
    open_file = writer.open_file
    submit = writer.Journal.submit

    def opened(*words: Any, **more: Any) -> _Connection:
        return _Connection(open_file(*words, **more))

    def noted(
        self: writer.Journal, writes: Sequence[Write], done: writer.Done | None = None
    ) -> None:
        first = writes[0] if writes else None
        if isinstance(first, NewEntry) and first.type in (Type.EVENT, Type.DELIVERY):
            done = _followed(writes, done)
        submit(self, writes, done)

    writer.open_file = opened  # type: ignore[assignment]
    writer.Journal.submit = noted  # type: ignore[method-assign]


def _followed(writes: Sequence[Write], done: writer.Done | None) -> writer.Done:
    events: list[Key | None] = []
    for new in writes:
        key = None
        if isinstance(new, NewEntry) and new.type is Type.EVENT and new.device and new.seq:
            assert new.boot is not None
            key = new.device, new.boot, new.seq
            _note(key, "read", _here.read)
            _note(key, "decoded")
        elif isinstance(new, NewEntry) and new.type is Type.DELIVERY and new.about in _keys:
            _note(_keys[new.about], "delivered")
        events.append(key)

    def told(stored: list[Stored]) -> None:
        for new, key, result in zip(writes, events, stored, strict=True):
            if key is not None:
                _keys[result.position] = key
                for step in ("begun", "written", "durable"):
                    _note(key, step, getattr(_here, step))
            elif isinstance(new, NewEntry) and new.about in _keys:
                _note(_keys[new.about], "delivery durable", _here.durable)
        if done is not None:
            done(stored)

    return told


def _watch_sender() -> None:
    follow = sender.Backlog.next
    send, received = receiver_link.TcpLink.send, receiver_link.TcpLink.data_received

    def noted(self: sender.Backlog) -> tuple[str, Entry, int] | None:
        found = follow(self)
        if found is not None and found[1].device and found[1].seq:
            assert found[1].boot is not None
            _current[:] = [(found[1].device, found[1].boot, found[1].seq)]
            _note(_current[0], "woken")
        return found

    def marked(step: str, function: Callable[..., None]) -> Any:
        def call(self: receiver_link.TcpLink, data: bytes) -> None:
            if step == "acknowledged":
                _mark(step)
            function(self, data)
            if step == "frame":
                _mark(step)

        return call

    sender.Backlog.next = noted  # type: ignore[method-assign]
    receiver_link.TcpLink.send = marked("frame", send)  # type: ignore[method-assign]
    receiver_link.TcpLink.data_received = marked(  # type: ignore[method-assign]
        "acknowledged", received
    )


def _mark(step: str) -> None:
    for key in _current:
        _note(key, step)


def _processor_s(threads: dict[int, str]) -> dict[str, float]:
    used: dict[str, float] = {}
    for number, name in threads.items():
        file = Path(f"/proc/self/task/{number}/stat")
        if file.exists():
            fields = file.read_text().rpartition(")")[2].split()
            used[name] = (int(fields[11]) + int(fields[12])) / 100
    return used


def _watch_threads() -> Callable[[], dict[str, float]]:
    """Return a function that returns the processor time of each thread until its end."""
    used: dict[str, float] = {}
    run = threading.Thread.run

    def noted(self: threading.Thread) -> None:
        run(self)
        used.update(_processor_s({threading.get_native_id(): self.name}))

    threading.Thread.run = noted  # type: ignore[method-assign]
    return lambda: used | _processor_s({threading.get_native_id(): "event loop"})


def _watch_collections() -> list[tuple[int, float]]:
    """Return a list that grows by generation and ms of each run of the collector."""
    runs: list[tuple[int, float]] = []
    began = [0.0]

    def noted(phase: str, details: dict[str, int]) -> None:
        if phase == "start":
            began[0] = _now()
        else:
            runs.append((details["generation"], (_now() - began[0]) * 1000))

    gc.callbacks.append(noted)
    return runs


if __name__ == "__main__":
    target = Path(sys.argv.pop(1))
    _watch_broker()
    _watch_journal()
    _watch_sender()
    threads = _watch_threads()
    collections = _watch_collections()
    try:
        main()
    finally:
        events = [[*key, times] for key, times in _times.items()]
        trace = {
            "events": events,
            "processor_s": threads(),
            "collections": collections,
            "commits": _commits,
        }
        target.write_text(json.dumps(trace))
