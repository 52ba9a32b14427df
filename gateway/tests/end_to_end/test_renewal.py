"""Certificates that end soon are renewed over the air: real Mosquitto, MicroPython over TLS."""

import asyncio
import contextlib
import datetime
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from callpoint_gateway.broker import book as books
from callpoint_gateway.broker import certificates
from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.broker.book import Known
from callpoint_gateway.broker.revocation import enforce
from callpoint_gateway.configuration.names import GATEWAY_USER
from callpoint_gateway.host.clock import SystemClock
from callpoint_protocol import names, topics
from callpoint_rig.rig import SITE, Rig

from ..broker.secured_broker import Peer, Secured, peer

pytestmark = pytest.mark.end_to_end

SOON_S = 60.0
SHORT_DAYS = 100
ASLEEP = 71  # how the virtual board ends when it sleeps
ZONES = [{"zone": 7, "kind": "panic", "input": "button"}]


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """Return a site whose clients' certificates end within a third of their life."""
    made = Rig(tmp_path, tls=True)
    assert made.authority is not None
    made.sections = ["[renewal]", f'certificates_dir = "{made.authority.folder}"']
    monkeypatch.setattr(certificates, "CLIENT_DAYS", SHORT_DAYS)
    made.authority.client(GATEWAY_USER, again=True)
    return made


def in_use(rig: Rig, name: str) -> Known:
    """Return what the authority knows of the certificate that a client uses."""
    assert rig.authority is not None
    found = Authority.opened(rig.authority.folder, SystemClock()).book.in_use(name)
    assert found is not None
    return found


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not condition():
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("interpreter", ["micropython", "micropython32"])
def test_a_board_gets_a_later_certificate_and_connects_with_it(
    rig: Rig, interpreter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = rig.board("lobby", ZONES, interpreter)
    first = in_use(rig, "lobby")
    monkeypatch.undo()

    async def play() -> None:
        async with rig:
            await board.until_up(SOON_S)
            await until(lambda: in_use(rig, "lobby").mark != first.mark)
            later = in_use(rig, "lobby")
            assert later.used
            assert later.key == first.key
            assert later.ends_s - first.ends_s > 600 * 86_400
            await until(lambda: in_use(rig, GATEWAY_USER).ends_s > first.ends_s)
            # It is in flash: the first one is of no use any more, and the board connects.
            await board.kill()
            assert rig.authority is not None
            await asyncio.to_thread(revoke, rig.authority, first)
            await board.start()
            await board.until_up(SOON_S)
            await board.press("button")
            await board.until_lamp("centre", SOON_S)

    asyncio.run(play())
    assert rig.authority is not None
    own = x509.load_pem_x509_certificate(
        (rig.authority.folder / f"{GATEWAY_USER}.pem").read_bytes()
    )
    assert int(own.not_valid_after_utc.timestamp()) == in_use(rig, GATEWAY_USER).ends_s


def test_a_board_that_sleeps_gets_it_while_it_is_awake(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = rig.board("lobby", ZONES, sleep={"heartbeat_s": 300, "awake_s": 20})
    first = in_use(rig, "lobby")
    monkeypatch.undo()

    async def play() -> None:
        async with rig:
            async with asyncio.timeout(SOON_S):
                while in_use(rig, "lobby").mark == first.mark:
                    assert await board.ended(SOON_S) == ASLEEP
                    await board.kill()
                    await board.start()
            assert await board.ended(SOON_S) == ASLEEP
            assert in_use(rig, "lobby").ends_s - first.ends_s > 600 * 86_400

    asyncio.run(play())


def revoke(authority: Authority, known: Known) -> None:
    """Revoke one certificate of a name, and see that the broker knows."""
    with books.changing(authority.folder) as book:
        for one in book.certificates:
            one.revoked |= one.serial == known.serial
        book.number += 1
    again = Authority.opened(authority.folder, SystemClock())
    assert again.broker is not None
    enforce(again, again.broker, [])


async def started(rig: Rig) -> None:
    """Start the broker; it listens to the gateway a moment after it listens to devices."""
    await rig.broker.start()
    async with asyncio.timeout(SOON_S):
        while True:
            with contextlib.suppress(OSError):
                (await asyncio.open_connection("127.0.0.1", rig.gateway_port))[1].close()
                return
            await asyncio.sleep(0.01)


def _secured(rig: Rig) -> Secured:
    assert rig.authority is not None
    return Secured(rig.authority, rig.port, rig.gateway_port, rig.folder / "broker", None)  # type: ignore[arg-type]


def _next(rig: Rig, name: str, days: int) -> tuple[bytes, int]:
    """Return a certificate that lasts so many days, and its mark."""
    assert rig.authority is not None
    ends = rig.authority.now + datetime.timedelta(days=days)
    folder = rig.authority.folder
    issuing = certificates.load(
        (folder / "issuing.pem").read_bytes(), (folder / "issuing.key").read_bytes()
    )
    own = x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
    key = own.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    made = certificates.renewed(name, key, issuing, ends)
    return certificates.der(made), certificates.mark(made)


def marks(gateway: Peer) -> list[int]:
    """Return what the board has told in its telemetry of its certificates."""
    return [json.loads(body)["ce"] for body in gateway.bodies]


def test_a_certificate_that_the_broker_refuses_is_given_up(rig: Rig) -> None:
    """Nothing is lost by it: the board comes back with its own."""
    board = rig.board("lobby", ZONES)
    first = in_use(rig, "lobby")

    async def play() -> None:
        await started(rig)
        with peer(_secured(rig), GATEWAY_USER) as gateway:
            gateway.subscribe(topics.topic(SITE, "lobby", names.TELEMETRY))
            await board.start()
            await until(lambda: first.mark in marks(gateway))
            good, mark = _next(rig, "lobby", SHORT_DAYS + 50)
            bad = good[:-1] + bytes([good[-1] ^ 1])  # its signature
            gateway.bodies.clear()
            gateway.say(topics.topic(SITE, "lobby", names.CRT), bad)
            # The trial connection is turned away, the one after it sends telemetry.
            await until(lambda: len(marks(gateway)) >= 2)
            assert set(marks(gateway)) == {first.mark}
            gateway.say(topics.topic(SITE, "lobby", names.CRT), good)
            await until(lambda: mark in marks(gateway))
        await board.kill()
        await rig.broker.kill()

    asyncio.run(play())


def test_a_board_that_is_killed_at_any_moment_comes_back(rig: Rig) -> None:
    """Each time with the certificate that it had, or with the later one."""
    board = rig.board("lobby", ZONES)
    known = {in_use(rig, "lobby").mark}
    rng = random.Random(12)

    async def play() -> None:
        await started(rig)
        with peer(_secured(rig), GATEWAY_USER) as gateway:
            gateway.subscribe(topics.topic(SITE, "lobby", names.TELEMETRY))
            for turn in range(12):
                gateway.bodies.clear()
                await board.start()
                await until(lambda: bool(marks(gateway)))
                assert set(marks(gateway)) <= known
                later, mark = _next(rig, "lobby", SHORT_DAYS + 10 * (turn + 1))
                known.add(mark)
                gateway.say(topics.topic(SITE, "lobby", names.CRT), later)
                await asyncio.sleep(rng.uniform(0, 1.6))  # the trial takes about a second
                await board.kill()
            await board.start()
            gateway.bodies.clear()
            last, mark = _next(rig, "lobby", SHORT_DAYS + 500)
            await until(lambda: bool(marks(gateway)))
            gateway.say(topics.topic(SITE, "lobby", names.CRT), last)
            await until(lambda: mark in marks(gateway))
        await board.kill()
        await rig.broker.kill()

    asyncio.run(play())
