"""The real engine with TLS: what a gateway may not say, hear or be."""

import asyncio
import datetime
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from callpoint_district.engine import reloading
from callpoint_district.engine.folder import PID, USERS, EngineError
from callpoint_district.engine.reloading import Reloaded
from callpoint_district.engine.users import PROCESSES
from callpoint_district.journal.receiving import CONSUMER, STREAM, make_stream
from callpoint_gateway.broker import certificates
from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.broker.certificates import Signer
from callpoint_gateway.configuration.engine_access import EngineAccess
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.protocols.upstream import UPWARD, pulse
from callpoint_gateway.upstream.connection import connection

from .secured_engine import DISTRICT, Secured

SOON_S = 60.0
T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not true():
            await asyncio.sleep(0.01)


def test_a_gateway_says_and_hears_what_is_its_own(runner: asyncio.Runner, engine: Secured) -> None:
    async def play() -> None:
        district = await engine.client(PROCESSES)
        gateway = await engine.client("g1")
        heard = await district.subscribe("cp.d1.*.status")
        asked = await gateway.subscribe("cpd.d1.g1.ask")
        await district.flush()
        await gateway.flush()
        await gateway.publish("cp.d1.g1.status", b"lives")
        assert (await heard.next_msg(SOON_S)).data == b"lives"
        question = asyncio.ensure_future(district.request("cpd.d1.g1.ask", b"?", SOON_S))
        await (await asked.next_msg(SOON_S)).respond(b"!")
        assert (await question).data == b"!"
        await gateway.close()
        await district.close()

    runner.run(play())


NOT_SAID = (
    *(f"cp.d1.g2.{what}" for what in (*UPWARD, "anything")),
    *("cp.d1.g1", "cp.d1.g1.anything", "cp.d1.g1.alarms.more", "cp.d2.g1.alarms"),
    *("cp.d1.*.alarms", "cp.d1.g1.*", "cp.>", ">"),
    *(f"cpd.d1.{gateway}.{what}" for gateway in ("g1", "g2") for what in ("receipt", "ask")),
    pulse("d1"),
    *("_INBOX.x", "_INBOX_g1.x", "_INBOX_g2.x", f"_INBOX_{PROCESSES}.x", "_R_.x", "$GNR.x"),
    *("$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST", "$JS.API.STREAM.CREATE.MINE"),
    *(
        f"$JS.API.STREAM.{what}.{STREAM}"
        for what in ("INFO", "UPDATE", "PURGE", "DELETE", "MSG.GET", "MSG.DELETE", "SNAPSHOT")
    ),
    f"$JS.API.DIRECT.GET.{STREAM}",
    *(
        f"$JS.API.CONSUMER.{what}.{STREAM}.{CONSUMER}"
        for what in ("CREATE", "DURABLE.CREATE", "INFO", "DELETE", "MSG.NEXT", "PAUSE")
    ),
    f"$JS.API.CONSUMER.LIST.{STREAM}",
    f"$JS.ACK.{STREAM}.{CONSUMER}.1.1.1.1700000000000000000.0",
    *("$JS.FC.ALARMS.x", "$KV.x.y", "$O.x.C.y"),
    *("$SYS.REQ.SERVER.PING", "$SYS.REQ.USER.INFO", "$SYS.REQ.ACCOUNT.$G.CONNZ"),
)
NOT_HEARD = (
    *(f"cpd.d1.g2.{what}" for what in ("receipt", "ask", ">")),
    *(pulse("d1"), "cpd.d1.*.ask", "cpd.*.g1.ask", "cpd.d1.>", "cpd.>", "cp.>", ">", "*", "*.>"),
    *("cp.d1.g1.alarms", "cp.d1.g1.where", "cp.d1.g2.alarms", "cp.d1.*.where"),
    *("_INBOX.>", "_INBOX_g2.>", f"_INBOX_{PROCESSES}.>", "_R_.>"),
    *("$JS.>", "$JS.API.>", "$JS.ACK.>", "$JS.EVENT.>", "$SYS.>", "$SYS.ACCOUNT.>"),
)


async def all_refused(errors: list[Exception], subjects: tuple[str, ...]) -> None:
    """Wait until the engine has refused each of the subjects."""
    quoted = {f'"{subject.lower()}"' for subject in subjects}

    def missing() -> set[str]:
        told = " ".join(str(error).lower() for error in errors if "ermissions" in str(error))
        return {subject for subject in quoted if subject not in told}

    try:
        await until(lambda: not missing())
    except TimeoutError:
        pytest.fail(f"not refused: {missing()}")


def test_a_gateway_cannot_write_as_another_or_to_the_engine(
    runner: asyncio.Runner, engine: Secured
) -> None:
    async def play() -> None:
        errors: list[Exception] = []
        heard: list[str] = []

        async def hear(message: Msg) -> None:
            heard.append(message.subject)

        district = await engine.client(PROCESSES)
        await district.subscribe(">", cb=hear)
        await district.flush()
        gateway = await engine.client("g1", errors)
        for subject in NOT_SAID:
            await gateway.publish(subject, b"{}", reply="_INBOX_g1.x")
        await gateway.publish("cp.d1.g1.status", b"last")
        await all_refused(errors, NOT_SAID)
        await until(lambda: "cp.d1.g1.status" in heard)
        assert heard == ["cp.d1.g1.status"]
        await gateway.close()
        await district.close()

    runner.run(play())


def test_a_gateway_cannot_hear_another(runner: asyncio.Runner, engine: Secured) -> None:
    async def play() -> None:
        errors: list[Exception] = []
        gateway = await engine.client("g1", errors)
        for subject in NOT_HEARD:
            await gateway.subscribe(subject)
        await all_refused(errors, NOT_HEARD)
        errors.clear()
        for subject in NOT_HEARD:  # as one of a group that shares the messages
            await gateway.subscribe(subject, queue="keepers")
        await all_refused(errors, NOT_HEARD)
        await gateway.close()

    runner.run(play())


def test_a_gateway_answers_what_it_was_asked_and_once(
    runner: asyncio.Runner, engine: Secured
) -> None:
    async def play() -> None:
        errors: list[Exception] = []
        district, gateway = await engine.client(PROCESSES), await engine.client("g1", errors)
        asked = await gateway.subscribe("cpd.d1.g1.ask")
        answers = await district.subscribe("answers.here")
        await gateway.flush()
        await district.flush()
        await district.publish("cpd.d1.g1.ask", b"?", reply="answers.here")
        message = await asked.next_msg(SOON_S)
        # What a gateway tells itself opens nothing either: it hears nothing that it may say.
        await gateway.publish("cp.d1.g1.status", b"", reply="cpd.d1.g2.ask")
        for _ in range(2):
            await message.respond(b"!")
        await all_refused(errors, ("answers.here",))
        assert (await answers.next_msg(SOON_S)).data == b"!"
        await district.flush()
        assert answers.pending_msgs == 0
        await gateway.publish("cpd.d1.g2.ask", b"x")
        await all_refused(errors, ("cpd.d1.g2.ask",))
        await gateway.close()
        await district.close()

    runner.run(play())


def test_the_engines_acknowledgement_is_no_tool_of_a_gateway(
    runner: asyncio.Runner, engine: Secured
) -> None:
    """The engine acknowledges a parcel wherever its sender says, and checks no permission."""

    async def play() -> None:
        district, gateway = await engine.client(PROCESSES), await engine.client("g1")
        stream = district.jetstream()
        await make_stream(stream, DISTRICT, 32 * 1024 * 1024)
        before = await stream.stream_info(STREAM)
        aims = (
            *(f"$JS.API.STREAM.{what}.{STREAM}" for what in ("PURGE", "DELETE", "UPDATE")),
            f"$JS.API.STREAM.MSG.DELETE.{STREAM}",
            f"$JS.API.CONSUMER.DELETE.{STREAM}.{CONSUMER}",
            f"$JS.API.CONSUMER.DURABLE.CREATE.{STREAM}.{CONSUMER}",
        )
        # The engine does what it is asked on one of its own subjects before it is asked the next.
        for aim in aims:
            await gateway.publish("cp.d1.g1.alarms", b"{}", reply=aim)
            await gateway.flush()
        pull = await stream.pull_subscribe_bind(CONSUMER, STREAM)
        taken = [message for _ in aims for message in await pull.fetch(1, SOON_S)]
        # What is kept for a process of the district is not taken from it either.
        await gateway.publish("cp.d1.g1.alarms", b"{}", reply=taken[0].reply)
        await gateway.flush()
        after = await stream.stream_info(STREAM)
        assert after.state.messages == before.state.messages + len(aims)
        assert after.config == before.config
        assert (await stream.consumer_info(STREAM, CONSUMER)).num_ack_pending == len(aims)
        for message in taken:
            await message.ack()
        await gateway.close()
        await district.close()

    runner.run(play())


def written(folder: Path, made: Signer) -> tuple[Path, Path]:
    """Write certificate and key as PEM files."""
    pair = folder / "made.pem", folder / "made.key"
    pair[0].write_bytes(made.pem)
    pair[1].write_bytes(made.key_pem)
    return pair


async def turned_away(engine: Secured, name: str, pair: tuple[Path, Path] | None = None) -> None:
    with pytest.raises((NatsError, OSError)):
        await engine.client(name, pair=pair)


def issuing(folder: Path) -> Signer:
    pem, key = folder / "issuing.pem", folder / "issuing.key"
    return certificates.load(pem.read_bytes(), key.read_bytes())


def test_who_was_not_enrolled_does_not_get_in(
    runner: asyncio.Runner, engine: Secured, tmp_path: Path
) -> None:
    now = datetime.datetime.now(datetime.UTC)
    # A site's own authority, which calls itself as the district's does.
    site = Authority(tmp_path / "site", SystemClock(), DISTRICT)
    by_site = site.client("g1")
    own = issuing(engine.authority)
    key = certificates.load(
        (engine.authority / "g1.pem").read_bytes(), (engine.authority / "g1.key").read_bytes()
    ).key
    ended = certificates.renewed("g1", key.public_key(), own, now - datetime.timedelta(days=1))
    as_another = certificates.renewed(
        "g9", key.public_key(), own, now + datetime.timedelta(days=1)
    )

    async def play() -> None:
        await turned_away(engine, "g1", (by_site.certificate_file, by_site.key_file))
        # The district's own authority has signed it, and nobody has enrolled that key.
        await turned_away(engine, "g1", written(tmp_path, certificates.client("g1", own, now)))
        await turned_away(engine, "g1", written(tmp_path, Signer(ended, key)))
        await turned_away(engine, "g9", written(tmp_path, Signer(as_another, key)))
        self_signed = certificates.root("g1", now)
        await turned_away(engine, "g1", written(tmp_path, self_signed))
        good = await engine.client("g1")
        await good.close()

    assert isinstance(key, ec.EllipticCurvePrivateKey)
    runner.run(play())


def test_a_revoked_gateway_is_out_at_once_and_its_old_key_for_ever(
    runner: asyncio.Runner, engine: Secured, tmp_path: Path
) -> None:
    files = engine.files
    files.enrol("g3")
    old = tmp_path / "old.pem", tmp_path / "old.key"
    for source, copy in zip(("g3.pem", "g3.key"), old, strict=True):
        copy.write_bytes((engine.authority / source).read_bytes())

    async def reloaded() -> None:
        assert await asyncio.to_thread(files.reload) is Reloaded.DONE

    async def play() -> None:
        await reloaded()
        gateway, other = await engine.client("g3"), await engine.client("g2")
        files.revoke("g3")
        assert files.enrolled() == ["g1", "g2"]
        await reloaded()
        await until(lambda: not gateway.is_connected)
        await turned_away(engine, "g3")
        await other.flush()  # nobody else has noticed it
        # The same name is enrolled anew: the engine knows the name, and not the old key.
        files.enrol("g3")
        await reloaded()
        again = await engine.client("g3")
        await turned_away(engine, "g3", old)
        for client in (again, other, gateway):
            await client.close()
        files.revoke("g3")

    runner.run(play())


def test_whether_the_engine_has_read_its_users_is_said_plainly(
    runner: asyncio.Runner, engine: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, users = engine.files, engine.files.folder / USERS
    good = users.read_text()
    monkeypatch.setattr(reloading, "PATIENCE_S", 0.3)
    users.write_text(f"{good}what the engine cannot read {{")

    async def play() -> None:
        gateway = await engine.client("g1")
        assert await asyncio.to_thread(files.reload) is Reloaded.NOT_DONE
        await gateway.flush()  # the engine goes on with its old users
        await gateway.close()

    runner.run(play())
    assert files.write_users()  # whatever a person has written there
    assert users.read_text() == good
    monkeypatch.setattr(reloading, "PATIENCE_S", 60.0)
    assert files.reload() is Reloaded.DONE
    pid = files.folder / PID
    own = pid.read_text()
    for stale in (str(os.getpid()), "", "no number", "999999999"):
        pid.write_text(stale)
        assert files.reload() is Reloaded.NOT_RUNNING  # and nobody else gets the signal
    pid.write_text(own)

    def refused(_number: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refused)
    assert files.reload() is Reloaded.NOT_ALLOWED
    for state in Reloaded:
        assert state.text.known


def test_bad_names_and_a_second_engine_are_refused(engine: Secured, tmp_path: Path) -> None:
    files = engine.files
    for name in ("G1", "a.b", "*", "", PROCESSES, "x" * 33):
        with pytest.raises(EngineError):
            files.enrol(name)
    with pytest.raises(EngineError):
        files.revoke("g9")
    with pytest.raises(EngineError):
        files.make("d1", [], listen="127.0.0.1", port=1, store=tmp_path, file_mb=64)
    assert files.enrolled() == ["g1", "g2"]


def test_a_connection_that_ends_is_no_warning(
    runner: asyncio.Runner, engine: Secured, caplog: pytest.LogCaptureFixture
) -> None:
    own = engine.authority / "g1"
    access = EngineAccess(
        servers=[f"tls://127.0.0.1:{engine.port}"],
        ca_file=str(engine.authority / "ca.pem"),
        certificate_file=str(own.with_suffix(".pem")),
        key_file=str(own.with_suffix(".key")),
    )

    async def play() -> None:
        async with connection(access.servers, access.tls) as opened:
            await opened.client.flush()

    runner.run(play())
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []
