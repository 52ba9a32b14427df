"""Hosts and the receiver's number, as people write them."""

import asyncio
from pathlib import Path

import pytest

from callpoint_gateway.centres.dc09.protocol import open_carrier
from callpoint_gateway.centres.memory import Memory
from callpoint_gateway.centres.protocol import CarrierRequest
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.configuration import config as configuration
from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.protocols.dc09.frame import parse
from callpoint_gateway.protocols.report import Report, Verdict
from callpoint_protocol import names

from ..conftest import ManualClock

SITE = '[gateway]\nsite = "estate"\nstate_dir = "s"\nregister = "r"\n'
CENTRE = '[[centre]]\nname = "police"\nhost = "{host}"\nport = {port}\naccount = "1234"\n'


def load(folder: Path, text: str) -> Config:
    path = folder / "gateway.toml"
    path.write_text(SITE + text)
    return configuration.load(path, PROTOCOLS)


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("http://centre.example", "is a URL"),
        ("", "empty"),
        ("  ", "empty"),
        ("10.0.0.9 ", "has a blank"),
        ("[::1]", "has brackets"),
        ("centre..example", "can be no name"),
        ("c" * 64, "can be no name"),
    ],
)
def test_what_is_no_host_is_refused(tmp_path: Path, host: str, said: str) -> None:
    for text, line in (
        (CENTRE.format(host=host, port=1), 7),
        (f'[broker]\nhost = "{host}"\n', 6),
    ):
        with pytest.raises(ConfigError, match=rf"gateway.toml:{line}: host: .*{said}"):
            load(tmp_path, text)


@pytest.mark.parametrize("host", ["10.0.0.9", "::1", "fe80::1%eth0", "centre.example"])
def test_names_and_addresses_are_hosts(tmp_path: Path, host: str) -> None:
    assert load(tmp_path, CENTRE.format(host=host, port=1)).centre[0].host == host


def test_an_empty_receiver_is_left_out_of_frames(tmp_path: Path, clock: ManualClock) -> None:
    heard: list[bytes] = []

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r"))
        writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            text = CENTRE.format(host="127.0.0.1", port=port) + 'receiver = ""\n'
            (centre,) = load(tmp_path, text).centre
            request = CarrierRequest(centre, centre.ways[0], "1234", clock, Memory())
            carrier = open_carrier(request)
            outcome = await carrier.send(Report(names.PANIC, names.ALARM, 1, 0), 1)
            assert outcome.verdict is Verdict.UNREACHABLE
            await carrier.close()

    asyncio.run(scenario())
    assert parse(heard[0]).receiver is None
