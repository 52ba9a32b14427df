"""A path with a key against somebody on the way who has none, and receivers that have it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from callpoint_gateway.centres.dc09.path import LONGEST_OFFSET_S, NEAR_S, Dc09Path
from callpoint_gateway.protocols.dc09.cipher import Cipher
from callpoint_gateway.protocols.dc09.frame import Frame, build, crc16, parse, time_text, wrap
from callpoint_gateway.protocols.report import Outcome, Report, Verdict
from callpoint_protocol import names

from .. import virtual_time

NOON = 1_795_350_896
REPORT = Report(names.SMOKE, names.ALARM, 3, NOON * 1000)
KEY = b"k" * 16
Answer = Callable[[Frame], list[bytes]]


def ack(frame: Frame, time: float, number: int | None = None) -> bytes:
    """Return a sealed acknowledgement of a receiver whose clock shows ``time``."""
    account, sequence = frame.account, frame.number if number is None else number
    sealed = Frame("ACK", sequence, account=account, time=int(time), encrypted=True)
    return build(sealed, Cipher(KEY))


def renumbered(answer: bytes, number: int) -> bytes:
    """Return a recorded answer as an answer to another frame: only what is in clear changes."""
    body = answer[9:-1]
    quote = body.index(b'"', 1) + 1
    changed = body[:quote] + b"%04d" % number + body[quote + 4 :]
    assert crc16(changed) != crc16(body) or changed == body
    return wrap(changed)


def nak(time: float) -> bytes:
    return wrap(f'"NAK"0000R0L0A0[]_{time_text(time)}'.encode())


def duh(frame: Frame) -> bytes:
    return wrap(f'"DUH"{frame.number:04d}L0#{frame.account}[]'.encode())


class Line:
    """A receiver, or somebody in between. ``told``: what arrived."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.told: list[Frame] = []
        self.clock = float(NOON)
        self.memory: dict[str, int] = {}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while raw := await reader.read(2000):
                self.told.append(parse(raw, Cipher(KEY)))
                for answer in self.answer(self.told[-1]):
                    writer.write(answer)
        except ConnectionResetError:
            """The path hung up."""
        finally:
            writer.close()

    def play(self, scenario: Callable[[Dc09Path], Awaitable[None]]) -> None:
        """Run a scenario over a path with a key."""

        async def run() -> None:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            path = Dc09Path(
                "127.0.0.1",
                server.sockets[0].getsockname()[1],
                "1234",
                now=lambda: self.clock,
                key=KEY,
                first_timeout=0.15,
                memory=self.memory,
            )
            try:
                async with server, asyncio.timeout(60):
                    await scenario(path)
                    await path.close()
            finally:
                await path.close()

        virtual_time.run(run())


def not_taken(outcome: Outcome) -> bool:
    """Say whether nothing follows from an outcome: not accepted, not refused, no sign of life."""
    return (outcome.verdict, outcome.answer) == (Verdict.UNREACHABLE, "")


@pytest.mark.parametrize("bare", [b'"DUH"', b'"NAK"', b'\n"DUH"\r', b'\n"NAK"\r'])
def test_bare_word_in_clear_neither_refuses_nor_stops(bare: bytes) -> None:
    line = Line(lambda frame: [bare, b"\n\r", ack(frame, NOON)])

    async def scenario(path: Dc09Path) -> None:
        for number in (1, 2):
            assert (await path.send(REPORT, number)).accepted
        assert [frame.number for frame in line.told] == [1, 2]
        line.answer = lambda _: [bare]
        outcome = await path.send(REPORT, 3)
        assert not_taken(outcome)
        assert "in clear" in str(outcome.reason)

    line.play(scenario)


def test_duh_in_clear_refuses_nothing_and_leaves_the_encoding() -> None:
    line = Line(lambda frame: [duh(frame)])

    async def scenario(path: Dc09Path) -> None:
        for _ in range(4):
            outcome = await path.send(REPORT, 1)
            assert not_taken(outcome)
        assert "in clear" in str(outcome.reason)
        assert "TLS" in str(outcome.remedy)
        # Who writes DUH before the receiver's own answer brings about a repeat, no more.
        line.told.clear()
        line.answer = lambda frame: [duh(frame)] * (len(line.told) == 1) + [ack(frame, NOON)]
        for number in (2, 3):
            assert (await path.send(REPORT, number)).accepted
        assert [(one.token, one.number) for one in line.told] == [
            ("SIA-DCS", 2),
            ("ADM-CID", 2),
            ("SIA-DCS", 3),
        ]
        assert not set(line.memory) & {"SIA-DCS", "ADM-CID"}

    line.play(scenario)


def test_receiver_with_a_key_that_takes_only_the_other_encoding() -> None:
    def contact_id(frame: Frame) -> list[bytes]:
        return [ack(frame, NOON) if frame.token == "ADM-CID" else duh(frame)]

    line = Line(contact_id)

    async def scenario(path: Dc09Path) -> None:
        for number in (1, 2):
            assert (await path.send(REPORT, number)).accepted

    line.play(scenario)


def test_refusals_in_clear_are_no_sign_of_life() -> None:
    line = Line(lambda _: [nak(NOON)])

    async def scenario(path: Dc09Path) -> None:
        assert not_taken(await path.supervise())
        line.answer = lambda frame: [duh(frame)]
        assert not_taken(await path.supervise())

    line.play(scenario)


def test_nak_repeats_once_and_moves_the_clock_within_bounds_only() -> None:
    line = Line(lambda _: [nak(NOON + 3600)])

    async def scenario(path: Dc09Path) -> None:
        assert not_taken(await path.send(REPORT, 1))
        assert path.clock_offset_s == 3600
        assert [frame.number for frame in line.told] == [1, 1]
        for beyond in (LONGEST_OFFSET_S + 1, -LONGEST_OFFSET_S - 1):
            line.told.clear()
            line.answer = lambda _, time=NOON + beyond: [nak(time)]  # type: ignore[misc]
            outcome = await path.send(REPORT, 1)
            assert not_taken(outcome)
            assert "not believed" in str(outcome.reason)
            assert path.clock_offset_s == 3600
            assert len(line.told) == 1

    line.play(scenario)


def test_recorded_acknowledgement_with_another_number_is_none() -> None:
    recorded: list[bytes] = []

    def receiver(frame: Frame) -> list[bytes]:
        recorded.append(ack(frame, line.clock))
        return recorded[-1:]

    line = Line(receiver)

    async def scenario(path: Dc09Path) -> None:
        assert (await path.send(REPORT, 1)).accepted
        line.clock += NEAR_S + 1
        line.answer = lambda frame: [renumbered(recorded[0], frame.number)]
        outcome = await path.send(REPORT, 2)
        assert not_taken(outcome)
        assert "off" in str(outcome.reason)
        assert not_taken(await path.supervise())
        # Nor after the clock was set back for it.
        line.answer = lambda frame: (
            [nak(NOON)] if frame.time != NOON else [renumbered(recorded[0], frame.number)]
        )
        line.clock += 60
        line.memory["sealed_s"] = NOON + 61
        assert not_taken(await path.send(REPORT, 2))
        assert path.clock_offset_s == 0

    line.play(scenario)


def test_sealed_answer_older_than_the_last_is_none_even_after_a_restart() -> None:
    line = Line(lambda frame: [ack(frame, NOON + 5)])

    async def accepted(path: Dc09Path) -> None:
        assert (await path.send(REPORT, 1)).accepted

    async def older(path: Dc09Path) -> None:
        outcome = await path.send(REPORT, 2)
        assert not_taken(outcome)
        assert "older than the last" in str(outcome.reason)

    line.play(accepted)
    line.answer = lambda frame: [ack(frame, NOON + 4)]
    line.play(older)
