"""One path against receivers that behave badly, each a small server on this machine."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from callpoint_gateway.centres.dc09.path import Dc09Path
from callpoint_gateway.protocols.dc09.cipher import Cipher
from callpoint_gateway.protocols.dc09.frame import Frame, build, parse, time_text, wrap
from callpoint_gateway.protocols.dc09.message import NotReported
from callpoint_gateway.protocols.report import Outcome, Report, Verdict
from callpoint_protocol import names

from .. import virtual_time

NOON = 1_795_350_896
REPORT = Report(names.PANIC, names.ALARM, 3, NOON * 1000)
PATIENCE_S = 0.3
Say = Callable[[bytes], None]
Script = Callable[["Receiver", Frame, Say], Awaitable[None]]


class Receiver:
    """A receiver that follows a script; ``frames`` is what it was told."""

    def __init__(self, script: Script, cipher: Cipher | None = None) -> None:
        self._script = script
        self._cipher = cipher
        self._serving: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.frames: list[Frame] = []
        self.connections = 0
        self.port = 0

    async def __aenter__(self) -> "Receiver":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        # What was accepted a moment ago has no transport yet that could be closed.
        for _ in range(3):
            await asyncio.sleep(0)
        self.hang_up()
        await asyncio.gather(*self._serving)

    def hang_up(self) -> None:
        """Close every connection."""
        while self._writers:
            self._writers.pop().close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        self.connections += 1
        self._writers.append(writer)
        try:
            # One read is one frame, as pysiaalarm has it: a split frame would not parse.
            while raw := await reader.read(2000):
                frame = parse(raw, self._cipher)
                self.frames.append(frame)
                await self._script(self, frame, writer.write)
        except ConnectionResetError:
            """The path hung up."""
        finally:
            writer.close()
            self._serving.discard(task)


def ack(frame: Frame, **changes: object) -> bytes:
    """Return the acknowledgement of ``frame`` with ``changes``."""
    values: dict[str, Any] = {"token": "ACK", "number": frame.number, "account": frame.account}
    return build(Frame(**(values | changes)))


def nak(seconds: float) -> bytes:
    """Return a NAK of a receiver whose clock shows ``seconds``."""
    return wrap(f'"NAK"0000R0L0A0[]_{time_text(seconds)}'.encode())


def play(
    script: Script,
    scenario: Callable[[Receiver, Dc09Path], Coroutine[Any, Any, None]],
    key: bytes | None = None,
) -> None:
    """Run ``scenario`` with a receiver that follows ``script`` and a path to it."""

    async def run() -> None:
        async with Receiver(script, Cipher(key) if key else None) as receiver:
            path = Dc09Path(
                "127.0.0.1",
                receiver.port,
                "1234",
                now=lambda: NOON,
                key=key,
                first_timeout=PATIENCE_S,
                longest_timeout=4 * PATIENCE_S,
            )
            try:
                async with asyncio.timeout(60):
                    await scenario(receiver, path)
            finally:
                await path.close()

    virtual_time.run(run())


def brief(outcome: Outcome) -> tuple[Verdict, str]:
    """Return what matters of an outcome."""
    return outcome.verdict, outcome.answer


ACCEPTED = (Verdict.ACCEPTED, "ACK")
SILENT = (Verdict.UNREACHABLE, "")


async def answering(_: Receiver, frame: Frame, say: Say) -> None:
    """Answer as the standard has it."""
    say(ack(frame))


def test_events_and_link_tests_share_one_connection() -> None:
    async def scenario(receiver: Receiver, path: Dc09Path) -> None:
        assert brief(await path.supervise()) == ACCEPTED
        for number in (9999, 1):
            assert brief(await path.send(REPORT, number)) == ACCEPTED
        assert brief(await path.supervise()) == ACCEPTED
        assert receiver.connections == 1
        assert [frame.token for frame in receiver.frames] == ["NULL", "SIA-DCS", "SIA-DCS", "NULL"]
        assert [frame.number for frame in receiver.frames] == [0, 9999, 1, 0]
        assert receiver.frames[1].data == "#1234|Nri1/PA3"
        assert {frame.time for frame in receiver.frames} == {NOON}

    play(answering, scenario)


def test_two_callers_take_turns() -> None:
    async def scenario(receiver: Receiver, path: Dc09Path) -> None:
        outcomes = await asyncio.gather(*(path.send(REPORT, number) for number in range(1, 20)))
        assert {brief(outcome) for outcome in outcomes} == {ACCEPTED}
        assert receiver.connections == 1

    play(answering, scenario)


def test_receiver_that_closes_after_each_answer() -> None:
    async def closing(receiver: Receiver, frame: Frame, say: Say) -> None:
        say(ack(frame))
        receiver.hang_up()

    async def scenario(receiver: Receiver, path: Dc09Path) -> None:
        for number in range(1, 6):
            assert brief(await path.send(REPORT, number)) == ACCEPTED
        assert [frame.number for frame in receiver.frames] == [1, 2, 3, 4, 5]

    play(closing, scenario)


def test_receiver_that_closes_an_idle_connection_as_the_frame_leaves() -> None:
    async def first_only(receiver: Receiver, frame: Frame, say: Say) -> None:
        if len(receiver.frames) == 2:
            receiver.hang_up()
        else:
            say(ack(frame))

    async def scenario(receiver: Receiver, path: Dc09Path) -> None:
        assert brief(await path.send(REPORT, 1)) == ACCEPTED
        assert brief(await path.send(REPORT, 2)) == ACCEPTED
        assert [frame.number for frame in receiver.frames] == [1, 2, 2]
        assert receiver.connections == 2

    play(first_only, scenario)


def test_receiver_that_closes_instead_of_answering() -> None:
    async def closing(receiver: Receiver, _: Frame, say: Say) -> None:
        receiver.hang_up()

    async def scenario(receiver: Receiver, path: Dc09Path) -> None:
        outcome = await path.send(REPORT, 1)
        assert brief(outcome) == SILENT
        assert "closed" in str(outcome.reason)
        assert len(receiver.frames) == 1

    play(closing, scenario)


def test_nobody_listens() -> None:
    async def scenario(receiver: Receiver, path: Dc09Path) -> None:
        await receiver.__aexit__()
        outcome = await path.send(REPORT, 1)
        assert brief(outcome) == SILENT
        assert "no connection" in str(outcome.reason)

    play(answering, scenario)


def test_frozen_receiver_is_given_longer_then_a_new_connection() -> None:
    async def frozen(_: Receiver, frame: Frame, say: Say) -> None:
        """Say nothing."""

    async def scenario(receiver: Receiver, path: Dc09Path) -> None:
        outcomes = [await path.send(REPORT, 1) for _ in range(3)]
        assert [brief(outcome) for outcome in outcomes] == [SILENT] * 3
        assert "no answer" in str(outcomes[0].reason)
        least = [PATIENCE_S, 2 * PATIENCE_S, 4 * PATIENCE_S]
        for outcome, patience in zip(outcomes, least, strict=True):
            assert outcome.took_ms >= patience * 1000 - 20
        assert receiver.connections == 2
        assert {frame.number for frame in receiver.frames} == {1}

    play(frozen, scenario)


def test_receiver_that_comes_back_is_given_the_first_patience_again() -> None:
    async def after_two(receiver: Receiver, frame: Frame, say: Say) -> None:
        if len(receiver.frames) in (3, 4):
            say(ack(frame))

    async def scenario(receiver: Receiver, path: Dc09Path) -> None:
        outcomes = [await path.send(REPORT, 1) for _ in range(5)]
        expected = [SILENT, SILENT, ACCEPTED, ACCEPTED, SILENT]
        assert [brief(outcome) for outcome in outcomes] == expected
        assert outcomes[4].took_ms < 2 * PATIENCE_S * 1000

    play(after_two, scenario)


def test_late_answer_counts_for_the_repeat_of_its_event() -> None:
    async def late(receiver: Receiver, frame: Frame, say: Say) -> None:
        if len(receiver.frames) == 2:
            say(ack(receiver.frames[0]))

    async def scenario(receiver: Receiver, path: Dc09Path) -> None:
        assert brief(await path.send(REPORT, 1)) == SILENT
        assert brief(await path.send(REPORT, 1)) == ACCEPTED
        assert receiver.connections == 1

    play(late, scenario)


def test_late_answer_does_not_count_for_another_event() -> None:
    async def one_behind(receiver: Receiver, frame: Frame, say: Say) -> None:
        if len(receiver.frames) == 2:
            say(ack(receiver.frames[0]))

    async def scenario(_: Receiver, path: Dc09Path) -> None:
        assert brief(await path.send(REPORT, 1)) == SILENT
        outcome = await path.send(REPORT, 2)
        assert brief(outcome) == SILENT
        assert "0001" in str(outcome.reason)

    play(one_behind, scenario)


def test_second_answer_to_a_link_test_is_no_sign_of_life_later() -> None:
    async def twice_then_never(receiver: Receiver, frame: Frame, say: Say) -> None:
        if len(receiver.frames) == 1:
            say(ack(frame) + ack(frame))

    async def scenario(_: Receiver, path: Dc09Path) -> None:
        assert brief(await path.supervise()) == ACCEPTED
        assert brief(await path.supervise()) == SILENT

    play(twice_then_never, scenario)


def test_every_answer_twice() -> None:
    async def twice(_: Receiver, frame: Frame, say: Say) -> None:
        say(ack(frame) * 2)

    async def scenario(receiver: Receiver, path: Dc09Path) -> None:
        for number in (1, 2, 3):
            assert brief(await path.send(REPORT, number)) == ACCEPTED
        assert brief(await path.supervise()) == ACCEPTED
        assert len(receiver.frames) == 4

    play(twice, scenario)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"number": 2}, "number 0002"), ({"account": "9999"}, "another account")],
)
def test_answer_that_is_not_ours(changes: dict[str, Any], reason: str) -> None:
    async def wrong(_: Receiver, frame: Frame, say: Say) -> None:
        say(ack(frame, **changes))

    async def scenario(_: Receiver, path: Dc09Path) -> None:
        outcome = await path.send(REPORT, 1)
        assert brief(outcome) == SILENT
        assert reason in str(outcome.reason)

    play(wrong, scenario)


@pytest.mark.parametrize("ahead_s", [116, -7 * 3600, 5 * 3600])
@pytest.mark.parametrize("copies", [1, 2])
def test_nak_sets_the_clock_offset(ahead_s: int, copies: int) -> None:
    async def strict(_: Receiver, frame: Frame, say: Say) -> None:
        assert frame.time is not None
        if -40 <= frame.time - (NOON + ahead_s) <= 20:
            say(ack(frame))
        else:
            say(nak(NOON + ahead_s) * copies)

    async def scenario(receiver: Receiver, path: Dc09Path) -> None:
        assert brief(await path.send(REPORT, 7)) == ACCEPTED
        assert path.clock_offset_s == ahead_s
        assert [frame.number for frame in receiver.frames] == [7, 7]
        assert receiver.frames[0].data == receiver.frames[1].data
        # Later frames have the offset from the start, and so has a late event's own time.
        late = Report(names.PANIC, names.ALARM, 3, (NOON - 90) * 1000, late=True)
        assert brief(await path.send(late, 8)) == ACCEPTED
        assert len(receiver.frames) == 3
        assert receiver.frames[2].extended == ("H" + time_text(NOON - 90 + ahead_s),)

    play(strict, scenario)


def test_second_nak_is_a_failure() -> None:
    async def never_content(_: Receiver, __: Frame, say: Say) -> None:
        say(nak(NOON + 40))

    async def scenario(receiver: Receiver, path: Dc09Path) -> None:
        outcome = await path.send(REPORT, 1)
        assert brief(outcome) == (Verdict.UNREACHABLE, "NAK")
        assert len(receiver.frames) == 2

    play(never_content, scenario)


@pytest.mark.parametrize("answer", [b'"NAK"', wrap(b'"NAK"0000L0A0[]')])
def test_nak_without_a_time_is_not_answered_with_the_same_frame(answer: bytes) -> None:
    async def refusing(_: Receiver, __: Frame, say: Say) -> None:
        say(answer)

    async def scenario(receiver: Receiver, path: Dc09Path) -> None:
        outcome = await path.send(REPORT, 1)
        assert brief(outcome) == (Verdict.UNREACHABLE, "NAK")
        assert len(receiver.frames) == 1

    play(refusing, scenario)


def test_duh_to_both_encodings_is_final() -> None:
    async def puzzled(_: Receiver, frame: Frame, say: Say) -> None:
        say(ack(frame, token="DUH"))

    async def scenario(receiver: Receiver, path: Dc09Path) -> None:
        assert brief(await path.send(REPORT, 1)) == (Verdict.REFUSED, "DUH")
        assert [(one.token, one.number) for one in receiver.frames] == [
            ("SIA-DCS", 1),
            ("ADM-CID", 1),
        ]

    play(puzzled, scenario)


def test_an_account_without_its_leading_zeros_is_still_ours() -> None:
    async def as_a_number(_: Receiver, frame: Frame, say: Say) -> None:
        say(ack(frame, account="12a"))

    async def scenario(receiver: Receiver, _: Dc09Path) -> None:
        path = Dc09Path("127.0.0.1", receiver.port, "0012A", now=lambda: NOON)
        assert brief(await path.send(REPORT, 1)) == ACCEPTED
        assert brief(await path.supervise()) == ACCEPTED
        await path.close()

    play(as_a_number, scenario)


def test_the_encoding_that_the_receiver_understands_is_remembered() -> None:
    async def contact_id_only(_: Receiver, frame: Frame, say: Say) -> None:
        say(ack(frame, token="ACK" if frame.token == "ADM-CID" else "DUH"))

    memory: dict[str, int] = {}

    async def scenario(receiver: Receiver, _: Dc09Path) -> None:
        path = Dc09Path("127.0.0.1", receiver.port, "1234", now=lambda: NOON, memory=memory)
        for number in (1, 2):
            assert brief(await path.send(REPORT, number)) == ACCEPTED
        await path.close()
        assert [(one.token, one.number) for one in receiver.frames] == [
            ("SIA-DCS", 1),
            ("ADM-CID", 1),
            ("ADM-CID", 2),
        ]
        restarted = Dc09Path("127.0.0.1", receiver.port, "1234", now=lambda: NOON, memory=memory)
        assert brief(await restarted.send(REPORT, 3)) == ACCEPTED
        await restarted.close()
        assert [one.token for one in receiver.frames[3:]] == ["ADM-CID"]

    play(contact_id_only, scenario)


def test_duh_and_then_silence_holds_up_nothing_for_ever() -> None:
    async def deaf_to_contact_id(receiver: Receiver, frame: Frame, say: Say) -> None:
        if frame.token == "ADM-CID":
            receiver.hang_up()
        else:
            say(ack(frame, token="DUH"))

    async def scenario(_: Receiver, path: Dc09Path) -> None:
        outcomes = [brief(await path.send(REPORT, 1)) for _ in range(3)]
        assert outcomes == [SILENT, SILENT, (Verdict.REFUSED, "DUH")]

    play(deaf_to_contact_id, scenario)


def test_rsp_is_an_acknowledgement() -> None:
    async def talkative(_: Receiver, frame: Frame, say: Say) -> None:
        say(ack(frame, token="RSP", data="hello"))

    async def scenario(_: Receiver, path: Dc09Path) -> None:
        assert brief(await path.send(REPORT, 1)) == (Verdict.ACCEPTED, "RSP")

    play(talkative, scenario)


def test_answer_in_portions_between_garbage() -> None:
    async def dribbling(_: Receiver, frame: Frame, say: Say) -> None:
        for byte in b"\n\rnonsense\r\n\x00\xff\r" + ack(frame):
            say(bytes([byte]))
            await asyncio.sleep(0)

    async def scenario(_: Receiver, path: Dc09Path) -> None:
        for number in (1, 2):
            assert brief(await path.send(REPORT, number)) == ACCEPTED

    play(dribbling, scenario)


def test_receiver_that_saw_a_bad_checksum_is_named() -> None:
    async def empty(_: Receiver, __: Frame, say: Say) -> None:
        say(b"\n\r")

    async def scenario(_: Receiver, path: Dc09Path) -> None:
        outcome = await path.send(REPORT, 1)
        assert brief(outcome) == SILENT
        assert "empty answer" in str(outcome.reason)

    play(empty, scenario)


def test_receiver_that_floods_loses_its_connection_only() -> None:
    async def flooding(receiver: Receiver, frame: Frame, say: Say) -> None:
        if len(receiver.frames) == 1:
            say(b"x" * 3_000_000)
        else:
            say(ack(frame))

    async def scenario(_: Receiver, path: Dc09Path) -> None:
        assert brief(await path.send(REPORT, 1)) == SILENT
        assert brief(await path.send(REPORT, 1)) == ACCEPTED

    play(flooding, scenario)


def test_encrypted_frame_answered_in_clear_is_not_acknowledged() -> None:
    async def scenario(receiver: Receiver, path: Dc09Path) -> None:
        outcome = await path.send(REPORT, 1)
        assert receiver.frames[0].encrypted
        assert brief(outcome) == SILENT
        assert "in clear" in str(outcome.reason)

    play(answering, scenario, key=b"k" * 16)


def test_cancelled_in_the_middle_leaves_the_path_usable() -> None:
    async def after_one(receiver: Receiver, frame: Frame, say: Say) -> None:
        if len(receiver.frames) > 1:
            say(ack(frame))

    async def scenario(receiver: Receiver, path: Dc09Path) -> None:
        sending = asyncio.create_task(path.send(REPORT, 1))
        while not receiver.frames:
            await asyncio.sleep(0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert brief(await path.send(REPORT, 1)) == ACCEPTED

    play(after_one, scenario)


def test_event_that_is_told_to_no_centre_is_not_sent() -> None:
    async def scenario(receiver: Receiver, path: Dc09Path) -> None:
        with pytest.raises(NotReported):
            await path.send(Report(names.PANIC, names.TESTED, 3, 0), 1)
        assert not receiver.frames

    play(answering, scenario)
