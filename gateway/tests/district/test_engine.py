"""The real engine with TLS: what a gateway may not say, hear or be."""

import asyncio
import os
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError

from callpoint_district.engine.folder import PROCESSES, EngineError, EngineFolder
from callpoint_gateway.protocols.upstream import (
    downward,
    downward_of_member,
    gateway_of,
    upward,
    upward_of_all,
)
from callpoint_rig.part import Part
from callpoint_rig.ports import free_port

SOON_S = 60.0


class Secured:
    """An engine as ``callpoint district engine`` makes it, with two gateways."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.files = EngineFolder(folder / "engine")
        self.files.make(
            "d1",
            ["localhost", "127.0.0.1"],
            listen="127.0.0.1",
            port=self.port,
            store=folder / "store",
            file_mb=64,
        )
        for gateway in ("g1", "g2"):
            self.files.enrol(gateway)
        command = ["nats-server", "-c", str(self.files.configuration)]
        self.part = Part("nats", folder, command, self.port)

    def context(self, name: str) -> ssl.SSLContext:
        authority = self.files.folder / "authority"
        context = ssl.create_default_context(cafile=authority / "ca.pem")
        context.load_cert_chain(authority / f"{name}.pem", authority / f"{name}.key")
        return context

    async def client(self, name: str, errors: list[Exception] | None = None) -> Client:
        """Connect as somebody. ``errors`` takes what the engine refuses."""

        async def refused(error: Exception) -> None:
            if errors is not None:
                errors.append(error)

        return await nats.connect(
            f"tls://127.0.0.1:{self.port}",
            tls=self.context(name),
            inbox_prefix=f"_INBOX_{name}",
            allow_reconnect=False,
            error_cb=refused,
        )


@asynccontextmanager
async def secured(folder: Path) -> AsyncIterator[Secured]:
    engine = Secured(folder)
    await engine.part.start()
    try:
        yield engine
    finally:
        await engine.part.kill()


async def until_refused(errors: list[Exception]) -> None:
    async with asyncio.timeout(SOON_S):
        while not errors:
            await asyncio.sleep(0.02)
    assert "ermissions" in str(errors.pop()), "the engine refuses for another reason"


def test_a_member_says_and_hears_what_is_below_its_own_name(tmp_path: Path) -> None:
    async def play() -> None:
        async with secured(tmp_path) as engine:
            district = await engine.client(PROCESSES)
            member = await engine.client("g1")
            heard = [
                await district.subscribe(subject) for subject in upward_of_all("d1", "alarms")
            ]
            asked = await member.subscribe(downward_of_member("d1", "g1"))
            await district.flush()
            await member.flush()
            paths = ["g1", "g1/a", "g1/a/b", "g1/a/b/c"]
            for path, subscription in zip(paths, heard, strict=True):
                await member.publish(upward("d1", path, "alarms"), path.encode())
                message = await subscription.next_msg(SOON_S)
                assert (gateway_of(message.subject), message.data.decode()) == (path, path)
                await district.publish(downward("d1", path, "receipt"), b"")
                assert gateway_of((await asked.next_msg(SOON_S)).subject) == path
            await member.close()
            await district.close()

    asyncio.run(play())


def test_a_gateway_says_and_hears_what_is_its_own(tmp_path: Path) -> None:
    async def play() -> None:
        async with secured(tmp_path) as engine:
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

    asyncio.run(play())


@pytest.mark.parametrize(
    "subject",
    [
        "cp.d1.g2.alarms",
        "cp.d1.g2.g1.alarms",
        "cp.d1.g1",
        "cp.d1.g1.a.b.c.d.alarms",
        "cp.d1.g1.a.orders",
        "cp.d2.g1.alarms",
        "cpd.d1.g2.receipt",
        "cpd.d1.g1.receipt",
        "$JS.API.STREAM.NAMES",
        "$JS.API.STREAM.DELETE.ALARMS",
        "$JS.API.STREAM.PURGE.ALARMS",
        "$SYS.REQ.SERVER.PING",
        "_INBOX_g2.x",
    ],
)
def test_a_gateway_cannot_write_as_another_or_to_the_engine(tmp_path: Path, subject: str) -> None:
    async def play() -> None:
        async with secured(tmp_path) as engine:
            errors: list[Exception] = []
            gateway = await engine.client("g1", errors)
            await gateway.publish(subject, b"x")
            await until_refused(errors)
            await gateway.close()

    asyncio.run(play())


@pytest.mark.parametrize(
    "subject",
    [
        "cp.d1.g2.alarms",
        "cpd.d1.g2.ask",
        "cpd.d1.g2.g1.ask",
        "cpd.d1.*.g1.ask",
        "cp.>",
        ">",
        "_INBOX.>",
        "_INBOX_g2.>",
    ],
)
def test_a_gateway_cannot_hear_another(tmp_path: Path, subject: str) -> None:
    async def play() -> None:
        async with secured(tmp_path) as engine:
            errors: list[Exception] = []
            gateway = await engine.client("g1", errors)
            await gateway.subscribe(subject)
            await gateway.flush()
            await until_refused(errors)
            await gateway.close()

    asyncio.run(play())


def test_who_was_not_enrolled_or_is_revoked_does_not_get_in(tmp_path: Path) -> None:
    async def play() -> None:
        async with secured(tmp_path) as engine:
            authority = engine.files._authority()  # noqa: SLF001 - a certificate without enrolment
            authority.client("stranger")
            with pytest.raises((NatsError, OSError)):
                await engine.client("stranger")
            gateway = await engine.client("g1")
            engine.files.revoke("g1")
            assert engine.files.enrolled() == ["g2", "stranger"]
            os.kill(engine.part.pid, signal.SIGHUP)
            async with asyncio.timeout(SOON_S):
                while gateway.is_connected:
                    await asyncio.sleep(0.02)
            with pytest.raises((NatsError, OSError)):
                await engine.client("g1")
            other = await engine.client("g2")
            await other.close()
            await gateway.close()

    asyncio.run(play())


def test_bad_names_and_a_second_engine_are_refused(tmp_path: Path) -> None:
    files = Secured(tmp_path).files
    for name in ("G1", "a.b", "*", "", PROCESSES, "x" * 33):
        with pytest.raises(EngineError):
            files.enrol(name)
    with pytest.raises(EngineError):
        files.revoke("g9")
    with pytest.raises(EngineError):
        files.make("d1", [], listen="127.0.0.1", port=1, store=tmp_path, file_mb=64)
    assert files.enrolled() == ["g1", "g2"]
