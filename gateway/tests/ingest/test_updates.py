"""What a gateway offers of updates, part by part, and what it does not."""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.ingest.ingest import Message
from callpoint_gateway.ingest.updates import BURST, PARTS_PER_S, UpdatePackages
from callpoint_gateway.protocols import update_package
from callpoint_protocol import messages, names
from callpoint_protocol.topics import topic

SITE = "estate"
GET = topic(SITE, "lobby", names.GET)
REGISTER = Register(
    [Place(id="home")], [Device(id=one, place="home") for one in ("lobby", "porch")]
)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
IMAGE = random.Random(3).randbytes(3000)


def packed(key: rsa.RSAPrivateKey | None = KEY, **more: Any) -> bytes:
    values = {"product": "callpoint", "hardware": [1], "sequence": 2, "version": "2"} | more
    built = update_package.build(IMAGE, **values)
    return (update_package.sign(built, key) if key else built).content


class Device1:
    """Asks and keeps what was answered."""

    def __init__(self, folder: Path) -> None:
        self.told: list[tuple[str, bytes]] = []
        self.finished = 0
        self.now = 0.0
        self.packages = UpdatePackages(folder, KEY.public_key(), SITE, REGISTER, lambda: self.now)
        self.packages.publish_over(self._publish)

    def _publish(self, name: str, body: bytes) -> bool:
        self.told.append((name, body))
        return True

    def send(self, body: bytes, name: str = GET) -> None:
        def finished() -> None:
            self.finished += 1

        self.packages.take("mqtt", [Message(name, body)], finished)

    def ask(
        self, number: int = 0, offset: int = 0, sequence: int = 1, product: str = "callpoint"
    ) -> tuple[int, bytes]:
        self.send(messages.encode_get(number, offset, names.IMAGE_CHUNK, sequence, product, 1))
        name, body = self.told[-1]
        assert name == topic(SITE, "lobby", names.IMG)
        found, at = struct.unpack_from("<II", body)
        assert at == offset
        return found, body[8:]


def test_a_package_arrives_whole_part_by_part(tmp_path: Path) -> None:
    content = packed()
    (tmp_path / "two.cpfw").write_bytes(content)
    device = Device1(tmp_path)
    number, received = device.ask()
    while len(received) < len(content):
        same, part = device.ask(number, len(received))
        assert same == number
        assert 0 < len(part) <= names.IMAGE_CHUNK
        received += part
    assert received == content
    assert device.ask(number, len(content)) == (number, b"")


def test_the_newest_that_fits_is_offered(tmp_path: Path) -> None:
    for sequence in (2, 5, 3):
        (tmp_path / f"{sequence}.cpfw").write_bytes(packed(sequence=sequence))
    (tmp_path / "9.cpfw").write_bytes(packed(sequence=9, product="kettle"))
    (tmp_path / "8.cpfw").write_bytes(packed(sequence=8, hardware=[2]))
    device = Device1(tmp_path)
    assert device.ask()[1][:8] == update_package.MAGIC
    assert b'"sequence":5' in device.ask()[1]
    assert device.ask(sequence=5) == (0, b"")
    (tmp_path / "7.cpfw").write_bytes(packed(sequence=7))
    number, _ = device.ask(sequence=5)
    (tmp_path / "7.cpfw").unlink()
    assert device.ask(sequence=5) == (0, b"")
    assert device.ask(number, 1024, sequence=5) == (number, b"")


def test_a_package_that_is_replaced_is_not_mixed_with_the_other(tmp_path: Path) -> None:
    path = tmp_path / "two.cpfw"
    path.write_bytes(packed())
    device = Device1(tmp_path)
    number, _ = device.ask()
    assert len(device.ask(number, 1024)[1]) == names.IMAGE_CHUNK
    (tmp_path / "new").write_bytes(packed(sequence=3))
    (tmp_path / "new").replace(path)
    assert device.ask(number, 2048) == (number, b"")
    other, first = device.ask()
    assert other != number
    assert b'"sequence":3' in first


def test_a_device_that_asks_without_end_is_answered_at_a_bounded_rate(tmp_path: Path) -> None:
    (tmp_path / "two.cpfw").write_bytes(packed())
    device = Device1(tmp_path)
    ask = messages.encode_get(0, 0, 1, 1, "callpoint", 1)
    for _ in range(BURST + 50):
        device.send(ask)
    assert (device.finished, len(device.told)) == (BURST + 50, BURST)
    device.now = 0.5
    for _ in range(200):
        device.send(ask)
    assert len(device.told) == BURST + PARTS_PER_S / 2
    device.send(ask, topic(SITE, "porch", names.GET))
    assert device.told[-1][0] == topic(SITE, "porch", names.IMG)


@pytest.mark.parametrize(
    "content",
    [
        packed(OTHER),
        packed(None),
        packed()[:-1],
        packed() + b"x",
        packed()[:100],
        packed()[:-5] + bytes([packed()[-5] ^ 1]) + packed()[-4:],
        b"",
        b"CALLPFW1\xff\xff",
    ],
    ids=["other key", "unsigned", "cut", "longer", "head only", "bit", "empty", "length"],
)
def test_what_is_not_signed_or_not_whole_is_not_offered(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "two.cpfw").write_bytes(content)
    assert Device1(tmp_path).ask() == (0, b"")


@settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.dictionaries(st.text(), st.integers()).map(
            lambda members: json.dumps(members).encode()
        ),
    )
)
def test_garbage_is_finished_and_not_answered(tmp_path: Path, body: bytes) -> None:
    device = Device1(tmp_path)
    device.send(body)
    device.send(messages.encode_get(0, 0, 1, 0, "callpoint", 1), topic(SITE, "nobody", names.GET))
    assert (device.finished, device.told) == (2, [])
