"""``callpoint broker``: what it writes works in a real Mosquitto, with the gateway's own lines."""

import datetime
import tomllib
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from callpoint_cli.main import main
from callpoint_gateway.broker import certificates
from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.broker.probe import probe
from callpoint_gateway.broker.truths import examine
from callpoint_gateway.configuration.config import Broker
from callpoint_gateway.host.clock import SystemClock
from callpoint_rig.ports import free_port

from ..mosquitto_process import RELEASES, running
from .english import english

SITE = "estate"
REGISTER = """
[[place]]
id = "hall"
[[device]]
id = "lobby"
place = "hall"
"""


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["broker", *map(str, arguments)])


def refused(*arguments: object) -> str:
    done = call(*arguments)
    assert done.exit_code == 2, done.output
    assert english(call(*arguments, "--lang", "zh").output) == []
    return done.output


class Made:
    """A site as the command makes it."""

    def __init__(self, folder: Path) -> None:
        self.output, self.certificates = folder / "broker", folder / "certificates"
        self.register = folder / "register.toml"
        self.register.write_text(REGISTER)
        self.port, self.gateway_port = free_port(), free_port()

    def config(self, *more: object) -> Result:
        where = ["-o", self.output, "--certificates", self.certificates, "--site", SITE]
        ports = ["--port", self.port, "--gateway-port", self.gateway_port]
        return call("config", *where, *ports, *more)

    def certificate(self, *more: object) -> Result:
        where = ["--certificates", self.certificates, "--register", self.register]
        return call("certificate", *where, *more)

    def revoke(self, device: str) -> Result:
        return call("revoke", device, "--certificates", self.certificates)

    def contents(self) -> dict[Path, bytes]:
        """Return every file of it."""
        return {
            file: file.read_bytes()
            for folder in (self.output, self.certificates)
            for file in folder.iterdir()
        }

    def device(self, name: str) -> Broker:
        """Return how a device connects."""
        return Broker(
            port=self.port,
            ca_file=str(self.certificates / "ca.pem"),
            certificate_file=str(self.certificates / f"{name}.pem"),
            key_file=str(self.certificates / f"{name}.key"),
        )


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


def section(printed: str) -> Broker:
    """Return the lines that it says belong into gateway.toml."""
    lines = [line[5:] for line in printed.splitlines() if line.startswith("     ")]
    return msgspec.convert(tomllib.loads("\n".join(lines))["broker"], Broker)


@pytest.mark.parametrize("program", RELEASES)
@pytest.mark.parametrize(
    "how", [["--plain"], ["--name", "gateway.local"], ["--address", "127.0.0.2"]]
)
def test_what_it_writes_and_says_is_right(made: Made, program: str, how: list[str]) -> None:
    """Wherever devices reach the broker, the gateway reaches it on this machine."""
    done = made.config(*how)
    assert done.exit_code == 0, done.output
    broker = section(done.output)
    assert (broker.ca_file is None) == (how == ["--plain"])
    with running(made.output / "mosquitto.conf", broker.port, program):
        assert [one for one in examine(broker, SITE, outward=list) if not one.good] == []


def test_again_changes_nothing_that_boards_and_gateway_know(made: Made) -> None:
    assert made.config("--name", "gateway.local").exit_code == 0
    before = made.contents()
    made.port = free_port()
    done = made.config("--name", "gateway.local")
    assert done.exit_code == 0, done.output
    changed = {one.name for one, content in made.contents().items() if before[one] != content}
    assert "mosquitto.conf" in changed
    # A list of revoked certificates has a fresh signature.
    assert changed <= {"mosquitto.conf", "crl.pem"}
    assert "--again makes it" in made.config("--name", "other.local").output
    assert made.config("--name", "other.local", "--again").exit_code == 0
    assert (made.output / "broker.key").read_bytes() != before[made.output / "broker.key"]
    assert (made.certificates / "ca.pem").read_bytes() == before[made.certificates / "ca.pem"]


def test_the_roots_key_leaves(made: Made, tmp_path: Path) -> None:
    """What it says is to be done can be done, and all but a new name goes on."""
    done = made.config("--name", "gateway.local")
    assert f"take {made.certificates / 'ca.key'} away" in done.output
    away = (made.certificates / "ca.key").rename(tmp_path / "ca.key")
    done = made.config("--name", "gateway.local")
    assert done.exit_code == 0, done.output
    assert "ca.key" not in done.output
    assert made.certificate("lobby").exit_code == 0
    other = ("--name", "other.local", "--again")
    assert "--root-key" in made.config(*other).output
    assert made.config(*other, "--root-key", away).exit_code == 0


@pytest.mark.parametrize("program", RELEASES)
def test_a_lost_device_is_revoked(made: Made, program: str) -> None:
    assert made.config("--name", "gateway.local").exit_code == 0
    for name in ("lobby", "door"):
        assert made.certificate(name, "--unregistered").exit_code == 0
    with running(made.output / "mosquitto.conf", made.gateway_port, program):
        with probe(made.device("lobby"), "lobby"), probe(made.device("door"), "door") as door:
            done = made.revoke("lobby")
            assert done.exit_code == 0, done.output
            assert "every other board is still connected" in done.output
            assert door.turn() == []
        with pytest.raises(OSError), probe(made.device("lobby"), "lobby"):  # noqa: PT011
            pass
        assert made.revoke("lobby").exit_code == 0  # to say it twice does no harm
        assert made.certificate("lobby").exit_code == 0
        with probe(made.device("lobby"), "lobby") as lobby:
            lobby.publish(f"callpoint/v1/{SITE}/lobby/event", [b"new"])
            assert lobby.turn() == []
    away = made.revoke("door")
    assert (away.exit_code, "not in force yet" in away.output) == (3, True)
    assert "there are: door" in refused("revoke", "doo", "--certificates", made.certificates)


def test_who_gets_a_certificate(made: Made) -> None:
    assert "has no authority" in made.certificate("lobby").output
    assert not made.certificates.exists()
    assert made.config("--name", "gateway.local").exit_code == 0
    before = made.contents()
    for name in ("ca", "gateway", "broker", "callpoint-check", "../lobby"):
        done = made.certificate(name, "--unregistered")
        assert (done.exit_code, "name: " in done.output) == (2, True), done.output
    for name, role in (("callpoint-gateway", "gateway"), ("callpoint-panel", "panel")):
        done = made.certificate(name, "--unregistered")
        assert (done.exit_code, f"--role {role}" in done.output) == (2, True)
    assert "near it: lobby" in made.certificate("loby").output
    assert "Add it there first" in made.certificate("xyz").output
    assert made.contents() == before
    assert made.certificate("lobby").exit_code == 0
    assert "--again makes another" in made.certificate("lobby").output
    assert made.certificate("lobby", "--again").exit_code == 0
    assert made.certificate("loby", "--unregistered").exit_code == 0
    assert made.certificate("--role", "panel").exit_code == 0
    assert "or give --role" in made.certificate().output
    for key in made.certificates.glob("*.key"):
        assert key.stat().st_mode & 0o077 == 0


def test_what_is_asked_wrongly(made: Made, tmp_path: Path) -> None:
    into = ("config", "-o", tmp_path / "b", "--certificates", tmp_path / "c")
    assert "needs TLS" in refused(*into, "--plain", "--address", "0.0.0.0")
    assert "--site: " in refused(*into, "--name", "gateway")
    assert "--name: give the host name" in refused(*into, "--site", SITE)
    assert "neither a host name" in refused(*into, "--site", SITE, "--name", "http://gateway")
    assert "give an IP address" in refused(*into, "--site", SITE, "--address", "eth0")
    assert "give another port than" in refused(
        *into, "--site", SITE, "--port", 8884, "--gateway-port", 8884
    )
    assert "give --ca, --certificate and --key together" in refused(
        *into, "--site", SITE, "--ca", made.register
    )
    assert not (tmp_path / "c").exists()
    assert made.config("--name", "gateway.local").exit_code == 0
    where = ("-o", tmp_path / "b", "--certificates", made.certificates, "--name", "gateway.local")
    assert "is of the site estate" in refused("config", *where, "--site", "other")


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ("made, not heard yet", "revoked", "ENDS SOON", "a later one waits", "in use")),
        ("zh", ("已签发，尚未使用", "已吊销", "即将到期", "新证书待下发", "使用中")),
    ],
)
def test_the_list_says_what_each_has_and_until_when(
    made: Made, monkeypatch: pytest.MonkeyPatch, lang: str, words: tuple[str, ...]
) -> None:
    made.config("--name", "gateway.local")
    authority = Authority.opened(made.certificates, SystemClock())
    names = ("fresh", "lost", "short", "waits", "well")
    for name in names:
        monkeypatch.setattr(
            certificates, "CLIENT_DAYS", {"short": 20, "waits": 100}.get(name, 730)
        )
        authority.client(name)
    monkeypatch.undo()
    authority.revoke("lost")
    used = {name: authority.book.in_use(name) for name in ("waits", "well")}
    authority.note_used((name, one.mark) for name, one in used.items() if one)
    assert used["waits"] is not None
    authority.renewed("waits", used["waits"].mark)
    done = call("list", "--certificates", made.certificates, "--lang", lang)
    assert done.exit_code == 0, done.output
    lines = {line.split()[0]: line for line in done.output.splitlines()}
    for name, text in zip(names, words, strict=True):
        assert text in lines[name]
    assert str(datetime.date.today().year + 2) in lines["well"]
    assert str(datetime.date.today().year + 10) in lines["well"]


def test_a_list_of_no_authority(made: Made) -> None:
    done = call("list", "--certificates", made.output)
    assert done.exit_code == 3, done.output
    assert "name the authority" in done.output
