"""What takes bytes from outside, each as a function that may raise nothing but its own errors.

A target is a context manager that yields this function. ``SEEDS`` are good inputs, from which
mutations start.
"""

import asyncio
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import aiocoap
from aiocoap.numbers import codes, types

from callpoint_gateway.arming.panel import Ignored, parsed
from callpoint_gateway.centres.cap.path import CapPath
from callpoint_gateway.centres.cap.settings import CapSettings
from callpoint_gateway.centres.memory import Memory
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.configuration import config, register
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.control.question import Question, QuestionRefused
from callpoint_gateway.control.socket import Control
from callpoint_gateway.ingest.device_messages import (
    MessageRefused,
    decode_event,
    decode_get,
    decode_status,
    decode_telemetry,
    peek,
)
from callpoint_gateway.protocols import update_package
from callpoint_gateway.protocols.dc09 import frame as dc09
from callpoint_gateway.protocols.dc09.cipher import Cipher
from callpoint_gateway.protocols.dc09.errors import FrameError as Dc09Error
from callpoint_gateway.protocols.dc09.message import Encoding, event_frame
from callpoint_gateway.protocols.dc09.reply import ReplyReader
from callpoint_gateway.protocols.gbt26875 import frame as gbt
from callpoint_gateway.protocols.gbt26875 import objects
from callpoint_gateway.protocols.gbt26875.codes import Unit
from callpoint_gateway.protocols.report import Report
from callpoint_gateway.sources.coap_gate import Gate
from callpoint_gateway.transport.http import Post
from callpoint_gateway.transport.mqtt_packets import Malformed, Stream, publish
from callpoint_gateway.transport.unreachable import Unreachable
from callpoint_protocol import messages, names, serial_line, topics
from callpoint_protocol.seal import Sealer

from ..transport.raw_server import raw_server

Take = Callable[[bytes], object]

_KEY: Final = bytes(range(32))
_AES: Final = b"0123456789ABCDEF"
_REPORT: Final = Report(names.PANIC, names.ALARM, 1, 1_795_000_000_000)
_TOPIC: Final = topics.topic("estate", "button", names.EVENT)
_EVENT: Final = messages.encode_event(7, 1, names.PANIC, names.ALARM, 1, age_ms=0)
_REFERENCE: Final = Path(__file__).parents[2] / "CONFIGURATION.md"
_PORTION: Final = 40
_HTTP_S: Final = 5.0


class Target(NamedTuple):
    """A function that takes bytes, and good examples of them."""

    open: Callable[[], AbstractContextManager[Take]]
    seeds: tuple[bytes, ...]


def _plain(decode: Callable[[bytes], object], *allowed: type[Exception]) -> Any:
    """Return a target's ``open`` for a function without state."""

    @contextmanager
    def opened() -> Iterator[Take]:
        def take(data: bytes) -> None:
            with suppress(*allowed):
                decode(data)

        yield take

    return opened


def _portions(data: bytes) -> Iterator[bytes]:
    for at in range(0, len(data), _PORTION):
        yield data[at : at + _PORTION]


def _dc09_replies(data: bytes) -> None:
    for cipher in (None, Cipher(_AES)):
        reader = ReplyReader(cipher)
        for portion in _portions(data):
            reader.feed(portion)


def _gbt_stream(data: bytes) -> None:
    reader = gbt.FrameReader()
    for portion in _portions(data):
        for found in reader.feed(portion):
            if isinstance(found, gbt.Frame):
                with suppress(gbt.FrameError):
                    objects.decode(found.data)


def _device_message(data: bytes) -> None:
    for decode in (decode_event, decode_telemetry, decode_status, decode_get):
        with suppress(MessageRefused):
            decode(data)
    peek(data)


def _to_device(data: bytes) -> None:
    for decode in (
        messages.decode_ack,
        messages.decode_command,
        messages.decode_configuration,
    ):
        with suppress(ValueError):
            decode(data)


def _mqtt(data: bytes) -> None:
    stream = Stream()
    with suppress(Malformed):
        for portion in _portions(data):
            stream.feed(portion)


def _serial(data: bytes) -> None:
    lines = serial_line.Lines()
    for portion in _portions(data):
        for topic, sealed in lines.feed(portion):
            with suppress(ValueError):
                topics.split(topic)
                Sealer(_KEY).open(topic, sealed)


def _coap(data: bytes) -> None:
    said: list[str] = []
    Gate({"button": _KEY}, lambda topic, reason, body: said.append(reason)).judge(data)


@contextmanager
def _configuration() -> Iterator[Take]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gateway.toml"

        def take(data: bytes) -> None:
            path.write_bytes(data)
            with suppress(ConfigError):
                config.load(path, PROTOCOLS)
            with suppress(ConfigError):
                register.load(path)

        yield take


def _questions() -> Iterator[type[Question[Any]]]:
    found = list(Question.__subclasses__())
    while found:
        question = found.pop()
        found += question.__subclasses__()
        # Other tests have questions of their own.
        if question.__module__.startswith("callpoint_gateway"):
            yield question


def _refuse(question: Question[Any]) -> Question[Any]:
    raise QuestionRefused(type(question).__name__)


@contextmanager
def _control() -> Iterator[Take]:
    """A control socket that understands every question and refuses it."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        control = Control(Path(folder))
        for question in _questions():
            control.register(question, _refuse)
        runner.run(control.start())

        async def ask(data: bytes) -> None:
            reader, writer = await asyncio.open_unix_connection(control.state_dir / "control.sock")
            writer.write(data.replace(b"\n", b" ") + b"\n")
            writer.write_eof()
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            assert answer.startswith(b'{"refused":'), answer

        try:
            yield lambda data: runner.run(ask(data))
        finally:
            runner.run(control.close())


@contextmanager
def _http() -> Iterator[Take]:
    """Our client against a server that says these bytes."""
    with raw_server() as server:
        client = Post(f"http://127.0.0.1:{server.port}/a", _HTTP_S)

        def take(data: bytes) -> None:
            server.pieces = lambda: [data]
            with suppress(Unreachable):
                client.post(client.server.url, b"body", {})

        yield take
        client.close()


@contextmanager
def _cap() -> Iterator[Take]:
    """A CAP centre that answers with these bytes."""
    settings = CapSettings(sender="gw1@garden.example", addresses="desk")
    with raw_server() as server, asyncio.Runner() as runner:
        path = CapPath(
            f"http://127.0.0.1:{server.port}/cap", settings, _HTTP_S, Memory(), lambda: 1e9
        )

        def take(data: bytes) -> None:
            server.pieces = lambda: [data]
            runner.run(path.send(_REPORT, 1))

        yield take
        runner.run(path.close())


def _coap_request() -> bytes:
    request = aiocoap.Message(
        code=codes.POST,
        uri=f"coap://127.0.0.1/{_TOPIC}",
        payload=Sealer(_KEY).seal(_TOPIC, _EVENT),
    )
    request.mtype, request.mid, request.token = types.CON, 7, b"x"
    encoded: bytes = request.encode()
    return encoded


def _package() -> bytes:
    package = update_package.build(b"image", "callpoint", [1], 1, "1.0")
    return package.head + package.signature + package.image


def _examples() -> tuple[bytes, ...]:
    text = _REFERENCE.read_text(encoding="utf-8")
    found = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    return tuple(example.encode() for example in found)


_DC09: Final = tuple(
    dc09.build(event_frame(_REPORT, 1, "1234", encoding)) for encoding in Encoding
)
_ANSWERS: Final = tuple(
    dc09.wrap(body) for body in (b'"ACK"0001L0#1234[]', b'"NAK"0000R0L0A0[]_12:00:00,01-01-2026')
)
_HTTP: Final = (
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 503 No\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n",
)
_AT: Final = datetime(2026, 11, 22, 12, 34, 56)
_GBT: Final = gbt.build(
    gbt.Frame(
        command=gbt.Command.SEND,
        serial=1,
        at=_AT,
        source=1,
        destination=2,
        data=objects.encode(
            Unit.COMPONENT_STATUS, [objects.ComponentState(1, 1, 42, 1, 3, "Garden / 3", _AT)]
        ),
    )
)

TARGETS: Final[dict[str, Target]] = {
    "dc09_frame": Target(_plain(dc09.parse, Dc09Error), _DC09),
    "dc09_sealed": Target(_plain(lambda data: dc09.parse(data, Cipher(_AES)), Dc09Error), _DC09),
    "dc09_reply": Target(_plain(_dc09_replies), (*_ANSWERS, b'"NAK"')),
    "gbt26875": Target(_plain(_gbt_stream), (_GBT,)),
    "gbt26875_data": Target(_plain(objects.decode, gbt.FrameError), (_GBT[27:-3],)),
    "cap_reply": Target(_cap, _HTTP),
    "http": Target(_http, _HTTP),
    "device_message": Target(
        _plain(_device_message), (_EVENT, messages.encode_telemetry(7, 1, {"up": 1, "mv": 3300}))
    ),
    "to_device": Target(_plain(_to_device), (messages.encode_ack(names.STORED, 7, 1),)),
    "panel_command": Target(_plain(parsed, Ignored), (b"DISARM", b'{"action":"X","code":"1"}')),
    "control": Target(
        _control, (b'{"ask":"arm","partition":"flat","mode":"away"}', b'{"ask":"status"}')
    ),
    "mqtt": Target(_plain(_mqtt), (publish(1, _TOPIC, _EVENT) + b"\xd0\x00\x20\x02\x00\x00",)),
    "coap": Target(_plain(_coap), (_coap_request(),)),
    "serial_line": Target(
        _plain(_serial), (serial_line.encode_line(_TOPIC, Sealer(_KEY).seal(_TOPIC, _EVENT)),)
    ),
    "update_package": Target(
        _plain(update_package.read, update_package.PackageError), (_package(),)
    ),
    "configuration": Target(_configuration, _examples()),
}
