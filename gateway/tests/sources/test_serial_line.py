"""The serial line over real pseudo-terminals: noise, two boards, an adapter that is replaced."""

from __future__ import annotations

import os
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from callpoint_gateway.configuration.config import Serial
from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.host.token_bucket import TokenBucket
from callpoint_gateway.ingest.acknowledgements import Acknowledgements
from callpoint_gateway.ingest.ingest import Ingest, Message
from callpoint_gateway.journal.entries import (
    DeliveryBody,
    Entry,
    FaultBody,
    NewEntry,
    StatusBody,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.sources.serial_line import BURST, MAX_WAITING, SerialSource
from callpoint_gateway.supervision.faults import Faults, SupervisedState
from callpoint_protocol import messages, names
from callpoint_protocol.seal import Sealer
from callpoint_protocol.serial_line import Lines, encode_line
from callpoint_protocol.topics import topic

from ..conftest import ManualClock

SITE = "estate"
BOOT = 0x10001
SOON_S = 60.0
KEYS = {"button": bytes(range(32)), "door": bytes(range(1, 33))}
REGISTER = Register(
    [Place(id="home")], [Device(id="button", place="home"), Device(id="door", place="home")]
)


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


class Adapter:
    """A pseudo-terminal: the boards' end, and the name of the gateway's."""

    def __init__(self) -> None:
        self.boards, self._gateways = os.openpty()
        tty.setraw(self._gateways)
        os.set_blocking(self.boards, False)
        self.name = os.ttyname(self._gateways)
        self._lines = Lines()
        self._found: list[tuple[str, bytes]] = []

    def say(self, text: bytes) -> None:
        while text:
            try:
                text = text[os.write(self.boards, text) :]
            except BlockingIOError:
                time.sleep(0.005)

    def answers(self, device: str, count: int) -> list[tuple[int, int, int, int]]:
        """Return what ``device`` was answered, once there are ``count`` answers for it."""
        mine = topic(SITE, device, names.ACK)

        def heard() -> list[bytes]:
            with suppress(OSError):
                self._found += self._lines.feed(os.read(self.boards, 4096))
            return [sealed for name, sealed in self._found if name == mine]

        _until(lambda: len(heard()) >= count)
        sealer = Sealer(KEYS[device])
        return [messages.decode_ack(sealer.open(mine, sealed)) for sealed in heard()]

    def pull(self) -> None:
        for end in (self.boards, self._gateways):
            os.close(end)


def _line(body: bytes, device: str = "button", channel: str = names.EVENT) -> bytes:
    name = topic(SITE, device, channel)
    return encode_line(name, Sealer(KEYS[device]).seal(name, body))


def _event(seq: int, kind: int = names.PANIC) -> bytes:
    return messages.encode_event(BOOT, seq, kind, names.ALARM, 1, 0, age_ms=5)


class Gateway:
    """The source on real journals; over MQTT nothing comes or goes."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.clock = clock
        self.alarms = Journal(folder / "alarms.db", clock, chained=True)
        self.telemetry = Journal(folder / "telemetry.db", clock, chained=False)
        self.answers = Acknowledgements(
            SITE, self.alarms, lambda name, body: self.source.publish(name, body)
        )
        self.heard: list[str] = []
        self.ingest = Ingest(
            SITE, REGISTER, self.alarms, self.telemetry, clock, self.answers, self._hear
        )
        keys = folder / "keys.toml"
        keys.write_text("".join(f'{device} = "{key.hex()}"\n' for device, key in KEYS.items()))
        keys.chmod(0o600)
        self.port = folder / "by-id"
        self.adapter = Adapter()
        self.port.symlink_to(self.adapter.name)
        self.faults = Faults(self.alarms, clock)
        settings = Serial(name="bridge", port=str(self.port), keys_file=str(keys))
        self.source = SerialSource(
            settings, self.ingest, self.faults.supervise("serial/bridge", 30)
        )
        self.source.start()
        self.wait_reported(SupervisedState.OK)

    def _hear(self, device: str, source: str) -> None:
        self.heard.append(device)

    def close(self) -> None:
        self.source.stop()
        self.alarms.close()
        self.telemetry.close()
        self.answers.close()
        self.source.close()

    def entries(self, *types: Type) -> list[Entry]:
        with self.alarms.reader() as reader:
            return reader.read(0, 10_000, types)

    def events(self) -> list[tuple[str | None, int | None]]:
        return [(entry.device, entry.seq) for entry in self.entries(Type.EVENT)]

    def faults_told(self) -> list[bool]:
        stored = threading.Event()
        self.alarms.submit([], lambda _: stored.set())
        assert stored.wait(SOON_S)
        bodies = [entry.body for entry in self.entries(Type.FAULT)]
        return [body.active for body in bodies if isinstance(body, FaultBody)]

    def wait_reported(self, state: SupervisedState) -> None:
        """Wait until the faults know of ``state``: the source's own state comes before."""
        _until(lambda: [part.state for part in self.faults.states()] == [state])

    def quarantined(self) -> list[tuple[str, str]]:
        with self.alarms.reader() as reader:
            return [(kept.source, kept.reason) for kept in reader.quarantined()]

    def replug(self) -> None:
        """The adapter comes back under another name; the link in by-id leads there."""
        self.adapter = Adapter()
        new = self.port.with_suffix(".new")
        new.symlink_to(self.adapter.name)
        new.rename(self.port)


@pytest.fixture
def gateway(tmp_path: Path, clock: ManualClock) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path, clock)
    yield gateway
    gateway.close()


def test_two_boards_on_one_bridge_are_answered_after_the_commit(gateway: Gateway) -> None:
    gateway.alarms.hold(True)
    gateway.adapter.say(_line(_event(1)) + _line(_event(1), "door"))
    _until(lambda: gateway.source.counted["taken"] == 2)
    with pytest.raises(BlockingIOError):
        os.read(gateway.adapter.boards, 1)
    assert gateway.events() == []
    gateway.alarms.hold(False)
    for device in ("button", "door"):
        assert gateway.adapter.answers(device, 1) == [(names.STORED, BOOT, 1, 1)]
    assert sorted(gateway.events()) == [("button", 1), ("door", 1)]
    # What happened, and how far it has come, is answered to whoever asks again.
    position = gateway.entries(Type.EVENT)[0].position
    delivery = DeliveryBody("police", 1, True, "ACK", 5)
    gateway.alarms.submit([NewEntry(Type.DELIVERY, delivery, "button", about=position)])
    gateway.adapter.say(_line(_event(1)))
    answers = gateway.adapter.answers("button", 3)
    assert {answer[0] for answer in answers} == {names.STORED, names.CENTRE}


def test_telemetry_and_status_come_too(gateway: Gateway) -> None:
    status = messages.encode_status(names.ONLINE, BOOT, "1.0.0", names.CAUSE_POWER)
    readings = messages.encode_telemetry(BOOT, 1, {"mv": 3000})
    gateway.adapter.say(_line(status, channel=names.STATUS))
    gateway.adapter.say(_line(readings, "door", names.TELEMETRY))
    _until(lambda: len(gateway.entries(Type.STATUS)) == 1)
    assert isinstance(gateway.entries(Type.STATUS)[0].body, StatusBody)

    def readings_stored() -> bool:
        with gateway.telemetry.reader() as reader:
            return reader.head() == 1

    _until(readings_stored)


def test_the_same_event_over_mqtt_and_the_line_is_one(gateway: Gateway) -> None:
    finished = threading.Event()
    message = Message(topic(SITE, "button", names.EVENT), _event(1))
    gateway.ingest.take("mqtt", [message], finished.set)
    gateway.adapter.say(_line(_event(1)))
    assert gateway.adapter.answers("button", 1)[0] == (names.STORED, BOOT, 1, 1)
    assert finished.wait(SOON_S)
    assert gateway.events() == [("button", 1)]


def _told(gateway: Gateway, line: bytes) -> None:
    """Say a line and wait until it has been judged and what it brought is on disk."""
    before = gateway.source.counted["taken"]
    gateway.adapter.say(line)
    _until(lambda: gateway.source.counted["taken"] > before)
    for journal in (gateway.alarms, gateway.telemetry):
        stored = threading.Event()
        journal.submit([], lambda _, stored=stored: stored.set())  # type: ignore[misc]
        assert stored.wait(SOON_S)


def test_a_recording_is_no_sign_of_life(gateway: Gateway) -> None:
    def readings(boot: int, seq: int) -> bytes:
        body = messages.encode_telemetry(boot, seq, {"mv": 3000})
        return _line(body, channel=names.TELEMETRY)

    event = _line(_event(1))
    status = _line(messages.encode_status(names.ONLINE, BOOT, "1.0.0"), channel=names.STATUS)
    recorded = [event, readings(BOOT, 1), readings(BOOT, 2), status]
    for line in recorded:
        _told(gateway, line)
    assert gateway.heard == ["button"] * 3
    for line in recorded[:3]:
        _told(gateway, line)
    assert gateway.heard == ["button"] * 3
    assert gateway.ingest.counted == {("serial/bridge", "repeated"): 3}
    _told(gateway, readings(BOOT + 1, 1))
    before = len(gateway.heard)
    for line in recorded:
        _told(gateway, line)
    # An event of an earlier boot may have lain in a spool: stored, but no sign of life.
    older = messages.encode_event(BOOT, 9, names.DOOR, names.NOTICE, 1, 0)
    _told(gateway, _line(older))
    assert len(gateway.heard) == before
    counted = gateway.ingest.counted
    # Readings of an earlier boot do not say when: also those that never arrived are passed over.
    _told(gateway, readings(BOOT, 5))
    assert counted == {("serial/bridge", "old_boot"): 6, ("serial/bridge", "repeated"): 4}
    _until(lambda: len(gateway.quarantined()) == 1)
    assert gateway.quarantined()[0][1].startswith("b: 65537 is an earlier boot")
    assert gateway.events() == [("button", 1), ("button", 9)]
    with gateway.telemetry.reader() as reader:
        assert reader.head() == 3
    # Another generation is judged by itself, and does not make the device's own unheard.
    _told(gateway, readings(0x70001, 1))
    _told(gateway, readings(BOOT + 1, 2))
    assert len(gateway.heard) == before + 2


def test_noise_costs_only_the_frame_that_it_hits(gateway: Gateway) -> None:
    hit = bytearray(_line(_event(2)))
    hit[40] ^= 1
    say = gateway.adapter.say
    say(b"\xff\x00ets Jun  8 2016\r\nrst:0x1 (POWERON_RESET)\r\n~" + os.urandom(3000))
    say(b"\n" + _line(_event(1)) + bytes(hit) + _line(_event(3))[:60])
    for byte in _line(_event(4)):
        say(bytes([byte]))
    say(b"~" * 10 + b"U" * 4000 + b"\r\n" + _line(_event(5)))
    _until(lambda: len(gateway.events()) == 3)
    assert gateway.events() == [("button", 1), ("button", 4), ("button", 5)]
    assert gateway.source.counted["damaged"] >= 3
    # The board did not hear an answer and sends again.
    say(_line(_event(2)) + _line(_event(3)))
    _until(lambda: len(gateway.events()) == 5)


def test_what_is_not_sealed_so_is_refused_counted_and_kept(gateway: Gateway) -> None:
    event = topic(SITE, "button", names.EVENT)
    good = Sealer(KEYS["button"]).seal(event, _event(1))
    other = topic(SITE, "door", names.EVENT)
    ack = topic(SITE, "button", names.ACK)
    for line in (
        encode_line(event, Sealer(bytes(32)).seal(event, _event(1))),  # another key
        encode_line(other, good),  # another device's
        encode_line(event, _event(1)),  # no seal at all
        encode_line(topic(SITE, "stranger", names.EVENT), good),
        encode_line("elsewhere", good),
        encode_line(ack, Sealer(KEYS["button"]).seal(ack, messages.encode_ack(1, BOOT, 1))),
    ):
        gateway.adapter.say(line)
    counted = gateway.source.counted
    _until(lambda: counted["channel"] == 1)
    assert (counted["seal"], counted["key"], counted["topic"]) == (3, 1, 1)
    _until(lambda: len(gateway.quarantined()) == 1)  # the others are within the same second
    assert gateway.quarantined() == [("serial/bridge", "seal: wrong")]
    assert gateway.events() == []


def test_what_is_sealed_and_no_event_is_answered_refused(gateway: Gateway) -> None:
    gateway.adapter.say(_line(_event(7).replace(b'"k":1', b'"k":77')))
    assert gateway.adapter.answers("button", 1) == [(names.REFUSED, BOOT, 7, 1)]
    assert gateway.events() == []


def test_one_board_that_babbles_takes_nothing_from_another(gateway: Gateway) -> None:
    for seq in range(1, 3 * BURST):
        gateway.adapter.say(_line(_event(seq)))
    gateway.adapter.say(_line(_event(1), "door"))
    _until(lambda: ("door", 1) in gateway.events())
    assert gateway.source.counted["rate"] > 0
    assert len([one for one in gateway.events() if one[0] == "button"]) < 2 * BURST


def test_a_slow_disk_holds_the_line_and_nothing_grows(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TokenBucket, "take", lambda _: True)
    gateway.alarms.hold(True)
    events = [_line(_event(seq)) for seq in range(1, 4 * MAX_WAITING)]
    babbling = threading.Thread(target=gateway.adapter.say, args=(b"".join(events),))
    babbling.start()
    _until(lambda: gateway.source.counted["taken"] >= MAX_WAITING)
    # One read may bring a few frames more than there is room for, and no second read follows.
    assert gateway.source.counted["taken"] < MAX_WAITING + 30
    gateway.alarms.hold(False)
    babbling.join(SOON_S)
    _until(lambda: len(gateway.events()) == len(events))


@pytest.mark.parametrize("pulled", [True, False], ids=["pulled out", "replaced by name only"])
def test_an_adapter_that_comes_back_under_another_name_is_found(
    gateway: Gateway, pulled: bool
) -> None:
    gateway.adapter.say(_line(_event(1)))
    gateway.adapter.answers("button", 1)
    old = gateway.adapter
    if pulled:
        gateway.port.unlink()
        old.pull()
        gateway.wait_reported(SupervisedState.DUE)
        gateway.clock.advance(29_000)
        gateway.faults.look()
        assert gateway.faults_told() == []  # a brief drop-out is nothing
        gateway.clock.advance(2_000)
        gateway.faults.look()
        assert gateway.faults_told() == [True]
        # An answer for which there is no line is dropped: the board asks again.
        assert not gateway.source.publish(topic(SITE, "button", names.ACK), b"{}")
    gateway.replug()

    def asked() -> bool:
        gateway.adapter.say(_line(_event(2)))  # until somebody listens, as a board does
        return ("button", 2) in gateway.events()

    _until(asked)
    assert gateway.adapter.answers("button", 1)[0] == (names.STORED, BOOT, 2, 1)
    assert gateway.faults_told() == ([True, False] if pulled else [])
    assert gateway.events() == [("button", 1), ("button", 2)]
    if not pulled:
        old.pull()
    gateway.adapter.pull()


def test_a_return_within_its_delay_is_no_fault(gateway: Gateway) -> None:
    gateway.port.unlink()
    gateway.adapter.pull()
    gateway.wait_reported(SupervisedState.DUE)
    gateway.clock.advance(10_000)
    gateway.replug()
    gateway.wait_reported(SupervisedState.OK)
    gateway.clock.advance(60_000)
    gateway.faults.look()
    assert gateway.faults_told() == []
