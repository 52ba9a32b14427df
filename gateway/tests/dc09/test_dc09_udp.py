"""UDP: one frame is one datagram. Judged by pysiaalarm's threaded receiver."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pysiaalarm.account import SIAAccount
from pysiaalarm.event import SIAEvent
from pysiaalarm.sync.server import SIAUDPServer
from pysiaalarm.utils import Counter

from callpoint_gateway.centres.dc09.path import Dc09Path
from callpoint_gateway.protocols.dc09.frame import Frame, build, parse
from callpoint_gateway.protocols.report import (
    NOT_REPORTED,
    PATH_1,
    PATH_2,
    PATH_OTHER,
    Report,
    Verdict,
)
from callpoint_gateway.transport.receiver_link import open_udp
from callpoint_protocol import messages, names
from callpoint_rig.ports import free_port

from .. import virtual_time

KEY = "0123456789ABCDEF"
REPORT = Report(names.PANIC, names.ALARM, 3, 0)
OWN = [
    (names.SUPERVISION, state, detail)
    for state in (names.TROUBLE, names.TROUBLE_RESTORE)
    for detail in (PATH_1, PATH_2, PATH_OTHER)
]


@contextmanager
def pysia(key: str | None) -> Iterator[tuple[int, list[SIAEvent]]]:
    """Serve as long as the block lasts; give the port and what was accepted."""
    accepted: list[SIAEvent] = []
    account = SIAAccount("1234", key)
    server = SIAUDPServer(("127.0.0.1", 0), {"1234": account}, accepted.append, Counter())
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1], accepted
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def over_udp(port: int, **settings: Any) -> Dc09Path:
    return Dc09Path("127.0.0.1", port, "1234", now=time.time, open_link=open_udp, **settings)


@pytest.mark.parametrize("encoding", ["SIA-DCS", "ADM-CID"])
@pytest.mark.parametrize("key", [None, KEY])
def test_pysiaalarm_takes_every_code_over_udp(encoding: str, key: str | None) -> None:
    events = [
        (kind, state, detail)
        for kind, states in names.ALLOWED.items()
        for state in states
        if (kind, state) not in NOT_REPORTED
        for detail in sorted({0, *messages.details(kind, state)})
    ] + OWN

    async def run(port: int) -> None:
        path = over_udp(port, encoding=encoding, key=key.encode() if key else None)
        assert (await path.supervise()).accepted
        for number, (kind, state, detail) in enumerate(events, 1):
            area = 0 if (kind, state, detail) in OWN else 1
            report = Report(kind, state, 7, 0, detail=detail, partition=area)
            outcome = await path.send(report, number)
            assert outcome.accepted, (kind, state, detail, outcome)
        await path.close()

    with pysia(key) as (port, accepted):
        asyncio.run(run(port))
        # It answers first and hands the event on afterwards, each in a thread of its own.
        deadline = time.monotonic() + 60
        while len(accepted) <= len(events) and time.monotonic() < deadline:
            time.sleep(0.005)
    seen = sorted(int(one.sequence) for one in accepted)
    assert seen == list(range(len(events) + 1))


class Datagrams:
    """A socket whose answers a test chooses."""

    def __init__(self, answers: Callable[[Frame, int], list[bytes]]) -> None:
        self._answers = answers
        self.frames: list[Frame] = []
        self.senders: set[Any] = set()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port: int = self.socket.getsockname()[1]

    def read(self) -> None:
        raw, sender = self.socket.recvfrom(2000)
        self.senders.add(sender)
        self.frames.append(parse(raw))
        for answer in self._answers(self.frames[-1], len(self.frames)):
            self.socket.sendto(answer, sender)


def play(
    answers: Callable[[Frame, int], list[bytes]],
    scenario: Callable[[Datagrams, Dc09Path], Coroutine[Any, Any, None]],
) -> None:
    async def run() -> None:
        receiver = Datagrams(answers)
        loop = asyncio.get_running_loop()
        loop.add_reader(receiver.socket, receiver.read)
        path = over_udp(receiver.port, first_timeout=0.1)
        try:
            async with asyncio.timeout(60):
                await scenario(receiver, path)
        finally:
            await path.close()
            loop.remove_reader(receiver.socket)
            receiver.socket.close()

    virtual_time.run(run())


def ack(frame: Frame) -> bytes:
    return build(Frame("ACK", frame.number, frame.account))


def test_a_lost_datagram_is_sent_again_with_its_number() -> None:
    async def scenario(receiver: Datagrams, path: Dc09Path) -> None:
        assert (await path.send(REPORT, 7)).verdict is Verdict.UNREACHABLE
        assert (await path.send(REPORT, 7)).accepted
        assert [one.number for one in receiver.frames] == [7, 7]

    play(lambda frame, count: [ack(frame)] if count > 1 else [], scenario)


def test_answers_twice_in_pieces_and_with_rubbish() -> None:
    def answers(frame: Frame, _: int) -> list[bytes]:
        whole = ack(frame)
        return [b"", b"\x00rubbish\r", whole[:9], whole[9:], whole]

    async def scenario(receiver: Datagrams, path: Dc09Path) -> None:
        for number in (1, 2, 3):
            assert (await path.send(REPORT, number)).accepted
        assert len(receiver.senders) == 1

    play(answers, scenario)


def test_a_closed_port_is_known_at_once() -> None:
    async def run() -> None:
        path = over_udp(free_port(socket.SOCK_DGRAM), first_timeout=600.0)
        async with asyncio.timeout(60):
            outcome = await path.send(REPORT, 1)
        assert outcome.verdict is Verdict.UNREACHABLE
        await path.close()

    virtual_time.run(run())


def test_a_name_that_nobody_knows() -> None:
    async def run() -> None:
        path = Dc09Path(
            "no-such-host.invalid", 1, "1234", now=time.time, open_link=open_udp, first_timeout=5
        )
        assert (await path.send(REPORT, 1)).verdict is Verdict.UNREACHABLE
        await path.close()

    asyncio.run(run())
