"""A gateway of one version of the protocol and a district of the version before or after."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from callpoint_district.database import Database
from callpoint_district.service import serve
from callpoint_district.settings import District
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.protocols import upstream
from callpoint_gateway.protocols.upstream import (
    VERSION,
    LifeSign,
    NotUsable,
    Parcel,
    Receipt,
    RegisterAnswer,
    RegisterPart,
    UrgentCopy,
    Where,
    decode,
    encode,
    version_of,
)
from callpoint_gateway.words.said import said
from callpoint_rig.district_parts import Database as Server
from callpoint_rig.district_parts import Engine
from callpoint_rig.ports import free_port

from .played_gateway import PlayedGateway, until, until_answers
from .played_tiers import Tier, Tiers, tiers

_ROOT = Path(__file__).parents[3]
# A whole gateway or district with another version in all of its messages.
_OTHER_VERSION = f"""
import asyncio, importlib.util, json, sys, types
from pathlib import Path
name = "{upstream.__name__}"
spec = importlib.util.find_spec(name)
text = Path(spec.origin).read_text(encoding="utf-8")
assert "VERSION: Final = {VERSION}" in text
sys.modules[name] = module = importlib.util.module_from_spec(spec)
text = text.replace("VERSION: Final = {VERSION}", "VERSION: Final = " + sys.argv[1])
exec(compile(text, spec.origin, "exec"), module.__dict__)
import callpoint_gateway.protocols
callpoint_gateway.protocols.upstream = module
"""
_GATEWAY = f"""{_OTHER_VERSION}
from gateway.tests.district.played_gateway import PlayedGateway, until, until_answers
async def play():
    gateway = PlayedGateway(Path(sys.argv[2]), sys.argv[3], sys.argv[4])
    gateway.start()
    await gateway.press(1)
    await until(lambda: gateway.reports.why.code == "upstream.version" or gateway.receipted)
    why = gateway.reports.why
    print(json.dumps([gateway.receipted, why.in_("en"), why.in_("zh")]), flush=True)
    await gateway.stop()
asyncio.run(play())
"""
_DISTRICT = f"""{_OTHER_VERSION}
from callpoint_district.service import serve
from callpoint_district.settings import District
asyncio.run(serve(District(district="d1", servers=[sys.argv[2]], database=sys.argv[3])))
"""


@asynccontextmanager
async def program(text: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a program until the end of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", text, *arguments, cwd=_ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def played(version: int, folder: Path, engine: Engine, name: str) -> tuple[int, str, str]:
    """Play a gateway of a version that has one entry; return its receipt and what it says."""
    arguments = (str(version), str(folder / name), engine.address, name)
    async with program(_GATEWAY, *arguments) as process:
        assert process.stdout is not None
        receipted, english, chinese = json.loads(await process.stdout.readline())
        return receipted, english, chinese


def stand(database: Database) -> list[tuple[object, ...]]:
    """Return each gateway, the version that it speaks, and how much of it is kept."""
    with database.transaction() as connection:
        return connection.execute(
            "SELECT gateway, speaks, position FROM gateways ORDER BY gateway"
        ).fetchall()


def test_a_gateway_of_another_version_is_refused_with_words_and_no_other_suffers(
    folder: Path, address: str, database: Database
) -> None:
    others = {"g2": VERSION - 1, "g3": VERSION + 1}

    async def play() -> None:
        engine = Engine(folder, free_port())
        await engine.start()
        settings = District(district="d1", servers=[engine.address], database=address)
        district = asyncio.ensure_future(serve(settings))
        gateway = PlayedGateway(folder / "g1", engine.address)
        try:
            await until_answers(engine.address)
            gateway.start()
            both = [played(other, folder, engine, name) for name, other in others.items()]
            for (receipted, english, chinese), other in zip(
                await asyncio.gather(*both), others.values(), strict=True
            ):
                assert receipted == 0
                assert english == (
                    f"the other side speaks version {VERSION} of the protocol, "
                    f"and this one {other}"
                )
                assert f"协议版本 {VERSION}" in chinese
            await gateway.press(3)
            await until(gateway.all_receipted)
            expected = [("g1", VERSION, 3), *((name, other, 0) for name, other in others.items())]
            await until(lambda: stand(database) == expected)
        finally:
            await gateway.stop()
            await end_all([district])
            await engine.stop()

    asyncio.run(play())


@pytest.mark.parametrize("other", [VERSION - 1, VERSION + 1])
def test_a_district_of_another_version_is_named_by_the_gateway_and_takes_those_of_its_own(
    folder: Path, address: str, database: Database, other: int
) -> None:
    async def play() -> None:
        engine = Engine(folder, free_port())
        await engine.start()
        gateway = PlayedGateway(folder / "g1", engine.address)
        try:
            async with program(_DISTRICT, str(other), engine.address, address):
                await until_answers(engine.address, other)
                gateway.start()
                await gateway.press(1)
                await until(lambda: gateway.reports.why.code == "upstream.version")
                assert gateway.reports.why.values == {"theirs": other, "ours": VERSION}
                assert (await played(other, folder, engine, "g2"))[0] == 1
                await until(lambda: stand(database) == [("g1", VERSION, 0), ("g2", other, 1)])
                assert not gateway.receipted
        finally:
            await gateway.stop()
            await engine.stop()

    asyncio.run(play())


DIGEST = "0" * 64


async def _with_one_of_another_version(played: Tiers, tier: Tier, other: int) -> None:
    """Have a tier speak another version for a while: its lines say so, and nothing passes."""
    (gateway,) = played.gateways.values()
    await gateway.press(3)
    await played.until_all_at_the_top()
    before = played.city.position("d1/g1")
    await tier.process.kill()
    stranger = tier.of_version(_OTHER_VERSION, other)
    await stranger.start()
    try:
        await until_answers(tier.engine.address, other, tier.name)
        await gateway.press(5)
        ours, theirs = (VERSION, other) if tier is played.city else (other, VERSION)
        expected = said("upstream.version", theirs=theirs, ours=ours)
        await until(lambda: played.district.line_to(played.city) == expected)
        if tier is played.city:
            await until(gateway.all_receipted)
        else:
            await until(lambda: gateway.reports.why.code == "upstream.version")
        assert played.city.position("d1/g1") == before
    finally:
        await stranger.kill()
    await tier.process.start()


def test_tiers_are_upgraded_in_any_order_and_nothing_is_lost(folder: Path, server: Server) -> None:
    async def play() -> None:
        async with tiers(folder, server, ("g1",)) as played:
            await _with_one_of_another_version(played, played.city, VERSION + 1)
            await _with_one_of_another_version(played, played.district, VERSION - 1)
            await played.until_all_at_the_top()
            played.check()

    asyncio.run(play())


MESSAGES = [
    Parcel(epoch="0" * 15, first=1, previous=DIGEST, rows=[msgspec.Raw(b"[1]")]),
    Receipt(),
    Where(program="x"),
    LifeSign(program="x", head=3),
    UrgentCopy(epoch="0" * 15, row=msgspec.Raw(b"[1]")),
    RegisterPart(digest=DIGEST, parts=1, text=b"x"),
    RegisterAnswer(digest=DIGEST),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_what_a_message_has_besides_is_passed_over(message: msgspec.Struct) -> None:
    told = json.loads(encode(message)) | {"later": {"than": [1, 2]}}
    assert encode(decode(json.dumps(told).encode(), type(message))) == encode(message)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_another_version_is_refused_whatever_else_the_message_has(message: msgspec.Struct) -> None:
    text = json.dumps({"v": VERSION + 1, "nothing": "known"}).encode()
    assert version_of(text) == VERSION + 1
    with pytest.raises(NotUsable, match=f"speaks version {VERSION + 1}"):
        decode(text, type(message))


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b'{"v":"1"}', b'{"v":-1}', b'{"v":1e99}'])
def test_what_has_no_version_is_no_message(text: bytes) -> None:
    with pytest.raises(NotUsable):
        version_of(text)
