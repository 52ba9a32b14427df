"""What ``[upstream]`` and ``district.toml`` refuse before anything starts."""

import asyncio
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from callpoint_district.engine.folder import EngineFolder
from callpoint_district.settings import District, load
from callpoint_district.sites.asking import AskingLine
from callpoint_gateway.alarms.questions import ActOnAlarm
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.configuration.config import load as load_gateway
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import Action
from callpoint_rig.ports import free_port

LOCAL = "nats://127.0.0.1:4222"
CITY = '[upstream]\ndistrict = "c1"\ngateway = "d1"\n'


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """Return the folder of a district's authority with the gateways g1 and g2."""
    files = EngineFolder(tmp_path / "engine", SystemClock())
    files.make(
        "d1", ["localhost"], listen="127.0.0.1", port=4222, store=tmp_path / "js", file_mb=64
    )
    files.enrol("g1")
    files.enrol("g2")
    return files.folder / "authority"


def mistake(
    *servers: str, ca: Path | None = None, pair: tuple[Path, Path] | None = None
) -> tuple[str, str] | None:
    settings = Upstream(
        district="d1",
        gateway="g1",
        servers=list(servers),
        ca_file=str(ca) if ca else None,
        certificate_file=str(pair[0]) if pair else None,
        key_file=str(pair[1]) if pair else None,
    )
    wrong = settings.access_mistake()
    return (wrong[0], str(wrong[1])) if wrong else None


@pytest.mark.parametrize(
    "server",
    [
        "d1.example",
        "http://d1.example",
        "tls://",
        "tls://a b:4222",
        "tls://d1.example:x",
        "tls://d1.example:70000",
        "tls://d1.example/x",
        "tls://op:secret@d1.example",
    ],
)
def test_what_is_no_address(certificates: Path, server: str) -> None:
    wrong = mistake(server, ca=certificates / "ca.pem")
    assert wrong is not None
    assert wrong[0] == "servers"


@pytest.mark.parametrize("server", [LOCAL, "nats://localhost", "nats://[::1]", "nats://[::1]:1"])
def test_this_machine_needs_no_certificates(server: str) -> None:
    assert mistake(server) is None


def test_certificates_that_cannot_be_used(certificates: Path, tmp_path: Path) -> None:
    ca = certificates / "ca.pem"
    pem, key = certificates / "g1.pem", certificates / "g1.key"
    text = tmp_path / "text.pem"
    text.write_text("no certificate\n", encoding="utf-8")
    closed = tmp_path / "closed.key"
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    closed.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    assert mistake(LOCAL, ca=ca, pair=(pem, key)) is None
    assert (mistake(LOCAL, ca=text) or ("",))[0] == "ca_file"
    for pair in ((pem, certificates / "g2.key"), (text, key), (pem, text), (pem, closed)):
        wrong = mistake(LOCAL, ca=ca, pair=pair)
        assert wrong is not None
        assert wrong[0] == "certificate_file"
        assert "belong together" in wrong[1]


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ('servers = ["bla"]', "servers"),
        ('servers = ["tls://d1.example:4222"]', "ca_file"),
        (f'servers = ["{LOCAL}"]\nca_file = "none.pem"', "ca_file"),
        (f'servers = ["{LOCAL}"]\nkey_file = "none.pem"', "certificate_file"),
        (f'servers = ["{LOCAL}"]\n{CITY}servers = ["bla"]', "servers"),
        (f'servers = ["{LOCAL}"]\n{CITY}servers = ["tls://c1.example:1"]', "ca_file"),
    ],
)
def test_a_district_is_as_strict_as_a_gateway(tmp_path: Path, lines: str, named: str) -> None:
    file = tmp_path / "district.toml"
    file.write_text(f'district = "d1"\ndatabase = "x"\n{lines}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=f"toml:[0-9]*:? ?{named}"):
        load(file)


@pytest.mark.parametrize(
    ("gateway", "said"), [("g 1.*", "is no name"), ("g1", "nothing was sent: no connection")]
)
def test_an_order_that_cannot_be_sent_says_so(gateway: str, said: str) -> None:
    settings = District(
        district="d1", servers=[f"nats://127.0.0.1:{free_port()}"], database="unused"
    )
    order = ActOnAlarm(alarm=1, action=Action.NOTE, note="seen")
    by = By("op-7", Role.OPERATOR, "district")

    async def ask() -> None:
        async with AskingLine(settings) as line:
            await line.ask(gateway, order, by)

    with pytest.raises(QuestionRefused, match=said):
        asyncio.run(ask())


def lines_of(folder: Path, files: Path, gateway: str) -> str:
    """Return the lines that name a gateway's files, relative to a folder, and copy them there."""
    names = {
        "ca_file": "ca.pem",
        "certificate_file": f"{gateway}.pem",
        "key_file": f"{gateway}.key",
    }
    (folder / gateway).mkdir(parents=True)
    for name in names.values():
        shutil.copy(files / name, folder / gateway / name)
    return "".join(f'{key} = "{gateway}/{name}"\n' for key, name in names.items())


def test_the_files_of_a_district_begin_at_its_own_folder(
    tmp_path: Path, certificates: Path
) -> None:
    folder = tmp_path / "etc"
    servers = 'servers = ["tls://localhost:4222"]\n'
    file = folder / "district.toml"
    own, at_the_city = (lines_of(folder, certificates, name) for name in ("g1", "g2"))
    file.write_text(
        f'district = "d1"\ndatabase = "x"\n{servers}{own}{CITY}{servers}{at_the_city}', "utf-8"
    )
    settings = load(file)
    assert settings.upstream is not None
    assert (settings.ca_file, settings.certificate_file, settings.key_file) == (
        str(folder / "g1/ca.pem"),
        str(folder / "g1/g1.pem"),
        str(folder / "g1/g1.key"),
    )
    assert settings.upstream.key_file == str(folder / "g2/g2.key")
    assert settings.tls is not None
    assert settings.upstream.tls is not None


def test_the_files_of_a_gateway_s_line_begin_at_its_own_folder(
    tmp_path: Path, certificates: Path
) -> None:
    folder = tmp_path / "etc"
    lines = lines_of(folder, certificates, "g1")
    file = folder / "gateway.toml"
    file.write_text(
        '[gateway]\nsite = "home"\nregister = "register.toml"\nstate_dir = "state"\n'
        f'[upstream]\ndistrict = "d1"\ngateway = "g1"\nservers = ["tls://localhost:4222"]\n{lines}',
        "utf-8",
    )
    upstream = load_gateway(file, PROTOCOLS).upstream
    assert upstream is not None
    assert upstream.ca_file == str(folder / "g1/ca.pem")
    assert upstream.tls is not None
