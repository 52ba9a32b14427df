"""What strangers can do to the enrolment service: nothing that lasts."""

import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from callpoint_district.engine import enrolment_service
from callpoint_district.engine.enrolling import give_code
from callpoint_district.engine.folder import EngineFolder
from callpoint_gateway.enrolment import asking
from callpoint_gateway.enrolment.asking import NotEnrolled
from callpoint_gateway.enrolment.code import Code
from callpoint_gateway.enrolment.messages import LINE, Enrol, Refused, Renew, Why, line
from callpoint_gateway.host.clock import SystemClock

from .enrolment_at import HOST, enrolment_at

SOON_S = 60.0


@pytest.fixture
def files(tmp_path: Path) -> EngineFolder:
    """Return the folder of an engine that does not run."""
    files = EngineFolder(tmp_path / "engine", SystemClock())
    files.make("d1", [HOST], listen=HOST, port=9, store=tmp_path / "js", file_mb=64)
    return files


@pytest.fixture
def port(files: EngineFolder, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Return the port of a service that is less patient than the real one."""
    monkeypatch.setattr(enrolment_service, "SLOW_S", 0.0)
    monkeypatch.setattr(enrolment_service, "HANDSHAKE_S", 0.5)
    monkeypatch.setattr(enrolment_service, "QUESTION_S", 0.5)
    with enrolment_at(files) as port:
        yield port


def enrols(files: EngineFolder, port: int, gateway: str = "g1") -> bool:
    own = ec.generate_private_key(ec.SECP256R1())
    until = time.monotonic() + SOON_S
    code = give_code(files, gateway, 1)
    while time.monotonic() < until:
        try:
            return asking.enrol(code, HOST, port, own).enrolled.gateway == gateway
        except NotEnrolled as error:
            # Those before it have not been closed yet.
            assert "no answer" in str(error)
    return False


def opened(port: int) -> ssl.SSLSocket:
    plain = socket.create_connection((HOST, port), SOON_S)
    return asking._anybody().wrap_socket(plain)  # noqa: SLF001 - a stranger checks nothing


def answer(port: int, sent: bytes) -> bytes:
    """Send bytes over TLS; return all that comes back until the service closes."""
    received = b""
    try:
        with opened(port) as tls:
            tls.sendall(sent)
            while more := tls.recv(4096):
                received += more
    except OSError:
        pass
    return received


def test_whatever_is_no_question_gets_the_same_answer_or_none(
    files: EngineFolder, port: int
) -> None:
    unknown = line(Refused(why=Why.UNKNOWN))
    assert answer(port, b"GET / HTTP/1.1\r\n") == unknown
    assert answer(port, b"[" * 5000 + b"\n") == unknown
    assert answer(port, b'{"v":2,"ask":"renew"}\n') == unknown
    assert answer(port, line(Renew())) == unknown  # without a certificate
    assert answer(port, line(Enrol(secret="x" * 16, request="no request"))) == unknown
    assert answer(port, b"x" * (LINE + 10)) == b""  # too long
    assert answer(port, b'{"v":1') == b""  # it never ends
    with socket.create_connection((HOST, port), SOON_S) as plain:
        plain.sendall(b"no TLS at all\n" * 10)
        plain.settimeout(SOON_S)
        assert b"d1" not in plain.recv(4096)
    assert enrols(files, port)


def test_a_request_that_cannot_be_signed_does_not_use_up_its_code(
    files: EngineFolder, port: int
) -> None:
    code = give_code(files, "g2", 1)
    refused = line(Refused(why=Why.REQUEST))
    other_curve = ec.generate_private_key(ec.SECP384R1())
    for request in ("", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n", signed_by(other_curve)):
        assert answer(port, line(Enrol(secret=code.secret, request=request))) == refused
    good = signed_by(ec.generate_private_key(ec.SECP256R1()))
    at = good.index("\n", 100) - 10  # within the signature
    spoilt = good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :]
    assert answer(port, line(Enrol(secret=code.secret, request=spoilt))) == refused
    assert b"enrolled" in answer(port, line(Enrol(secret=code.secret, request=good)))


def signed_by(key: ec.EllipticCurvePrivateKey) -> str:
    return asking._request(key)  # noqa: SLF001 - sent as a stranger sends it


def test_those_who_say_nothing_keep_nobody_out_for_long(files: EngineFolder, port: int) -> None:
    silent = [socket.create_connection((HOST, port), SOON_S) for _ in range(6)]
    shaken = [opened(port) for _ in range(2)]
    try:
        assert enrols(files, port)
    finally:
        for each in (*silent, *shaken):
            each.close()


def test_one_address_has_so_many_connections_at_most(
    files: EngineFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrolment_service, "HANDSHAKE_S", 10 * SOON_S)
    with enrolment_at(files) as port:
        silent = [
            socket.create_connection((HOST, port), SOON_S)
            for _ in range(enrolment_service.MOST_OF_ONE)
        ]
        with socket.create_connection((HOST, port), SOON_S) as one_more:
            assert one_more.recv(1) == b""  # it is closed while the others may still speak
        for each in silent:
            each.close()
        assert enrols(files, port)


def test_who_guesses_is_not_heard_any_more(files: EngineFolder, port: int) -> None:
    own = ec.generate_private_key(ec.SECP256R1())
    code = give_code(files, "g3", 1)
    for number in range(enrolment_service.WRONG):
        guess = Code(code.district, f"{number:016d}")
        with pytest.raises(NotEnrolled, match="does not know this code"):
            asking.enrol(guess, HOST, port, own)
    with pytest.raises(NotEnrolled, match="no answer"):
        asking.enrol(code, HOST, port, own)
