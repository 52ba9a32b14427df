"""Receivers and parsers that others wrote: pysiaalarm over TCP, siadc09 as a judge."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path as FilePath
from typing import Any

import pytest
import siadc09.message  # type: ignore[import-untyped]
from msgspec.structs import replace

from callpoint_gateway.centres.dc09.path import Dc09Path
from callpoint_gateway.protocols.dc09.cipher import Cipher
from callpoint_gateway.protocols.dc09.codes import code_for
from callpoint_gateway.protocols.dc09.frame import Frame, build, parse
from callpoint_gateway.protocols.dc09.message import Encoding, event_frame
from callpoint_gateway.protocols.report import (
    BYPASS_OVER,
    BYPASSED,
    CANCELLED,
    EXIT_ERROR,
    NOT_REPORTED,
    NOTIFIER,
    OPENINGS,
    PATH_1,
    PATH_2,
    PATH_OTHER,
    TEST_WITH_TROUBLE,
    WRONG_CODE,
    Report,
    Verdict,
)
from callpoint_protocol import messages, names
from callpoint_rig.receivers import pysia_receiver

RECEIVER = FilePath(pysia_receiver.__file__)
KEYS = {"clear": None, "128": 16, "192": 24, "256": 32}
DIGITS = "0123456789ABCDEF" * 2
# Every event that a device can cause and a centre is told of.
EVENTS = [
    (kind, state, detail)
    for kind, states in names.ALLOWED.items()
    for state in states
    if (kind, state) not in NOT_REPORTED
    for detail in sorted({0, *messages.details(kind, state)})
]
TROUBLES = (names.TROUBLE, names.TROUBLE_RESTORE)
PATHS = (PATH_1, PATH_2, PATH_OTHER)
ARMING = (*OPENINGS, CANCELLED, BYPASSED, BYPASS_OVER, EXIT_ERROR, WRONG_CODE)
VECTORS = json.loads((FilePath(__file__).parent / "vectors.json").read_text("utf-8"))


class Pysia:
    """The receiver's process and the lines that it prints."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self.port = port

    async def line(self) -> dict[str, Any]:
        """Return the next line."""
        assert self._process.stdout is not None
        async with asyncio.timeout(60):
            line: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return line


@asynccontextmanager
async def pysia(*options: str) -> AsyncIterator[Pysia]:
    """Run the receiver as long as the block lasts."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(RECEIVER),
        "--account",
        "1234",
        *options,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        receiver = Pysia(process, 0)
        receiver.port = (await receiver.line())["listening"]
        yield receiver
    finally:
        process.terminate()
        await process.communicate()


def unix_time() -> float:
    """Return this machine's clock, by which the receiver judges a frame's time."""
    return time.time()


@pytest.mark.parametrize("encoding", ["SIA-DCS", "ADM-CID"])
@pytest.mark.parametrize("security", KEYS)
@pytest.mark.parametrize("receiver_number", [None, "0"])
def test_pysiaalarm_understands(encoding: str, security: str, receiver_number: str | None) -> None:
    length = KEYS[security]
    key = None if length is None else DIGITS[:length]

    async def run() -> None:
        async with pysia(*(["--key", key] if key else [])) as receiver:
            path = Dc09Path(
                "127.0.0.1",
                receiver.port,
                "1234",
                now=unix_time,
                encoding=encoding,
                key=key.encode() if key else None,
                receiver=receiver_number,
            )
            assert (await path.supervise()).accepted
            assert (await receiver.line())["event"] == "NULL"
            occurred_ms = int(unix_time() - 3600) * 1000
            for number, state, codes in (
                (9999, names.ALARM, ("1120", "PA")),
                (1, names.RESTORE, ("3120", "PH")),
            ):
                report = Report(
                    names.PANIC, state, 17, occurred_ms, partition=2, late=True, place=("Lobby",)
                )
                outcome = await path.send(report, number)
                assert outcome.verdict is Verdict.ACCEPTED, outcome
                seen = await receiver.line()
                assert seen["code"] == codes[encoding == "SIA-DCS"]
                assert seen["sia_code"] == codes[1]
                assert (seen["zone"], seen["partition"]) == (17, 2)
                assert (seen["account"], seen["sequence"]) == ("1234", number)
                assert seen["encrypted"] == (key is not None)
                assert seen["extended"]["H"] == as_written(occurred_ms)
            await path.close()

    asyncio.run(run())


def as_written(occurred_ms: int) -> str:
    """Return the moment as the standard writes it."""
    return datetime.fromtimestamp(occurred_ms / 1000, UTC).strftime("%H:%M:%S,%m-%d-%Y")


@pytest.mark.parametrize("key", [None, "0123456789ABCDEF"])
@pytest.mark.parametrize("slow_s", [60, -25, 86_400])
def test_our_clock_is_wrong_and_pysiaalarms_nak_puts_it_right(
    key: str | None, slow_s: int
) -> None:
    async def run() -> None:
        async with pysia("--all", *(["--key", key] if key else [])) as receiver:
            path = Dc09Path(
                "127.0.0.1",
                receiver.port,
                "1234",
                now=lambda: unix_time() - slow_s,
                key=key.encode() if key else None,
            )
            report = Report(names.SMOKE, names.ALARM, 7, int(unix_time() * 1000))
            assert (await path.send(report, 42)).accepted
            assert abs(path.clock_offset_s - slow_s) < 3
            assert '"NAK"' in (await receiver.line())["answer"]
            assert 'ACK"0042' in (await receiver.line())["answer"]
            assert (await receiver.line())["sequence"] == 42
            assert (await path.send(report, 43)).accepted
            assert 'ACK"0043' in (await receiver.line())["answer"]
            await path.close()

    asyncio.run(run())


def test_pysiaalarm_does_not_know_the_account() -> None:
    async def run() -> None:
        async with pysia() as receiver:
            path = Dc09Path("127.0.0.1", receiver.port, "9999", now=unix_time)
            outcome = await path.send(Report(names.PANIC, names.ALARM, 1, 0), 1)
            assert (outcome.verdict, outcome.answer) == (Verdict.UNREACHABLE, "NAK")
            await path.close()

    asyncio.run(run())


@pytest.mark.parametrize("encoding", ["SIA-DCS", "ADM-CID"])
def test_pysiaalarm_takes_every_event_that_is_reported(encoding: str) -> None:
    async def run() -> None:
        async with pysia("--key", DIGITS) as receiver:
            path = Dc09Path(
                "127.0.0.1",
                receiver.port,
                "1234",
                now=unix_time,
                encoding=encoding,
                key=DIGITS.encode(),
            )
            for number, (kind, state, detail) in enumerate(EVENTS * 2, 1):
                outcome = await path.send(Report(kind, state, 7, 0, detail=detail), number)
                assert outcome.accepted, (kind, state, detail, outcome)
                assert (await receiver.line())["zone"] == 7
            await path.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    "vector",
    # siadc09 refuses the NAK without an account; a receiver has no use for one anyway.
    [vector for vector in VECTORS if '"NAK"' not in vector["frame"]],
    ids=lambda vector: vector["name"],
)
def test_siadc09_reads_what_we_read(vector: dict[str, Any]) -> None:
    raw = b"\n" + vector["frame"].encode() + b"\r"
    key = bytes.fromhex(vector["key"][4:]) if "key" in vector else None
    ours = parse(raw, Cipher(key) if key else None)
    theirs = siadc09.message.parse_frame(raw, key)
    assert theirs.idtoken == ours.token
    assert theirs.seq == ours.number
    assert theirs.account.acct == int(ours.account or "", 16)
    assert theirs.encrypted == ours.encrypted
    stamp = theirs.timestamp
    assert (None if stamp is None else stamp.timestamp()) == ours.time
    assert len(theirs.xdata) == len(ours.extended)


@pytest.mark.parametrize("length", [16, 24, 32])
def test_siadc09_opens_what_we_seal(length: int) -> None:
    key = DIGITS[:length].encode()
    for number in range(1, 50):
        frame = Frame(
            "ADM-CID", number, "1234", "#1234|1120 01 003", time=1_795_350_896, encrypted=True
        )
        theirs = siadc09.message.parse_frame(build(frame, Cipher(key)), key)
        assert (theirs.seq, theirs.encrypted) == (number, True)
        assert "Panic" in str(theirs.data)


# What the gateway says of itself and of partitions.
OWN = [
    *((names.SUPERVISION, state, one) for state in TROUBLES for one in PATHS),
    *((names.DEVICE, state, NOTIFIER) for state in TROUBLES),
    *((names.INTRUSION, names.NOTICE, one) for one in ARMING),
    (names.TEST, names.TESTED, TEST_WITH_TROUBLE),
]


@pytest.mark.parametrize("security", KEYS)
@pytest.mark.parametrize("encoding", Encoding)
def test_siadc09_knows_every_code_in_use(encoding: Encoding, security: str) -> None:
    length = KEYS[security]
    key = None if length is None else DIGITS[:length].encode()
    for number, (kind, state, detail) in enumerate(EVENTS + OWN, 1):
        report = Report(kind, state, 7, 0, detail=detail, partition=2)
        code = code_for(kind, state, detail)
        assert code is not None
        frame = event_frame(report, number, "1234", encoding)
        frame = replace(frame, time=1_795_350_896, encrypted=key is not None)
        theirs = siadc09.message.parse_frame(build(frame, Cipher(key) if key else None), key)
        assert (theirs.seq, theirs.encrypted) == (number, key is not None)
        if encoding is Encoding.ADM_CID:
            event = theirs.data.event
            assert event.qualifier + event.code == code.contact_id
            assert (event.group, event.addr) == (2, 7)
        else:
            (event,) = theirs.data.blocks[1].events
            assert (event.code, event.addr) == (code.dcs, 7)
            assert event.modifiers["ri"].value == 2
            assert event.name
