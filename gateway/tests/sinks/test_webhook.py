"""The webhook against a server that verifies as gateway/WEBHOOK.md tells its reader to."""

import http.server
import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.configuration.webhook import Webhook
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import EventBody, NewEntry, Quality, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.sinks.feed import Feed
from callpoint_gateway.sinks.webhook import WebhookSink
from callpoint_protocol import names

SOON_S = 60.0
SECRET = "a secret that both sides have"
REGISTER = Register([Place(id="home", building="3")], [Device(id="button", place="home")])
GUIDE = Path(__file__).parents[2] / "WEBHOOK.md"


def documented_verify() -> Callable[..., Any]:
    """Return ``verify`` of the guide: its code is what a reader will copy."""
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    scope: dict[str, Any] = {}
    exec(code, scope)
    verify: Callable[..., Any] = scope["verify"]
    return verify


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers with the next of ``statuses``, then 204; keeps what it was sent."""

    protocol_version = "HTTP/1.1"
    statuses: list[int]
    taken: list[tuple[dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append((dict(self.headers), body))
        self.send_response(self.statuses.pop(0) if self.statuses else 204)
        self.send_header("Content-Length", "0")
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def receiver(
    statuses: list[int], tls: ssl.SSLContext | None = None
) -> Iterator[tuple[int, list[tuple[dict[str, str], bytes]]]]:
    taken: list[tuple[dict[str, str], bytes]] = []
    answering = type("Answering", (Receiver,), {"statuses": statuses, "taken": taken})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), answering) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield server.server_port, taken
        finally:
            server.shutdown()
            serving.join()


def event(seq: int, kind: int = names.PANIC) -> NewEntry:
    body = EventBody("estate", kind, names.ALARM, 1, 1, 1, 0, 5_000, Quality.AGE)
    return NewEntry(Type.EVENT, body, "button", 7, seq)


class Heard:
    """What the feed reports of itself."""

    def __init__(self, told: list[tuple[bool, str, str]]) -> None:
        self._told = told

    def up(self, reason: str) -> None:
        self._told.append((True, str(reason), ""))

    def down(self, reason: str, remedy: str) -> None:
        self._told.append((False, str(reason), str(remedy)))


@contextmanager
def feeding(
    url: str, alarms: Journal, folder: Path, told: list[tuple[bool, str, str]], **more: Any
) -> Iterator[Feed]:
    (folder / "secret").write_text(SECRET)
    settings = Webhook(name="desk", url=url, secret_file=str(folder / "secret"), **more)
    feed = Feed(
        "webhook/desk",
        WebhookSink(settings, "estate", REGISTER, SystemClock()),
        (alarms,),
        alarms,
        SystemClock(),
        lambda low, high: 0.0,
        Heard(told),
        batch=4,
        from_now=True,
    )
    feed.start()
    try:
        yield feed
    finally:
        feed.stop()


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_each_event_arrives_once_signed_and_the_guide_verifies_it(
    alarms: Journal, tmp_path: Path
) -> None:
    verify = documented_verify()
    with (
        receiver([]) as (port, taken),
        feeding(f"http://127.0.0.1:{port}/hook?a=1", alarms, tmp_path, []) as feed,
    ):
        alarms.submit([event(seq) for seq in range(1, 11)])
        until(lambda: len(taken) == 10 and not feed.backlog)
        assert (feed.sent, feed.rejected, feed.failures) == (10, 0, 0)
    seen: set[str] = set()
    bodies = [verify(SECRET.encode(), headers, body, time.time(), seen) for headers, body in taken]
    assert [one["id"] for one in bodies] == [f"estate-{n}" for n in range(1, 11)]
    first = bodies[0]
    assert (first["kind"], first["state"], first["place"]["text"]) == ("panic", "alarm", "3")
    headers, body = taken[0]
    assert headers["Idempotency-Key"] == "estate-1"
    for broken in (
        ({**headers, "Callpoint-Timestamp": "1"}, body, time.time()),
        (headers, body + b" ", time.time()),
        (headers, body, time.time() + 3600),
    ):
        with pytest.raises(ValueError, match=r"signature|old"):
            verify(SECRET.encode(), *broken, seen)
    # What identifies is signed: a recorded request is no new one under another key.
    again = {**headers, "Idempotency-Key": "estate-99"}
    assert verify(SECRET.encode(), again, body, time.time(), seen) is None
    assert body.count(headers["Idempotency-Key"].encode()) == 1


@pytest.mark.parametrize(
    "stamp", [None, "", "x", "-1", "1e9", "١٢", "9" * 5000, 12, "\ud800", "1\n"]
)
@pytest.mark.parametrize("signature", [None, "", "v1=", "v1=é", "\ud800", 1])
def test_headers_of_a_stranger_are_refused_in_one_way(stamp: object, signature: object) -> None:
    verify = documented_verify()
    given = {"Callpoint-Timestamp": stamp, "Callpoint-Signature": signature}
    headers = {name: value for name, value in given.items() if value is not None}
    with pytest.raises(ValueError, match=r"signature|stamp"):
        verify(SECRET.encode(), headers, b"{", 12.0, set())


def test_a_receiver_that_fails_gets_it_again_under_the_same_key(
    alarms: Journal, tmp_path: Path
) -> None:
    told: list[tuple[bool, str, str]] = []
    statuses = [503, 404, 302, 401]
    with (
        receiver(statuses) as (port, taken),
        feeding(f"http://127.0.0.1:{port}/hook", alarms, tmp_path, told) as feed,
    ):
        alarms.submit([event(1)])
        until(lambda: feed.sent)
    assert {headers["Idempotency-Key"] for headers, _ in taken} == {"estate-1"}
    assert len({body for _, body in taken}) == 1
    assert len(taken) == 5
    assert [up for up, _, _ in told] == [False] * 4 + [True]
    assert "redirect" in told[2][1]
    assert [remedy for _, _, remedy in told] == [
        "see the log of the receiver",
        "see the log of the receiver",
        "correct url",
        "both sides need the same secret and clock",
        "",
    ]


def test_what_a_receiver_will_never_take_is_put_aside_and_delays_nothing(
    alarms: Journal, tmp_path: Path
) -> None:
    with (
        receiver([422]) as (port, _),
        feeding(f"http://127.0.0.1:{port}/", alarms, tmp_path, []) as feed,
    ):
        alarms.submit([event(1), event(2)])
        until(lambda: feed.sent == 1)
        assert feed.rejected == 1
    with Reader(alarms.path) as reader:
        until(reader.quarantined)
        (put,) = reader.quarantined()
    assert json.loads(put.payload)["position"] == 1
    assert "422" in put.reason


def test_only_what_was_asked_for_and_a_restart_goes_on_where_it_was(
    alarms: Journal, tmp_path: Path
) -> None:
    alarms.submit([event(1)])
    until(lambda: alarms.position == 1)
    with receiver([]) as (port, taken):
        url = f"http://127.0.0.1:{port}/"
        with feeding(url, alarms, tmp_path, [], kinds=["smoke"]) as feed:
            alarms.submit([event(2), event(3, names.SMOKE), event(4)])
            until(lambda: alarms.position == 4 and not feed.backlog)
        alarms.submit([event(5, names.SMOKE)])
        with feeding(url, alarms, tmp_path, [], kinds=["smoke"]) as feed:
            until(lambda: alarms.position == 5 and not feed.backlog)
    assert [json.loads(body)["position"] for _, body in taken] == [3, 5]


def test_a_certificate_that_nobody_vouches_for_gets_nothing(
    alarms: Journal, tmp_path: Path
) -> None:
    authority = Authority(tmp_path / "certificates", SystemClock())
    issued = authority.server()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(issued.certificate_file, issued.key_file)
    told: list[tuple[bool, str, str]] = []
    with receiver([], tls) as (port, taken):
        url = f"https://127.0.0.1:{port}/"
        with feeding(url, alarms, tmp_path, told):
            alarms.submit([event(1)])
            until(lambda: told)
        assert not taken
        assert "not trusted" in told[0][1]
        with feeding(url, alarms, tmp_path, told, ca_file=str(authority.ca_file)):
            until(lambda: taken)
