"""The authority of a site: what it makes, refuses and never overwrites."""

import datetime
import socket
import ssl
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from callpoint_gateway.broker import certificates
from callpoint_gateway.broker.authority import Authority, AuthorityError, Issued
from callpoint_gateway.broker.book import Place
from callpoint_gateway.configuration.names import GATEWAY_USER, PANEL_USER
from callpoint_gateway.host.clock import SystemClock
from callpoint_rig.tools import tool

from ..conftest import ManualClock


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "certificates", SystemClock(), "estate")


def test_nothing_is_made_that_is_there(authority: Authority) -> None:
    before = {file.name: file.read_bytes() for file in authority.folder.iterdir()}
    with pytest.raises(AuthorityError, match=r"has a ca\.pem already"):
        Authority(authority.folder, SystemClock())
    first = authority.client("lobby").key_file.read_bytes()
    with pytest.raises(AuthorityError, match="--again makes another"):
        authority.client("lobby")
    assert authority.folder.joinpath("lobby.key").read_bytes() == first
    server = authority.server().key_file.read_bytes()
    assert authority.server().key_file.read_bytes() == server
    with pytest.raises(AuthorityError, match="for another name"):
        authority.server(["localhost", "gateway.local"])
    assert authority.server().key_file.read_bytes() == server
    for name, content in before.items():
        if name != "issued.json":
            assert authority.folder.joinpath(name).read_bytes() == content


@pytest.mark.parametrize(
    "name", ["ca", "issuing", "gateway", "broker", "callpoint-check", "../escape", "A", ""]
)
def test_a_name_that_is_no_devices(authority: Authority, name: str) -> None:
    before = sorted(authority.folder.parent.rglob("*"))
    with pytest.raises(ValueError, match="name: "):
        authority.client(name)
    assert sorted(authority.folder.parent.rglob("*")) == before


def test_who_is_the_sites_own_has_a_certificate_all_the_same(authority: Authority) -> None:
    for name in (GATEWAY_USER, PANEL_USER):
        assert authority.client(name).certificate_file.exists()


def test_a_folder_without_or_with_half_an_authority(authority: Authority) -> None:
    folder = authority.folder
    with pytest.raises(AuthorityError, match="has no authority"):
        Authority.opened(folder.parent, SystemClock())
    (folder / "issuing.key").rename(folder.parent / "issuing.key")
    with pytest.raises(AuthorityError, match=r"issuing\.key: .*bring it back"):
        Authority.opened(folder, SystemClock())
    other = Authority(folder.parent / "other", SystemClock())
    (folder / "issuing.key").write_bytes((other.folder / "issuing.key").read_bytes())
    with pytest.raises(AuthorityError, match="does not belong"):
        Authority.opened(folder, SystemClock())


def test_the_root_may_be_away(authority: Authority, tmp_path: Path) -> None:
    """All goes on but another name of the broker."""
    authority.belongs_to(Place("somewhere", 8884))
    elsewhere = tmp_path / "stick"
    elsewhere.mkdir()
    key = authority.root_key_file.rename(elsewhere / "ca.key")
    again = Authority.opened(authority.folder, SystemClock())
    again.client("lobby")
    assert again.revoke("lobby") == 1
    assert again.shut == ["lobby"]
    with pytest.raises(AuthorityError, match="--root-key"):
        again.server()
    made = Authority.opened(authority.folder, SystemClock(), key).server()
    found = x509.load_pem_x509_certificate(made.certificate_file.read_bytes())
    found.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.ca_file.read_bytes()))


def test_names_and_addresses_are_all_in_the_brokers_certificate(authority: Authority) -> None:
    wanted = ["localhost", "gateway.local", "b.example.org", "192.168.1.10", "fd00::1"]
    issued = authority.server(wanted)
    for name in wanted:
        assert _trusts(authority, issued, name) == "trusted"
    assert "mismatch" in _trusts(authority, issued, "other.local")


@pytest.mark.parametrize("name", ["-a", "a..b", "a_b", "", "x" * 64, "1.2.3", "http://a", "a/b"])
def test_a_host_name_that_is_none(authority: Authority, name: str) -> None:
    with pytest.raises(ValueError, match=r"neither a host name|no IP address"):
        authority.server([name])


def _trusts(authority: Authority, issued: Issued, name: str) -> str:
    """Return what OpenSSL says to a server with this certificate."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(issued.certificate_file, issued.key_file)
    client = ssl.create_default_context(cafile=str(authority.ca_file))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = client.wrap_bio(incoming, outgoing, server_hostname=name)
    there = server.wrap_bio(outgoing, incoming, server_side=True)
    for _ in range(6):
        for side in (here, there):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLCertVerificationError as error:
                return str(error)
    return "trusted"


def _forged(authority: Authority) -> Issued:
    """Return what a thief of the issuing key would show to pass for the broker."""
    folder = authority.folder
    issuing = certificates.load(
        (folder / "issuing.pem").read_bytes(), (folder / "issuing.key").read_bytes()
    )
    made = certificates.server(["localhost"], issuing, datetime.datetime.now(datetime.UTC))
    issued = Issued(folder / "forged.pem", folder / "forged.key")
    issued.certificate_file.write_bytes(made.pem + issuing.pem)
    issued.key_file.write_bytes(made.key_pem)
    return issued


def test_who_has_the_issuing_key_cannot_pass_for_the_broker(authority: Authority) -> None:
    """Neither to the gateway (OpenSSL) nor to a device (mbedTLS)."""
    assert _trusts(authority, authority.server(), "localhost") == "trusted"
    assert "unsuitable certificate purpose" in _trusts(authority, _forged(authority), "localhost")
    assert _device_trusts(authority, authority.server())
    assert not _device_trusts(authority, _forged(authority))


_DEVICE = """
import socket, sys, tls
context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(open(sys.argv[1], "rb").read())
plain = socket.socket()
plain.connect(socket.getaddrinfo("127.0.0.1", int(sys.argv[2]))[0][-1])
try:
    context.wrap_socket(plain, server_hostname="localhost")
    print("trusted")
except OSError as error:
    print("refused", error)
"""


def _device_trusts(authority: Authority, issued: Issued) -> bool:
    """Say whether MicroPython shakes hands with a server that has this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate_file, issued.key_file)
    script, root = authority.folder / "device.py", authority.folder / "ca.der"
    script.write_text(_DEVICE)
    found = x509.load_pem_x509_certificate(authority.ca_file.read_bytes())
    root.write_bytes(found.public_bytes(Encoding.DER))

    def serve(server: socket.socket) -> None:
        server.settimeout(60)
        with suppress(OSError), server.accept()[0] as connection:
            context.wrap_socket(connection, server_side=True).close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        serving = threading.Thread(target=serve, args=[server])
        serving.start()
        port = str(server.getsockname()[1])
        done = subprocess.run(
            [tool("micropython"), script, root, port], capture_output=True, text=True, timeout=60
        )
        serving.join()
    assert done.stdout.split()[:1] in (["trusted"], ["refused"]), done
    return done.stdout.startswith("trusted")


def test_dates(tmp_path: Path, clock: ManualClock) -> None:
    """From 1970, for clocks that have lost the time, and for years."""
    made = Authority(tmp_path, clock)
    lives = (
        (made.server(), certificates.BROKER_DAYS),
        (made.client("lobby"), certificates.CLIENT_DAYS),
    )
    for issued, days in lives:
        found = x509.load_pem_x509_certificate(issued.certificate_file.read_bytes())
        assert found.not_valid_before_utc.year == 1970
        left = found.not_valid_after_utc.timestamp() - clock.wall / 1000
        assert left == pytest.approx(days * 86_400, abs=1)
    before = x509.load_pem_x509_crl(made.revocations())
    made.revoke("lobby")
    after = x509.load_pem_x509_crl(made.revocations())
    for one in (before, after):
        assert one.last_update_utc.year == 1970
        assert one.next_update_utc is not None
        assert one.next_update_utc.year == 9999
    # OpenSSL takes the later one of those it has.
    assert before.last_update_utc < after.last_update_utc
    assert [len(list(one)) for one in (before, after)] == [0, 1]
