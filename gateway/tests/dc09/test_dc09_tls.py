"""DC-09 over TLS, against a TLS server."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.centres.dc09.path import Dc09Path
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.configuration import config
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.protocols.dc09.cipher import Cipher
from callpoint_gateway.protocols.dc09.frame import Frame, build, parse
from callpoint_gateway.protocols.report import Report, Verdict
from callpoint_gateway.transport.receiver_link import tls_opener
from callpoint_protocol import names

REPORT = Report(names.SMOKE, names.ALARM, 3, 0)
KEY = b"k" * 16
CENTRE = """[gateway]
site = "estate"
state_dir = "state"
register = "register.toml"
[[centre]]
name = "police"
account = "1234"
"""


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "certificates", SystemClock())


@asynccontextmanager
async def receiver(authority: Authority, key: bytes | None = None) -> AsyncIterator[int]:
    """Acknowledge everything over TLS, and close the connection after each second frame."""
    issued = authority.server()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(issued.certificate_file, issued.key_file)
    cipher = None if key is None else Cipher(key)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            if not (raw := await reader.read(2000)):
                break
            number = parse(raw, cipher).number
            sealed = {"encrypted": True, "time": int(time.time())} if cipher else {}
            writer.write(build(Frame("ACK", number, account="1234", **sealed), cipher))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


def over_tls(port: int, ca_file: str | None, key: bytes | None = None) -> Dc09Path:
    opener = tls_opener(ca_file)
    return Dc09Path("127.0.0.1", port, "1234", now=time.time, open_link=opener, key=key)


@pytest.mark.parametrize("key", [None, KEY])
def test_events_and_link_tests_over_tls(authority: Authority, key: bytes | None) -> None:
    async def run() -> None:
        async with receiver(authority, key) as port:
            path = over_tls(port, str(authority.ca_file), key)
            for number in range(1, 6):
                assert (await path.send(REPORT, number)).accepted
            assert (await path.supervise()).accepted
            await path.close()

    asyncio.run(run())


def test_a_certificate_that_nobody_vouches_for_gets_no_frame(authority: Authority) -> None:
    async def run() -> None:
        async with receiver(authority) as port:
            path = over_tls(port, None)
            outcome = await path.send(REPORT, 1)
            assert outcome.verdict is Verdict.UNREACHABLE
            assert "not trusted" in str(outcome.reason)
            assert "ca_file" in str(outcome.remedy)
            await path.close()

    asyncio.run(run())


def test_a_file_that_is_gone_while_running_is_said(authority: Authority, tmp_path: Path) -> None:
    async def run() -> None:
        async with receiver(authority) as port:
            outcome = await over_tls(port, str(tmp_path / "gone.pem")).send(REPORT, 1)
            assert outcome.verdict is Verdict.UNREACHABLE
            assert "gone.pem" in str(outcome.reason)

    asyncio.run(run())


def test_each_path_says_whom_it_trusts(authority: Authority, tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    file = authority.ca_file.relative_to(tmp_path)
    own = f'host = "h"\nport = 1\ntransport = "tls"\nca_file = "{file}"\n'
    for text in (CENTRE + own, CENTRE + "[[centre.path]]\n" + own):
        path.write_text(text)
        (centre,) = config.load(path, PROTOCOLS).centre
        (way,) = centre.ways
        assert way.transport == "tls"
        assert way.ca_file == str(authority.ca_file)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('host = "h"\nport = 1\nca_file = "ca"\n', 'ca_file: only used with transport = "tls"'),
        ('host = "h"\nport = 1\ntransport = "tls"\nca_file = "ca"\n', "no certificate in PEM"),
        (
            '[[centre.path]]\nhost = "h"\nport = 1\ntransport = "tls"\nca_file = "ca"\n',
            "no certif",
        ),
        ('ca_file = "ca"\n[[centre.path]]\nhost = "h"\nport = 1\n', "not beside it"),
    ],
)
def test_whom_to_trust_is_checked(tmp_path: Path, lines: str, said: str) -> None:
    (tmp_path / "ca").write_text("no PEM")
    path = tmp_path / "gateway.toml"
    path.write_text(CENTRE + lines)
    with pytest.raises(ConfigError, match=said):
        config.load(path, PROTOCOLS)
