"""Enrolment over the real line: what a code is worth, for whom, and for how long."""

import asyncio
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from callpoint_cli.main import main
from callpoint_district.engine import codes, enrolling, enrolment_service
from callpoint_district.engine.enrolling import give_code, states
from callpoint_district.engine.folder import EngineFolder
from callpoint_district.engine.users import PROCESSES
from callpoint_gateway.broker import certificates
from callpoint_gateway.configuration import config as configuration
from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.enrolment import asking
from callpoint_gateway.enrolment.asking import Given, NotEnrolled
from callpoint_gateway.enrolment.code import Code, read_code
from callpoint_gateway.enrolment.messages import EngineState, Refused, Why
from callpoint_gateway.enrolment.renewal import SOURCE, UpstreamRenewal
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import FaultBody
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.faults import Faults, open_faults
from callpoint_gateway.words.said import Said

from ..conftest import ManualClock
from ..other_user import open_folder
from .enrolment_at import HOST, enrolment_at
from .secured_engine import Secured

CONFIGURATION = """\
# A comment that stays\tas it is.
[gateway]
site = "estate"
state_dir = "state"
register = "register.toml"

[broker]
port = 9   # no broker
"""


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolment_service, "SLOW_S", 0.0)


@pytest.fixture
def files(tmp_path: Path) -> EngineFolder:
    """Return the folder of an engine that does not run."""
    return make(tmp_path / "engine")


def make(folder: Path) -> EngineFolder:
    files = EngineFolder(folder, SystemClock())
    files.make("d1", ["127.0.0.1"], listen=HOST, port=9, store=folder / "js", file_mb=64)
    return files


@pytest.fixture
def port(files: EngineFolder) -> Iterator[int]:
    """Return the port of the enrolment service of ``files``."""
    with enrolment_at(files) as port:
        yield port


def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def enrol(code: Code, port: int, own: ec.EllipticCurvePrivateKey | None = None) -> Given:
    return asking.enrol(code, HOST, port, own or key())


def refusal(code: Code, port: int, own: ec.EllipticCurvePrivateKey | None = None) -> str:
    with pytest.raises(NotEnrolled) as refused:
        enrol(code, port, own)
    return str(refused.value)


def site(folder: Path) -> Path:
    """Write the configuration of a gateway; return its file."""
    folder.mkdir()
    (folder / "register.toml").write_text("")
    file = folder / "gateway.toml"
    file.write_text(CONFIGURATION)
    return file


def callpoint(*words: str | int | Path) -> Result:
    return CliRunner().invoke(main, ["--lang", "en", *map(str, words)], prog_name="callpoint")


async def connects_until_revoked(engine: Secured, file: Path) -> None:
    """Connect as the configuration says, and only as g5; then be revoked."""
    settings = configuration.load(file, {}).upstream
    assert settings is not None
    pair = Path(settings.certificate_file or ""), Path(settings.key_file or "")
    errors: list[Exception] = []
    gateway = await engine.client("g5", errors, pair)
    district = await engine.client(PROCESSES)
    heard = await district.subscribe("cp.d1.*.status")
    await district.flush()
    # An engine that reads its users again may end a connection, and a plain message is lost.
    first = asyncio.ensure_future(heard.next_msg(60))
    while not first.done():
        await gateway.publish("cp.d1.g5.status", b"lives")
        await asyncio.sleep(0.1)
    assert (await first).data == b"lives"
    assert not errors
    await gateway.publish("cp.d1.g1.status", b"lies")
    async with asyncio.timeout(60):
        while not errors:
            await asyncio.sleep(0.01)
        done = await asyncio.to_thread(callpoint, "district", "revoke", "g5", engine.files.folder)
        assert "the engine has read its users again" in done.output
        while gateway.is_connected:
            await asyncio.sleep(0.01)
    await gateway.close()
    await district.close()


def test_a_gateway_enrols_with_what_a_person_has_read_out(tmp_path: Path) -> None:
    engine = Secured(tmp_path)
    file = site(tmp_path / "site")

    with asyncio.Runner() as runner:
        runner.run(engine.part.start())
        try:
            with enrolment_at(engine.files) as port:
                made = callpoint("district", "enrol", "g5", engine.files.folder)
                assert made.exit_code == 0, made.output
                code = made.output.splitlines()[-1]
                at = f"{HOST}:{port}"
                done = callpoint("upstream", "enrol", code.lower(), "--at", at, "-c", file)
                assert done.exit_code == 0, done.output
                assert "enrolled as g5 at district d1" in done.output
                again = callpoint("upstream", "enrol", code, "--at", at, "-c", file)
                assert again.exit_code == 4
                assert "was used already" in again.output
                other = f"{HOST}:{engine.port}"
                lost = callpoint("upstream", "enrol", code, "--at", other, "-c", file)
                assert lost.exit_code == 4
                assert "the enrolment service has another port (4223" in lost.output
            runner.run(connects_until_revoked(engine, file))
        finally:
            runner.run(engine.part.kill())
    assert file.read_text().startswith(CONFIGURATION)
    settings = configuration.load(file, {}).upstream
    assert settings is not None
    assert (settings.gateway, settings.renewal) == ("g5", at)
    assert settings.servers[-1] == f"tls://127.0.0.1:{engine.port}"
    kept = tmp_path / "site" / "state" / "upstream"
    assert sorted(path.name for path in kept.iterdir()) == [
        "ca.pem",
        "gateway.key",
        "gateway.pem",
        "next.key",  # of the second call, which was refused
    ]
    for path in kept.glob("*.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not (engine.authority / "g5.key").exists()
    listed = callpoint("district", "list", engine.files.folder).output
    assert any("g5" in line and "revoked" in line for line in listed.splitlines())
    assert code.replace("-", "") not in (engine.files.folder / codes.FILE).read_text()


def test_another_upstream_is_left_and_the_same_is_no_change(
    tmp_path: Path, files: EngineFolder, port: int
) -> None:
    file = site(tmp_path / "site")

    def enrolled(gateway: str) -> str:
        code = give_code(files, gateway, 1).text
        done = callpoint(
            "upstream", "enrol", *code.split("-"), "--at", f"{HOST}:{port}", "-c", file
        )
        assert done.exit_code == 0, done.output
        assert "connects when it is started" in done.output  # no engine runs there
        return done.output

    enrolled("g1")
    before = file.read_bytes()
    assert "says this already" in enrolled("g1")
    assert 'gateway = "g2"' in enrolled("g2")
    assert file.read_bytes() == before
    (certificate,) = re.findall(r'certificate_file = "(.*)"', before.decode())
    Path(certificate).write_text("half a certificate", encoding="utf-8")
    done = callpoint("upstream", "status", "-c", file)
    assert (done.exit_code, "cannot be used" in done.output) == (2, True)


def test_a_configuration_that_is_named_from_here_has_its_files_from_everywhere(
    tmp_path: Path, files: EngineFolder, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = site(tmp_path / "site")
    monkeypatch.chdir(tmp_path)
    code = give_code(files, "g1", 1).text
    here = file.relative_to(tmp_path)
    done = callpoint("upstream", "enrol", code, "--at", f"{HOST}:{port}", "-c", here)
    assert done.exit_code == 0, done.output
    monkeypatch.chdir("/")
    settings = configuration.load(file, {}).upstream
    assert settings is not None
    assert settings.tls is not None


def test_a_district_enrols_at_its_city(tmp_path: Path, files: EngineFolder, port: int) -> None:
    file = tmp_path / "district.toml"
    text = 'district = "d7"\nservers = ["nats://127.0.0.1:9"]\ndatabase = "x"'
    file.write_text(text)
    file.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    if os.geteuid() == 0:
        os.chown(file, 65534, 65534)
    before = file.stat()
    code = give_code(files, "d7", 1).text
    done = callpoint("upstream", "enrol", code, "--at", f"{HOST}:{port}", "-c", link)
    assert done.exit_code == 0, done.output
    assert file.read_text().startswith(f"{text}\n\n[upstream]\n")
    after = file.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )
    assert link.is_symlink()
    done = callpoint("upstream", "status", "-c", link)
    assert (done.exit_code, "see callpoint district doctor" in done.output) == (2, True)
    assert (tmp_path / "upstream" / "gateway.key").exists()


def test_what_root_enrols_belongs_to_the_owner_of_its_folder(
    files: EngineFolder, port: int
) -> None:
    with open_folder() as folder:
        file = folder / "district.toml"
        file.write_text('district = "d7"\nservers = ["nats://127.0.0.1:9"]\ndatabase = "x"\n')
        given = folder / "upstream"
        given.mkdir(mode=0o700)
        # The folder of the configuration is root's, and the processes run as another user.
        if os.geteuid() == 0:
            os.chown(given, 65534, 65534)
        code = give_code(files, "d7", 1).text
        done = callpoint("upstream", "enrol", code, "--at", f"{HOST}:{port}", "-c", file)
        assert done.exit_code == 0, done.output
        owners = {path.name: path.stat().st_uid for path in given.iterdir()}
        owner = given.stat().st_uid
        assert owners == dict.fromkeys(("ca.pem", "gateway.pem", "gateway.key"), owner)


def test_of_two_with_one_code_one_wins(files: EngineFolder, port: int) -> None:
    code = give_code(files, "g1", 1)
    ready = threading.Barrier(4)

    def attempt() -> str:
        ready.wait(60)
        try:
            return enrol(code, port).enrolled.gateway
        except NotEnrolled as refused:
            return str(refused)

    with ThreadPoolExecutor(4) as threads:
        found = sorted(future.result() for future in [threads.submit(attempt) for _ in range(4)])
    assert found[0] == "g1"
    assert all("was used already" in text for text in found[1:])
    assert len(files.authority().book.certificates) == 2  # and that of the district's processes


def test_a_code_ends_is_replaced_and_is_void_after_a_revocation(
    files: EngineFolder, port: int
) -> None:
    first, second = give_code(files, "g1", 1), give_code(files, "g1", 1)
    assert "does not know this code" in refusal(first, port)
    own = key()
    enrol(second, port, own)
    enrol(second, port, own)  # the answer may have been lost
    files.revoke("g1")
    assert "does not know this code" in refusal(second, port, own)
    ended = give_code(files, "g2", 0)
    assert "the code has ended" in refusal(ended, port)
    waiting = give_code(files, "g3", 1)
    files.revoke("g3")
    assert "does not know this code" in refusal(waiting, port)
    assert [(state.gateway, state.state) for state in states(files)] == [("g1", "revoked")]


def test_a_code_ends_by_the_clock_of_the_folder(files: EngineFolder) -> None:
    clock = ManualClock()
    here = EngineFolder(files.folder, clock)
    code = give_code(here, "g1", 1)
    request = asking._request(key())  # noqa: SLF001 - the line is not what is tried here
    clock.advance(3_599_000)
    assert [state.code_ends_s > 0 for state in states(here)] == [True]
    clock.advance(2_000)
    assert list(states(here)) == []
    assert enrolling.enrol(here, code.secret, request) == Refused(why=Why.ENDED)


def test_a_later_enrolment_shuts_the_earlier_key_out(files: EngineFolder, port: int) -> None:
    earlier = enrol(give_code(files, "g1", 1), port).enrolled.certificate
    later = enrol(give_code(files, "g1", 1), port).enrolled.certificate
    book = files.authority().book
    marks = [
        certificates.mark(x509.load_pem_x509_certificate(pem.encode())) for pem in (earlier, later)
    ]
    known = [book.find("g1", mark) for mark in marks]
    assert [one is not None and one.revoked for one in known] == [True, False]


def test_nothing_is_said_to_another_district(tmp_path: Path, files: EngineFolder) -> None:
    """One that calls itself the same; and one that shows the right authority as its own."""
    code = give_code(files, "g1", 1)
    other = make(tmp_path / "other")
    give_code(other, "g1", 1)
    asked: list[str] = []

    def spy(_files: EngineFolder, secret: str, _request: str) -> Refused:
        asked.append(secret)
        return Refused(why=Why.UNKNOWN)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(enrolment_service, "enrol", spy)
        with enrolment_at(other) as port:
            assert "is not the district that the code names" in refusal(code, port)
            shutil.copy(files.folder / "authority" / "ca.pem", other.folder / "authority")
            assert "cannot prove that it is the district" in refusal(code, port)
    assert asked == []


KILLED = """
import os, signal, sys
from pathlib import Path
from callpoint_district.engine import codes, enrolling, folder
from callpoint_gateway.broker import authority
from callpoint_gateway.host.clock import SystemClock
STEPS = {
    "code": (codes.Codes, "write"),
    "book": (authority.Authority, "signed"),
    "users": (folder.EngineFolder, "write_users"),
    "reload": (folder.EngineFolder, "reload"),
}
below, request = Path(sys.argv[1]), sys.argv[2]
for step, (owner, name) in STEPS.items():
    done = getattr(owner, name)
    def killed(*arguments):
        done(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)
    child = os.fork()
    if child == 0:
        setattr(owner, name, killed)
        secret = (below / step / "secret").read_text()
        enrolling.enrol(folder.EngineFolder(below / step, SystemClock()), secret, request)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
"""


def test_a_service_that_was_killed_goes_on_for_the_same_key(tmp_path: Path) -> None:
    """Killed after each of its steps."""
    steps = ("code", "book", "users", "reload")
    own = asking._request(key())  # noqa: SLF001 - the line is not what is tried here
    other = asking._request(key())  # noqa: SLF001
    for step in steps:
        files = make(tmp_path / step)
        files.enrol("g1")  # the key that the new one takes the place of
        (files.folder / "secret").write_text(give_code(files, "g1", 1).secret)
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), own], check=True)
    for step in steps:
        files = EngineFolder(tmp_path / step, SystemClock())
        secret = (files.folder / "secret").read_text()
        assert enrolling.enrol(files, secret, other) == Refused(why=Why.USED)
        answer = enrolling.enrol(files, secret, own)
        assert not isinstance(answer, Refused)
        assert answer.engine is EngineState.NOT_RUNNING
        assert enrolling.enrol(files, secret, own) == answer
        good = [known for known in files.authority().book.certificates if not known.revoked]
        assert [known.name for known in good] == [PROCESSES, "g1"]
        assert (files.folder / "keys.conf").read_text().count('"') == 2 * len(good)
        # Whoever has lost the key as well gets a new code.
        new = give_code(files, "g1", 1)
        assert not isinstance(enrolling.enrol(files, new.secret, other), Refused)


class Reports:
    """Takes what a part reports."""

    def __init__(self) -> None:
        self.told: list[tuple[bool, str]] = []

    def up(self, reason: Said) -> None:
        """Take good news."""
        self.told.append((True, str(reason)))

    def down(self, reason: Said, remedy: Said) -> None:
        """Take bad news."""
        assert "callpoint upstream enrol" in str(remedy)
        self.told.append((False, str(reason)))


def test_a_certificate_is_renewed_before_its_end(
    tmp_path: Path, files: EngineFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = site(tmp_path / "site")
    with monkeypatch.context() as short, enrolment_at(files) as port:
        short.setattr(certificates, "CLIENT_DAYS", 10)
        code = give_code(files, "g1", 1).text
        at = f"{HOST}:{port}"
        done = callpoint("upstream", "enrol", code, "--at", at, "-c", file)
        assert done.exit_code == 0, done.output
    settings = configuration.load(file, {}).upstream
    assert settings is not None
    reports = Reports()
    UpstreamRenewal(settings, SystemClock(), reports).look()
    good, text = reports.told.pop()
    assert not good
    assert "ends on" in text
    assert "no answer from" in text  # nobody is there any more
    first = certificate_of(settings)
    with enrolment_at(files) as port:
        moved = at_port(settings, port)
        UpstreamRenewal(moved, SystemClock(), reports).look()
        assert reports.told.pop()[0]
        second = certificate_of(settings)
        assert second.public_key() == first.public_key()
        assert (second.not_valid_after_utc - first.not_valid_after_utc).days >= 719
        assert settings.access_mistake() is None  # it fits the key
        # A second look has nothing to do, and a revoked one gets nothing.
        UpstreamRenewal(moved, SystemClock(), reports).look()
        assert certificate_of(settings) == second
        (tmp_path / "site" / "state" / "upstream" / "gateway.pem").write_bytes(
            first.public_bytes(Encoding.PEM)
        )
        files.revoke("g1")
        UpstreamRenewal(moved, SystemClock(), reports).look()
        assert "does not know this code or certificate" in reports.told.pop()[1]


def test_the_end_of_a_certificate_is_a_fault_of_the_gateway(
    files: EngineFolder, alarms: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def line() -> Upstream:
        issued = files.enrol("g1")
        return Upstream(
            district="d1",
            gateway="g1",
            servers=["tls://127.0.0.1:9"],
            ca_file=str(files.folder / "authority" / "ca.pem"),
            certificate_file=str(issued.certificate_file),
            key_file=str(issued.key_file),
        )

    clock = SystemClock()
    faults = Faults(alarms, clock)
    report = faults.supervise(SOURCE, 0)
    with monkeypatch.context() as short:
        short.setattr(certificates, "CLIENT_DAYS", 29)
        UpstreamRenewal(line(), clock, report).look()
    until = time.monotonic() + 60
    while SOURCE not in open_faults(alarms) and time.monotonic() < until:
        time.sleep(0.01)
    body = open_faults(alarms)[SOURCE].body
    assert isinstance(body, FaultBody)
    assert "ends on" in body.reason
    UpstreamRenewal(line(), clock, report).look()  # a person has brought another one
    while SOURCE in open_faults(alarms) and time.monotonic() < until:
        time.sleep(0.01)
    assert SOURCE not in open_faults(alarms)


def certificate_of(settings: Upstream) -> x509.Certificate:
    assert settings.certificate_file is not None
    return x509.load_pem_x509_certificate(Path(settings.certificate_file).read_bytes())


def at_port(settings: Upstream, port: int) -> Upstream:
    return msgspec.structs.replace(settings, renewal=f"{HOST}:{port}")


def test_a_code_is_hashed_and_forgotten_in_time(files: EngineFolder) -> None:
    code = give_code(files, "g1", 1)
    kept = (files.folder / codes.FILE).read_text()
    assert code.secret not in kept
    assert stat.S_IMODE((files.folder / codes.FILE).stat().st_mode) == 0o600
    book = codes.Codes(files.folder)
    late = time.time() + 40 * 86_400
    book.put("g2", "x", int(late) + 60, late)
    assert [kept.gateway for kept in book] == ["g2"]
    assert read_code(code.text) == code
