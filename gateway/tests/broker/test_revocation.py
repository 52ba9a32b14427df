"""A lost board is out at once, with its session, and every other board stays: real Mosquitto."""

import datetime
import json
import socket
import ssl
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from callpoint_gateway.broker import certificates
from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.broker.configuration import pid_file
from callpoint_gateway.broker.revocation import NotInForce, enforce
from callpoint_gateway.configuration.config import Renewal
from callpoint_gateway.configuration.names import GATEWAY_USER
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.transport import mqtt_packets
from callpoint_protocol import names, topics

from ..mosquitto_process import RELEASES, running
from .secured_broker import SITE, SOON_S, Secured, peer, secured

BEFORE_DAYS = Renewal(certificates_dir="").before_days
LOST, KEPT = (topics.topic(SITE, name, names.EVENT) for name in ("lobby", "door"))


@pytest.fixture(params=RELEASES)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Secured]:
    """Return a broker of each release."""
    with secured(tmp_path, request.param) as running:
        yield running


def revoke(broker: Secured, name: str) -> None:
    """Do what the command does."""
    assert broker.authority.revoke(name)
    assert broker.authority.broker is not None
    enforce(broker.authority, broker.authority.broker, [name])


def context_of(broker: Secured, name: str) -> ssl.SSLContext:
    """Return how a board with this certificate connects."""
    issued = broker.issued(name)
    context = ssl.create_default_context(cafile=str(broker.authority.ca_file))
    context.load_cert_chain(issued.certificate_file, issued.key_file)
    return context


@contextmanager
def connected(
    broker: Secured, context: ssl.SSLContext, session: ssl.SSLSession | None = None
) -> Iterator[ssl.SSLSocket]:
    """Connect at the listener of devices; OSError when turned away."""
    with (
        socket.create_connection(("127.0.0.1", broker.port), SOON_S) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1", session=session) as made,
    ):
        yield made


def say_hello(made: ssl.SSLSocket, name: str) -> None:
    """Send CONNECT; OSError unless it is accepted."""
    made.sendall(mqtt_packets.connect(name, 60))
    if made.recv(4)[:1] != b"\x20":
        raise ConnectionError("not accepted")


def assert_out(
    broker: Secured, context: ssl.SSLContext, name: str, session: ssl.SSLSession | None = None
) -> None:
    """Fail if the broker lets a board in."""
    with (
        pytest.raises((ssl.SSLError, ConnectionError)),
        connected(broker, context, session) as made,
    ):
        say_hello(made, name)


def test_a_lost_board_is_out_and_the_others_stay(broker: Secured) -> None:
    lost_by = context_of(broker, "lobby")
    with (
        peer(broker, GATEWAY_USER) as gateway,
        peer(broker, "door") as kept,
        connected(broker, lost_by) as spare,
    ):
        gateway.subscribe(f"{names.ROOT}/{SITE}/#")
        with peer(broker, "lobby") as lost:
            lost.subscribe(topics.topic(SITE, "lobby", names.CMD))
            lost.say(LOST)
            revoke(broker, "lobby")
            assert lost.gone.wait(SOON_S)
        assert_out(broker, lost_by, "lobby")
        # A connection from before, on which nobody has said anything yet, is worth nothing.
        say_hello(spare, "lobby")
        spare.sendall(mqtt_packets.publish(1, LOST, b"still here"))
        assert spare.recv(4)[:1] == b"\x40"
        kept.say(KEPT)
        end = f"{names.ROOT}/{SITE}/test/end"
        gateway.say(end)
        assert gateway.done.wait(SOON_S)
        assert gateway.heard == [LOST, KEPT, end]
        assert not kept.gone.is_set()
        assert not gateway.gone.is_set()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_lost_board_does_not_resume_a_tls_session(
    broker: Secured, version: ssl.TLSVersion
) -> None:
    """The broker looks at no certificate when a session is resumed."""
    context = context_of(broker, "lobby")
    context.minimum_version = context.maximum_version = version
    with connected(broker, context) as made:
        say_hello(made, "lobby")
        session = made.session
    with connected(broker, context, session) as made:
        say_hello(made, "lobby")
        assert made.session_reused
        session = made.session
    revoke(broker, "lobby")
    assert_out(broker, context, "lobby", session)


def test_several_are_revoked_one_after_the_other(broker: Secured) -> None:
    """Each list replaces the one before, though all are older than the broker."""
    lost = {name: context_of(broker, name) for name in ("one", "two", "three")}
    kept = context_of(broker, "door")
    for name, context in lost.items():
        with connected(broker, context) as made:
            say_hello(made, name)
        revoke(broker, name)
        assert_out(broker, context, name)
        with connected(broker, kept) as made:
            say_hello(made, "door")
    for name, context in lost.items():
        assert_out(broker, context, name)


def test_a_board_that_replaces_it_may_have_its_name(broker: Secured) -> None:
    old = context_of(broker, "lobby")
    revoke(broker, "lobby")
    broker.authority.client("lobby")
    assert broker.authority.broker is not None
    enforce(broker.authority, broker.authority.broker, ["lobby"])
    with peer(broker, GATEWAY_USER) as gateway:
        gateway.subscribe(f"{names.ROOT}/{SITE}/#")
        with peer(broker, "lobby") as new:
            new.say(LOST)
            assert gateway.heard_one.wait(SOON_S)
    assert_out(broker, old, "lobby")


def test_what_is_revoked_while_the_broker_is_away_counts_when_it_comes(tmp_path: Path) -> None:
    with secured(tmp_path, RELEASES[0]) as broker:
        context = context_of(broker, "lobby")
    with pytest.raises(NotInForce, match="start it"):
        revoke(broker, "lobby")
    pid_file(broker.folder).write_text("1")
    assert broker.authority.broker is not None
    with pytest.raises(NotInForce, match="does not run"):
        enforce(broker.authority, broker.authority.broker, ["lobby"])
    with running(broker.folder / "mosquitto.conf", broker.gateway_port, RELEASES[0]):
        with connected(broker, context_of(broker, "door")) as made:
            say_hello(made, "door")
        assert_out(broker, context, "lobby")


@pytest.mark.parametrize("program", RELEASES)
@pytest.mark.parametrize(
    "wall", ["1970-01-02 00:00:00", "2019-01-01 00:00:00", "eight months ahead"]
)
def test_a_clock_that_is_wrong_locks_no_board_out(
    tmp_path: Path, program: str, wall: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it let one in that was revoked. No certificate in use has less than that left."""
    if "ahead" in wall:
        later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=BEFORE_DAYS - 1)
        wall = f"{later:%Y-%m-%d %H:%M:%S}"
        monkeypatch.setattr(certificates, "CLIENT_DAYS", BEFORE_DAYS)
    with secured(tmp_path, program, wall) as broker:
        lost = context_of(broker, "lobby")
        with connected(broker, context_of(broker, "door")) as made:
            say_hello(made, "door")
        revoke(broker, "lobby")
        with connected(broker, context_of(broker, "door")) as made:
            say_hello(made, "door")
        assert_out(broker, lost, "lobby")


@pytest.mark.parametrize("program", RELEASES)
def test_the_shifted_clock_is_the_one_that_counts(tmp_path: Path, program: str) -> None:
    """Else the test before this one would prove nothing."""
    with secured(tmp_path, program, "2060-01-01 00:00:00") as broker:
        assert_out(broker, context_of(broker, "door"), "door")


def test_what_the_authority_keeps_is_for_its_owner(broker: Secured) -> None:
    broker.issued("lobby")
    revoke(broker, "lobby")
    public = {"ca.pem", "issuing.pem", "lobby.pem", "broker.pem", "clients.pem", "crl.pem"}
    public |= {"mosquitto.conf", "mosquitto.pid", "mosquitto.db"}
    for folder in (broker.authority.folder, broker.folder):
        for file in folder.iterdir():
            if file.name not in public:
                assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    book = json.loads((broker.authority.folder / "issued.json").read_text())
    assert [one["revoked"] for one in book["certificates"]] == [True]
    assert Authority.opened(broker.authority.folder, SystemClock()).shut == ["lobby"]
