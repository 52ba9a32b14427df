"""A new protocol is one folder (``toy``) and one line in the table; everything else stays."""

import asyncio
from pathlib import Path

import pytest

from callpoint_gateway.alarms.assembly import open_desk
from callpoint_gateway.centres.assembly import open_centres
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.centres.routing import check
from callpoint_gateway.configuration import config as configuration
from callpoint_gateway.configuration import register as registers
from callpoint_gateway.configuration.site import Site, open_site
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.ingest.assembly import open_acknowledgements
from callpoint_gateway.journal.entries import DeliveryBody, EventBody, NewEntry, Quality, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.sources.downlink import Downlink
from callpoint_gateway.supervision.assembly import open_supervision
from callpoint_protocol import names

from ..conftest import ManualClock
from .toy.protocol import Toy, ToySettings

SOON_S = 60.0
GATEWAY = """[gateway]
site = "estate"
state_dir = "state"
register = "register.toml"

[[centre]]
name = "toy"
protocol = "toy"
host = "127.0.0.1"
port = {port}
"""
TABLE = '[centre.toy]\nword = "hello"\n'
REGISTER = """[[place]]
id = "home"
building = "3"
room = "301"

[[device]]
id = "board"
place = "home"
[[device.zone]]
zone = 1
kind = "panic"
"""
SECOND = """
[[device]]
id = "another"
place = "home"
[[device.zone]]
zone = 1
kind = "panic"
"""


@pytest.fixture(autouse=True)
def one_line_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the protocol."""
    monkeypatch.setitem(PROTOCOLS, "toy", Toy())


def load(
    folder: Path, table: str = TABLE, register: str = REGISTER, port: int = 1
) -> tuple[configuration.Config, registers.Register]:
    path = folder / "gateway.toml"
    path.write_text(GATEWAY.format(port=port) + table)
    (folder / "register.toml").write_text(register)
    config = configuration.load(path, PROTOCOLS)
    site = registers.load(Path(config.gateway.register))
    check(config, site, path)
    return config, site


@pytest.mark.parametrize(
    ("table", "register", "said"),
    [
        ("", REGISTER, "gateway.toml:6: toy: [centre.toy] belongs to protocol toy"),
        ('[centre.toy]\nword = "a b"\n', REGISTER, "gateway.toml:12: word: one word"),
        ('[centre.toy]\nword = ""\n', REGISTER, "gateway.toml:12: centre.0.toy.word: Expected"),
        (TABLE + "words = 1\n", REGISTER, "gateway.toml:13: unknown key 'words' in [[centre.toy"),
        (TABLE + 'word_file = "none"\n', REGISTER, "gateway.toml:13: word_file"),
        ("openings = true\n" + TABLE, REGISTER, "gateway.toml:11: openings: only protocol dc09"),
        (
            TABLE,
            REGISTER + SECOND,
            "gateway.toml:6: centre toy cannot tell zone 1 of 'board' from zone 1 of 'another': "
            "it reads panic of both; leave one away",
        ),
    ],
)
def test_its_mistakes_are_found_by_the_configuration(
    tmp_path: Path, table: str, register: str, said: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        load(tmp_path, table, register)
    assert str(refusal.value).removeprefix(f"{tmp_path}/").startswith(said)


def test_the_same_file_is_the_same_configuration(tmp_path: Path) -> None:
    (first, _), (second, _) = load(tmp_path), load(tmp_path)
    assert first == second
    assert first.centre[0].own(ToySettings).word == "hello"


def test_it_delivers_an_event(tmp_path: Path, clock: ManualClock) -> None:
    heard: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append((await reader.readline()).decode().strip())
        writer.write(b"ok\n")
        await writer.drain()
        writer.close()

    async def deliver() -> list[DeliveryBody]:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        config, register = load(tmp_path, port=server.sockets[0].getsockname()[1])
        async with server:
            with open_site(config, register, clock) as site:
                return await delivered(site)

    (delivery,) = asyncio.run(deliver())
    assert (delivery.centre, delivery.accepted, delivery.answer) == ("toy", True, "ok")
    assert [line for line in heard if line != "hello"] == ["hello panic alarm"]


async def delivered(site: Site) -> list[DeliveryBody]:
    """Run the centres of a site until an event is delivered."""
    acknowledgements = open_acknowledgements(site, lambda topic, body: False)
    supervision = open_supervision(site, lambda source: True)
    desk = await open_desk(site, acknowledgements, Downlink())
    async with open_centres(site, acknowledgements, supervision, desk) as centres:
        work = [asyncio.create_task(part) for part in centres.work()]
        wall_ms = site.clock.wall_ms()
        body = EventBody(site.id, names.PANIC, names.ALARM, 1, 0, 1, 0, wall_ms, Quality.AGE)
        try:
            await site.journals.alarms.store([NewEntry(Type.EVENT, body, "board", 7, 1)])
            return await until_delivered(site.journals.alarms)
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)


async def until_delivered(alarms: Journal) -> list[DeliveryBody]:
    async with asyncio.timeout(SOON_S):
        with alarms.reader() as reader:
            while not (entries := reader.read(0, 100, (Type.DELIVERY,))):
                await asyncio.sleep(0.005)
    return [entry.body for entry in entries if isinstance(entry.body, DeliveryBody)]
