"""Sessions over paho-mqtt with a real Mosquitto, and with servers that are none."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import paho.mqtt.client as paho_client
import paho.mqtt.publish as paho
import paho.mqtt.subscribe as paho_subscribe
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.broker.configuration import write_configuration
from callpoint_gateway.configuration.config import Broker
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.ingest.ingest import Message
from callpoint_gateway.sources.paho_session import PahoSession
from callpoint_gateway.sources.session import TAKEN_OFTEN
from callpoint_protocol import names
from callpoint_rig.ports import free_port

from ..broker.secured_broker import secured
from ..mosquitto_process import running

SOON_S = 60.0
COMMAND = "panel/estate/flat/set"
AVAILABILITY = "panel/estate/availability"


class Taken:
    """Keeps what a session hands over and tells."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.links: list[tuple[bool, str]] = []
        self._news = threading.Condition()

    def take(self, source: str, messages: Sequence[Message], finished: Callable[[], None]) -> None:
        with self._news:
            self.messages += messages
            self._news.notify_all()
        finished()

    def up(self, reason: str) -> None:
        self._changed(True, reason)

    def down(self, reason: str, remedy: str) -> None:
        assert remedy
        self._changed(False, reason)

    def _changed(self, up: bool, reason: str) -> None:
        with self._news:
            self.links.append((up, str(reason)))
            self._news.notify_all()

    def wait(self, condition: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(condition, SOON_S), (self.messages, self.links)

    def wait_until_up(self) -> None:
        self.wait(lambda: bool(self.links) and self.links[-1][0])


@contextmanager
def session(port: int, taken: Taken, **broker: str) -> Iterator[PahoSession]:
    made = PahoSession(
        Broker(port=port, **broker),  # type: ignore[arg-type]
        "callpoint-estate-test",
        ["panel/estate/+/set"],
        taken.take,
        taken,
        (AVAILABILITY, b"offline"),
    )
    made.start()
    try:
        yield made
    finally:
        made.stop()
        assert not made.running


@pytest.fixture
def configuration(tmp_path: Path) -> tuple[Path, int]:
    """Return a broker's configuration and its port."""
    port = free_port()
    return write_configuration(tmp_path, port), port


def say(port: int, body: bytes, retain: bool = False) -> None:
    paho.single(COMMAND, body, qos=1, retain=retain, port=port)


def availability(port: int) -> bytes:
    message = paho_subscribe.simple(AVAILABILITY, qos=1, port=port)
    return bytes(message.payload)


def test_it_takes_publishes_and_leaves_no_will(
    configuration: tuple[Path, int], program: str
) -> None:
    file, port = configuration
    taken = Taken()
    with running(file, port, program):
        with session(port, taken) as made:
            assert made.name == "test"
            taken.wait_until_up()
            assert made.listening
            assert made.publish(AVAILABILITY, b"online", True)
            assert availability(port) == b"online"
            say(port, b"ARM_AWAY")
            taken.wait(lambda: bool(taken.messages))
        assert [message.body for message in taken.messages] == [b"ARM_AWAY"]
        assert availability(port) == b"online"
        assert not made.publish(AVAILABILITY, b"late", True)


def test_the_last_word_of_a_session_arrives(configuration: tuple[Path, int], program: str) -> None:
    file, port = configuration
    with running(file, port, program):
        for number in range(20):
            taken = Taken()
            with session(port, taken) as made:
                taken.wait_until_up()
                assert made.publish(AVAILABILITY, b"%d" % number, True)
            assert availability(port) == b"%d" % number


def test_what_was_said_while_it_was_away_has_waited(
    configuration: tuple[Path, int], program: str
) -> None:
    file, port = configuration
    with running(file, port, program):
        first = Taken()
        with session(port, first):
            first.wait_until_up()
        # A session that was killed at once leaves its marker in front of what waits.
        paho.single(f"{names.ROOT}/callpoint-estate-test/marker", b"1", qos=1, port=port)
        say(port, b"DISARM")
        second = Taken()
        with session(port, second):
            second.wait(lambda: bool(second.messages))
            # Its marker comes after what has waited, and before what is said later.
            while second.messages[-1].queued:
                say(port, b"ARM_AWAY")
                second.wait(lambda: second.messages[-1].body == b"ARM_AWAY")
        assert second.messages[0] == Message(COMMAND, b"DISARM", True)
        assert second.messages[-1] == Message(COMMAND, b"ARM_AWAY", False)


def test_what_is_retained_has_waited(configuration: tuple[Path, int], program: str) -> None:
    file, port = configuration
    with running(file, port, program):
        say(port, b"DISARM", retain=True)
        taken = Taken()
        with session(port, taken):
            taken.wait(lambda: bool(taken.messages))
        assert taken.messages == [Message(COMMAND, b"DISARM", True)]


def test_a_broker_that_comes_back_is_found(configuration: tuple[Path, int], program: str) -> None:
    file, port = configuration
    taken = Taken()
    with session(port, taken) as made:
        taken.wait(lambda: bool(taken.links))
        assert taken.links[0] == (
            False,
            f"no broker answers at 127.0.0.1:{port}",
        )
        assert not made.publish(COMMAND, b"nobody")
        for _ in range(2):
            taken.links.clear()
            with running(file, port, program):
                taken.wait_until_up()
                assert made.publish(AVAILABILITY, b"online", True)
            taken.wait(lambda: taken.links[-1][0] is False)
            down = next(reason for up, reason in taken.links if not up and "answers" not in reason)
            assert down.startswith("connection lost")
            assert not made.listening


def test_a_will_is_published_when_the_link_is_cut(
    configuration: tuple[Path, int], program: str
) -> None:
    file, port = configuration
    with running(file, port, program), cut_off(port) as (between, cut):
        taken = Taken()
        with session(between, taken) as made:
            taken.wait_until_up()
            assert made.publish(AVAILABILITY, b"online", True)
            assert availability(port) == b"online"
            cut()
            taken.wait(lambda: taken.links[-1][0] is False)
            while availability(port) != b"offline":
                pass


@contextmanager
def cut_off(port: int) -> Iterator[tuple[int, Callable[[], None]]]:
    """Stand between one client and the broker until the connection is cut."""
    ends: list[socket.socket] = []

    def cut() -> None:
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def copy(source: socket.socket, to: socket.socket) -> None:
        with suppress(OSError):
            while portion := source.recv(65_536):
                to.sendall(portion)
        cut()

    def serve() -> None:
        with listener:
            client, _ = listener.accept()
        with client, socket.create_connection(("127.0.0.1", port)) as broker:
            ends.extend((client, broker))
            back = threading.Thread(target=copy, args=(broker, client))
            back.start()
            copy(client, broker)
            back.join()

    listener = socket.create_server(("127.0.0.1", 0))
    between: int = listener.getsockname()[1]
    serving = threading.Thread(target=serve)
    serving.start()
    try:
        yield between, cut
    finally:
        cut()
        serving.join()


def test_a_wrong_password_is_named(configuration: tuple[Path, int], program: str) -> None:
    file, port = configuration
    file.write_text(file.read_text().replace("allow_anonymous true", "allow_anonymous false"))
    taken = Taken()
    with running(file, port, program), session(port, taken):
        taken.wait(lambda: any("refuses" in reason for _, reason in taken.links))
    assert "the broker refuses: Not authorized" in [reason for _, reason in taken.links]


def test_a_password_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("\ufeffword", encoding="utf-8")
    taken = Taken()
    with session(1, taken, username="u", password_file=str(tmp_path / "password")):
        taken.wait(lambda: bool(taken.links))
    assert "password cannot be used" in taken.links[0][1]
    assert "word" not in taken.links[0][1].replace("password", "")


# paho lets go of a socket whose handshake failed without closing it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
def test_a_certificate_that_is_not_trusted_is_named(tmp_path: Path, program: str) -> None:
    foreign, taken = Authority(tmp_path / "foreign", SystemClock()), Taken()
    with (
        secured(tmp_path, program) as broker,
        session(broker.gateway_port, taken, ca_file=str(foreign.ca_file)),
    ):
        taken.wait(lambda: bool(taken.links))
    where = f"127.0.0.1:{broker.gateway_port}"
    assert taken.links[0][1].startswith(f"no TLS with the broker at {where}: ")


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([b"\x20\xff\xff\xff\xff\xff"], "connection lost"),
        ([b"\x20\x02\x00\x02"], "the broker refuses: "),
        (
            [b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x80"],
            "the broker does not let the gateway read panel/estate/+/set",
        ),
        ([b"\x20\x02\x00\x00", b""], "connection lost"),
    ],
)
def test_a_broker_that_says_no_is_quoted(answers: list[bytes], said: str) -> None:
    taken = Taken()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                for content in answers:
                    assert connection.recv(1000)
                    connection.sendall(content)
                if answers[-1]:
                    taken.wait(lambda: bool(taken.links))

        thread = threading.Thread(target=answer)
        thread.start()
        with session(server.getsockname()[1], taken):
            taken.wait(lambda: bool(taken.links))
        thread.join()
    assert taken.links[0][0] is False
    assert taken.links[0][1].startswith(said)


def test_a_broker_that_says_nothing_does_not_hold_up_the_end() -> None:
    taken = Taken()
    with socket.create_server(("127.0.0.1", 0)) as server, session(server.getsockname()[1], taken):
        connection, _ = server.accept()
        assert connection.recv(1000)
    connection.close()
    assert taken.links == []


def test_a_mistake_in_who_takes_a_message_is_logged_and_ends_nothing(
    configuration: tuple[Path, int], caplog: pytest.LogCaptureFixture, program: str
) -> None:
    file, port = configuration
    taken = Taken()

    def take(source: str, messages: Sequence[Message], finished: Callable[[], None]) -> None:
        if messages[0].body == b"bad":
            raise ZeroDivisionError("a mistake")
        taken.take(source, messages, finished)

    made = PahoSession(Broker(port=port), "x-test", [COMMAND], take, taken)
    with running(file, port, program):
        made.start()
        taken.wait_until_up()
        say(port, b"bad")
        say(port, b"good")
        taken.wait(lambda: bool(taken.messages))
        made.stop()
    assert "ZeroDivisionError" in caplog.text


def test_withdrawn_is_only_what_the_broker_has_acknowledged(
    configuration: tuple[Path, int], program: str
) -> None:
    file, port = configuration
    taken = Taken()
    with ThreadPoolExecutor() as beside, session(port, taken) as made:
        assert not made.withdraw([AVAILABILITY])
        with running(file, port, program) as broker:
            taken.wait_until_up()
            assert made.publish(AVAILABILITY, b"online", True)
            assert made.withdraw([AVAILABILITY, COMMAND])
            broker.send_signal(signal.SIGSTOP)
            waiting = beside.submit(made.withdraw, [AVAILABILITY])
            broker.kill()
            assert not waiting.result(SOON_S)


def test_who_takes_the_session_is_counted_and_a_broker_that_restarts_is_not(
    configuration: tuple[Path, int], program: str
) -> None:
    file, port = configuration
    taken = Taken()
    with running(file, port, program), session(port, taken) as made:
        taken.wait_until_up()
        for count in range(1, TAKEN_OFTEN + 3):
            other = paho_client.Client(
                CallbackAPIVersion.VERSION2, client_id="callpoint-estate-test"
            )
            other.connect("127.0.0.1", port)
            other.loop_start()
            taken.wait(lambda count=count: made.taken() == count)  # type: ignore[misc]
            other.loop_stop()
        downs = [reason for up, reason in taken.links if not up]
        # However often, it does not fill the log.
        assert len(downs) <= TAKEN_OFTEN
    taken = Taken()
    with running(file, port, program), session(port, taken) as made:
        taken.wait_until_up()
    with session(port, taken) as made:
        for _ in range(TAKEN_OFTEN + 1):
            taken.links.clear()
            with running(file, port, program):
                taken.wait_until_up()
            taken.wait(lambda: "no broker answers" in taken.links[-1][1])
        assert made.taken() == 0
