"""``callpoint improv`` against a running virtual board, and against ports that are no device."""

import contextlib
import fcntl
import json
import os
import pty
import select
import subprocess
import sys
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from callpoint_cli.main import main
from callpoint_cli.technician import improv_client, improv_packets
from callpoint_cli.technician.improv_packets import Command, Packet, Reader
from callpoint_rig.ports import free_port
from callpoint_rig.tools import find_tool, tool, virtual_board_program

from .english import english

PASSWORD = "secret12"
NETWORKS = {"lab": PASSWORD, "open": ""}


def improv(port: str, *words: str, typed: str = "") -> Result:
    done = CliRunner().invoke(main, ["improv", port, *words], input=typed)
    assert PASSWORD not in done.output
    return done


def said(done: Result, exit_code: int) -> str:
    assert done.exit_code == exit_code, done.output
    return done.stderr.splitlines()[-1].removeprefix("Error: ") if exit_code else done.stdout


class Board:
    """A virtual board; its flash stays when it is started again."""

    def __init__(self, folder: Path, interpreter: str) -> None:
        self._settings = folder / "lobby.json"
        self._command = [str(tool(interpreter)), "-X", "heapsize=400k"]
        content = {
            "site": "s",
            "device": "lobby",
            "host": "127.0.0.1",
            "port": free_port(),
            "zones": [{"zone": 1, "kind": "panic", "input": "button"}],
            "board": {"improv": True, "networks": NETWORKS, "url": "http://{}/"},
        }
        self._settings.write_text(json.dumps(content))
        self._process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [*self._command, str(virtual_board_program()), str(self._settings)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self.told = json.loads(self._process.stdout.readline())
        self.port: str = self.told["serial"]

    def kill(self) -> None:
        assert self._process is not None
        with self._process:
            self._process.kill()

    def online(self) -> bool:
        """Ask until the board has told what it makes of its network; it joins for a moment."""
        for _ in range(50):
            found = json.loads(said(improv(self.port, "--info", "--json"), 0))
            if found["online"]:
                return True
        return False


@pytest.fixture(params=[name for name in ("micropython", "micropython32") if find_tool(name)])
def board(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Board]:
    found = Board(tmp_path, request.param)
    yield found
    found.kill()


def test_a_board_is_looked_at_and_joins_a_network(board: Board) -> None:
    assert said(improv(board.port, "--info"), 0).startswith("lobby: callpoint ")
    networks = json.loads(said(improv(board.port, "--scan", "--json"), 0))
    assert networks == [
        {"ssid": "lab", "strength": -40, "secured": True},
        {"ssid": "open", "strength": -50, "secured": False},
    ]
    assert "-40 dBm  secured  lab\n" in said(improv(board.port, "--scan"), 0)
    wrong = improv(board.port, "--ssid", "lab", typed="secret13\n")
    assert said(wrong, 4).startswith(f"{board.port}: the device could not connect")
    right = improv(board.port, "--ssid", "lab", typed=PASSWORD + "\r\n")
    assert said(right, 0) == f"{board.port}: the device has joined lab\nhttp://192.0.2.7/\n"
    again = improv(board.port, "--ssid", "elsewhere", "--json", typed=PASSWORD + "\n")
    assert again.exit_code == 4
    board.kill()
    board.start()
    assert board.online(), "the network that was good is still the stored one"
    opened = improv(board.port, "--ssid", "open", "--json", typed="\n")
    assert json.loads(said(opened, 0)) == {"joined": "open", "urls": ["http://192.0.2.7/"]}


def test_a_line_that_nobody_reads_does_not_stop_the_board(board: Board) -> None:
    line = os.open(board.port, os.O_RDWR | os.O_NOCTTY)
    asked = improv_packets.command(Command.DEVICE)
    for _ in range(300):
        select.select([], [line], [], 10)
        os.write(line, asked)
    os.close(line)
    assert said(improv(board.port, "--info"), 0).startswith("lobby: callpoint ")


# Ports that are no device, or an odd one.


@contextlib.contextmanager
def played(answer: Callable[[int], list[bytes]]) -> Iterator[str]:
    """A terminal at whose other end ``answer(command)`` speaks."""
    near, far = pty.openpty()
    tty.setraw(near)
    tty.setraw(far)
    stop, stopped = os.pipe()

    def serve() -> None:
        reader = Reader()
        while True:
            ready, _, _ = select.select([near, stop], [], [])
            if stop in ready:
                return
            for packet in reader.feed(os.read(near, 1024)):
                for written in answer(packet.data[0]):
                    os.write(near, written)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield os.ttyname(far)
    finally:
        os.write(stopped, b"x")
        thread.join()
        for descriptor in (near, far, stop, stopped):
            os.close(descriptor)


def packet(kind: int, data: bytes) -> bytes:
    body = b"IMPROV\x01" + bytes((kind, len(data))) + data
    return body + bytes((sum(body) & 0xFF,))


READY = packet(1, b"\x02")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not give a board the time that a real one needs to start."""
    monkeypatch.setattr(improv_client, "ANSWER_S", 1.5)
    monkeypatch.setattr(improv_client, "AGAIN_S", 0.2)


@pytest.mark.usefixtures("hasty")
def test_ports_that_are_not_there(tmp_path: Path) -> None:
    assert "no such port" in said(improv(str(tmp_path / "ttyUSB0"), "--info"), 3)
    assert "cannot be used as a serial port" in said(improv("/dev/null", "--info"), 3)
    with played(lambda command: [b"login: "]) as port:
        assert "no device there offers Improv" in said(improv(port, "--info"), 3)


def test_a_port_that_is_taken() -> None:
    with played(lambda command: [READY]) as port:
        held = os.open(port, os.O_RDWR | os.O_NOCTTY)
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "another program uses it" in said(improv(port, "--info"), 3)
        os.close(held)


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        ({2: [READY], 3: [packet(2, b"\x02")]}, "the device does not know this command"),
        ({2: [READY], 3: [packet(2, b"\x63")]}, "error 99"),
        ({2: [READY], 3: [packet(4, b"\x03\x09a")]}, "a result of the wrong length"),
        ({2: [READY], 3: [packet(4, b"\x03\x02\x09a")]}, "a text beyond the end"),
        ({2: [READY], 3: [packet(4, b"\x03\x02\x01a")]}, "does not say what it is"),
        ({2: [packet(1, b"\x09")]}, "the device is in state 9"),
    ],
)
def test_a_device_that_answers_oddly(answers: dict[int, list[bytes]], text: str) -> None:
    with played(lambda command: [b"log\n", packet(2, b"\0"), *answers[command]]) as port:
        assert text in said(improv(port, "--info"), 4)
        assert english(improv(port, "--info", "--lang", "zh").output) == []


@pytest.mark.usefixtures("hasty")
def test_the_first_packets_may_be_lost() -> None:
    asked = []

    def answer(command: int) -> list[bytes]:
        asked.append(command)
        if asked.count(command) < 2:
            return [b"rst:0x1 (POWERON_RESET)\r\nIMPROV\x01\x01"]
        result = packet(4, b"\x03\x08\x01f\x01v\x01c\x01n")
        return [b"\n" + READY[:5], READY[5:]] if command == 2 else [result]

    with played(answer) as port:
        assert said(improv(port, "--info"), 0) == "n: f v on c, not online\n"
    assert asked.count(3) < 4, "a packet that was only begun swallowed the answers"


@pytest.mark.parametrize(
    ("words", "typed", "text"),
    [
        ([], "", "give one of --ssid, --scan and --info"),
        (["--info", "--scan"], "", "give one of --ssid, --scan and --info"),
        (["--ssid", ""], "x", "--ssid: 1 to 32 bytes"),
        (["--ssid", "ü" * 17], "x", "--ssid: 1 to 32 bytes"),
        (["--ssid", "lab"], "", "no password on standard input"),
        (["--ssid", "lab"], "short\n", "password: 8 to 64 bytes"),
        (["--ssid", "lab"], "x" * 65, "password: 8 to 64 bytes"),
    ],
)
def test_wrong_usage(words: list[str], typed: str, text: str) -> None:
    assert text in said(improv("/dev/null", *words, typed=typed), 2)


def test_the_password_is_asked_for_without_echo() -> None:
    near, far = pty.openpty()
    with played(lambda command: [READY] if command == 2 else [packet(4, b"\x01\0")]) as port:
        with subprocess.Popen(
            [sys.executable, "-m", "callpoint_cli.main", "improv", port, "--ssid", "lab"],
            stdin=far,
            stdout=far,
            stderr=far,
            start_new_session=True,
        ) as process:
            os.close(far)
            shown = b""
            while b"Password of lab: " not in shown:
                shown += os.read(near, 1024)
            os.write(near, PASSWORD.encode() + b"\n")
            with contextlib.suppress(OSError):  # the terminal's end
                while received := os.read(near, 1024):
                    shown += received
        os.close(near)
    assert process.returncode == 0
    assert b"the device has joined lab" in shown
    assert PASSWORD.encode() not in shown


def test_help_has_an_example() -> None:
    assert "Example: callpoint improv " in improv("--help").stdout


# Packets.


def test_the_packets_of_the_protocol() -> None:
    settings = bytes.fromhex(
        "494d50524f5601030f010d036c6162087365637265743132 21".replace(" ", "")
    )
    body = improv_packets.texts(b"lab", b"secret12")
    assert improv_packets.command(Command.SETTINGS, body) == settings
    for number, end in ((2, "0200e5"), (3, "0300e6"), (4, "0400e7")):
        expected = bytes.fromhex("494d50524f56010302" + end)
        assert improv_packets.command(Command(number)) == expected
    received = {
        "010102e2": Packet(1, b"\x02"),
        "010103e3": Packet(1, b"\x03"),
        "010104e4": Packet(1, b"\x04"),
        "020100e1": Packet(2, b"\0"),
        "020103e4": Packet(2, b"\x03"),
        "04020400e8": Packet(4, b"\x04\0"),
        "040e040c036c6162032d353203594553bd": Packet(4, b"\x04\x0c\x03lab\x03-52\x03YES"),
    }
    for text, expected_packet in received.items():
        whole = bytes.fromhex("494d50524f5601" + text)
        assert list(Reader().feed(b"log\n" + whole + b"\n")) == [expected_packet]
    (entry,) = (found for found in received.values() if len(found.data) > 2)
    assert improv_packets.result(entry.data) == (4, ["lab", "-52", "YES"])


@given(st.lists(st.binary(max_size=60)), st.integers(0, 255), st.binary(max_size=255))
def test_a_reader_survives_garbage(garbage: list[bytes], kind: int, data: bytes) -> None:
    reader = Reader()
    for part in garbage:
        for found in reader.feed(part):
            assert len(found.data) <= 255
    # Whatever was begun in the garbage is filled up and found to be none.
    list(reader.feed(bytes(265)))
    assert list(reader.feed(packet(kind, data))) == [Packet(kind, data)]


def test_silence_ends_a_packet_that_was_cut() -> None:
    reader = Reader()
    assert list(reader.feed(b"IMPROV\x01\x04\x40" + READY)) == []
    assert list(reader.give_up()) == [Packet(1, b"\x02")]
    assert list(reader.feed(READY[:9])) == []
    assert list(reader.give_up()) == []
    assert list(reader.feed(READY)) == [Packet(1, b"\x02")]


@given(st.binary(max_size=255))
def test_a_result_is_taken_whole_or_refused(data: bytes) -> None:
    try:
        number, found = improv_packets.result(data)
    except ValueError:
        return
    assert number == data[0]
    assert len(found) <= data[1]
