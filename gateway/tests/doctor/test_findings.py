"""What the doctor finds on a machine and behind a configuration, each grade of it."""

import socket
from pathlib import Path

import pytest

from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.broker.certificates import CLIENT_DAYS
from callpoint_gateway.broker.configuration import pid_file
from callpoint_gateway.broker.installation import installed
from callpoint_gateway.configuration.config import (
    Broker,
    Coap,
    Config,
    GatewaySettings,
    Renewal,
    StatusSettings,
)
from callpoint_gateway.doctor import authority as authority_checks
from callpoint_gateway.doctor import host as host
from callpoint_gateway.doctor import site as site
from callpoint_gateway.doctor.findings import Finding, Grade
from callpoint_gateway.journal.entries import FaultBody, NewEntry, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_rig.ports import free_port

from ..conftest import ManualClock

OK, WARN, BAD = Grade.OK, Grade.WARN, Grade.BAD
MB = 1_000_000


def config(folder: Path, **more: object) -> Config:
    gateway = GatewaySettings(site="estate", state_dir=str(folder), register="register.toml")
    return Config(gateway=gateway, **more)  # type: ignore[arg-type]


def grades(found: list[Finding]) -> list[tuple[str, Grade]]:
    assert all(bool(one.remedy) == (one.grade is not OK) for one in found)
    return [(str(one.what), one.grade) for one in found]


def test_a_clock_that_nobody_keeps_right() -> None:
    assert host.clock(lambda: True).grade is OK
    assert host.clock(lambda: False).grade is WARN


@pytest.mark.parametrize(("free", "grade"), [(20 * MB, BAD), (100 * MB, WARN), (999 * MB, OK)])
def test_room_on_the_disk(tmp_path: Path, free: int, grade: Grade) -> None:
    found = list(host.disk(tmp_path / "not yet there", 256 * MB, lambda _: free))
    assert grades(found)[0] == ("disk", grade)


@pytest.mark.parametrize(("kind", "grade"), [("ext4", OK), ("tmpfs", BAD), ("vfat", BAD)])
def test_a_file_system_that_does_not_keep(tmp_path: Path, kind: str, grade: Grade) -> None:
    folder = tmp_path / "with space"
    folder.mkdir()
    mounts = tmp_path / "mounts"
    escaped = str(folder).replace(" ", "\\040")
    mounts.write_text(f"a / overlay rw 0 0\nb {escaped} tmpfs rw 0 0\nc {escaped} {kind} rw 0 0\n")
    found = list(host.disk(folder, 0, lambda _: 10**12, mounts))
    assert grades(found)[1] == ("file system", grade)


@pytest.mark.parametrize(
    ("life", "eol", "grade"),
    [
        ("0x01 0x02", "0x01", OK),
        ("0x01 0x09", "0x01", WARN),
        ("0x0b 0x01", "0x01", BAD),
        ("0x01 0x01", "0x02", WARN),
        ("0x01 0x01", "0x03", BAD),
    ],
)
def test_a_card_that_is_worn(tmp_path: Path, life: str, eol: str, grade: Grade) -> None:
    device = tmp_path / "mmcblk0/device"
    device.mkdir(parents=True)
    assert list(host.card(tmp_path)) == []  # one that does not say
    (device / "life_time").write_text(life + "\n")
    (device / "pre_eol_info").write_text(eol + "\n")
    assert grades(list(host.card(tmp_path))) == [("card mmcblk0", grade)]


@pytest.mark.parametrize(("kb", "grade"), [(50_000, BAD), (100_000, WARN), (500_000, OK)])
def test_memory(tmp_path: Path, kb: int, grade: Grade) -> None:
    file = tmp_path / "meminfo"
    file.write_text(f"MemTotal:  900000 kB\nMemAvailable:   {kb} kB\n")
    assert host.memory(file).grade is grade


def test_a_certificate_that_expires(tmp_path: Path, clock: ManualClock) -> None:
    issued = Authority(tmp_path, clock).client("callpoint-gateway")
    made = config(
        tmp_path,
        broker=Broker(
            certificate_file=str(issued.certificate_file), key_file=str(issued.key_file)
        ),
    )
    what = "certificate callpoint-gateway.pem"
    start, day_ms = clock.wall, 86_400_000
    for left, grade in ((31, OK), (29, WARN), (-1, BAD)):
        clock.wall = start + (CLIENT_DAYS - left) * day_ms
        assert grades(list(site.certificates(made, clock))) == [(what, grade)]
    issued.certificate_file.write_text("nonsense")
    assert grades(list(site.certificates(made, clock))) == [(what, BAD)]


def test_certificates_of_devices_that_end(tmp_path: Path, clock: ManualClock) -> None:
    authority = Authority(tmp_path / "certificates", clock)
    authority.client("lobby")
    ca = Broker(ca_file=str(authority.ca_file))
    assert grades(list(authority_checks.renewal(config(tmp_path, broker=ca), clock))) == [
        ("renewal", WARN)
    ]
    made = config(tmp_path, renewal=Renewal(certificates_dir=str(authority.folder)))
    start, day_ms = clock.wall, 86_400_000
    for left, found in (
        (31, ("renewal", OK)),
        (29, ("certificate of lobby", WARN)),
        (-1, ("certificate of lobby", WARN)),
    ):
        clock.wall = start + (CLIENT_DAYS - left) * day_ms
        assert grades(list(authority_checks.renewal(made, clock))) == [found]
    (authority.folder / "issued.json").write_text("nonsense")
    assert grades(list(authority_checks.renewal(made, clock))) == [("renewal", BAD)]


def test_a_secret_that_others_can_read(tmp_path: Path, clock: ManualClock) -> None:
    issued = Authority(tmp_path, clock).client("callpoint-gateway")
    made = config(
        tmp_path,
        broker=Broker(
            certificate_file=str(issued.certificate_file), key_file=str(issued.key_file)
        ),
    )
    assert grades(list(site.secrets(made))) == [("secrets", OK)]
    issued.key_file.chmod(0o640)
    (found,) = site.secrets(made)
    assert (found.grade, str(found.remedy)) == (BAD, f"chmod 600 {issued.key_file}")


def test_every_file_of_authority_and_broker_with_a_secret_is_looked_at(
    tmp_path: Path, clock: ManualClock
) -> None:
    authority = Authority(tmp_path / "certificates", clock)
    issued = authority.client("lobby")
    tls = installed(authority, tmp_path / "broker", 8884)
    made = config(tmp_path, broker=Broker(ca_file=str(authority.ca_file)))
    assert grades(list(site.secrets(made))) == [("secrets", OK)]
    people = tmp_path / "people/people.key"  # in the folder of the journals
    people.parent.mkdir()
    people.touch(0o600)
    private = [
        people,
        authority.root_key_file,
        authority.folder / "issuing.key",
        authority.folder / "issued.json",
        issued.key_file,
        tls.key_file,
        tmp_path / "broker/acl",
    ]
    for path in private:
        path.chmod(0o644)
        (found,) = site.secrets(made)
        assert (found.grade, str(found.remedy)) == (BAD, f"chmod 600 {path}")
        path.chmod(0o600)


def test_a_devices_key_that_is_still_here(tmp_path: Path, clock: ManualClock) -> None:
    authority = Authority(tmp_path, clock)
    authority.root_key_file.unlink()
    authority.client("callpoint-gateway")
    made = config(tmp_path, broker=Broker(ca_file=str(authority.ca_file)))
    assert grades(list(authority_checks.keys(made))) == [("root key", OK)]
    key = authority.client("lobby").key_file
    found = list(authority_checks.keys(made))
    assert grades(found) == [("root key", OK), ("device key", WARN)]
    assert str(key) in str(found[1].text)


@pytest.mark.parametrize(
    ("limit", "grade"), [("256", WARN), ("1024", OK), ("unlimited", OK), ("none", None)]
)
def test_how_many_files_the_broker_may_open(
    tmp_path: Path, clock: ManualClock, limit: str, grade: Grade | None
) -> None:
    authority = Authority(tmp_path / "certificates", clock)
    made = config(tmp_path, broker=Broker(ca_file=str(authority.ca_file)))
    assert list(authority_checks.broker_files(made)) == []
    installed(authority, tmp_path / "broker", 8884)
    (tmp_path / "proc/77").mkdir(parents=True)
    pid_file(tmp_path / "broker").write_text("77\n")
    limits = f"Limit  Soft Limit  Hard Limit  Units\nMax open files  {limit}  524288  files\n"
    if grade is not None:
        (tmp_path / "proc/77/limits").write_text(limits)
    found = grades(list(authority_checks.broker_files(made, tmp_path / "proc")))
    assert found == ([] if grade is None else [("broker files", grade)])


def test_the_roots_key_is_to_be_taken_away(tmp_path: Path, clock: ManualClock) -> None:
    authority = Authority(tmp_path, clock)
    made = config(tmp_path, broker=Broker(ca_file=str(authority.ca_file)))
    assert grades(list(authority_checks.keys(made))) == [("root key", WARN)]
    authority.root_key_file.unlink()
    assert grades(list(authority_checks.keys(made))) == [("root key", OK)]
    assert list(authority_checks.keys(config(tmp_path))) == []


def test_ports_that_are_taken(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as page,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as coap,
    ):
        coap.bind(("127.0.0.1", 0))
        taken = config(
            tmp_path,
            status=StatusSettings(port=page.getsockname()[1]),
            coap=Coap(port=coap.getsockname()[1], keys_file="keys.toml"),
        )
        found = grades(list(site.gateway_runs(taken)))
    assert found == [("gateway", WARN), ("port status", BAD), ("port coap", BAD)]
    assert grades(list(site.gateway_runs(taken)))[1:] == [("port status", OK), ("port coap", OK)]


def test_a_broker_that_is_away(tmp_path: Path) -> None:
    made = config(tmp_path, broker=Broker(port=free_port()))
    assert grades(list(site.broker(made))) == [("broker", BAD)]


def test_a_journal_that_was_changed(tmp_path: Path, alarms: Journal) -> None:
    made = config(tmp_path)
    alarms.submit([NewEntry(Type.FAULT, FaultBody("disk", True, "full"))])
    alarms.close()
    assert site.journal(made).grade is OK
    file = tmp_path / "alarms.db"
    file.write_bytes(file.read_bytes().replace(b"full", b"fine"))
    assert site.journal(made).grade is BAD
    file.write_bytes(b"nothing of a journal" * 1000)
    assert site.journal(made).grade is BAD
