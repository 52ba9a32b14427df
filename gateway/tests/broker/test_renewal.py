"""Which certificates are renewed and when, what is told, and what a wrong clock does to it."""

from pathlib import Path

import pytest
from cryptography import x509

from callpoint_gateway.broker import certificates
from callpoint_gateway.broker.authority import Authority, AuthorityError
from callpoint_gateway.broker.installation import installed
from callpoint_gateway.broker.renewal import FEW, Renewals
from callpoint_gateway.configuration.config import Broker, Renewal
from callpoint_gateway.configuration.names import GATEWAY_USER
from callpoint_gateway.configuration.register import Device, Register
from callpoint_gateway.journal.entries import FaultBody
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.faults import Faults, open_faults
from callpoint_protocol import names, topics

from ..conftest import ManualClock
from ..supervision.test_faults import told

DAY_MS = 86_400_000
BEFORE_DAYS = 243
SITE = "estate"


class Estate:
    """An authority and the task that renews, with devices that are driven by the test."""

    def __init__(self, folder: Path, register: Register, alarms: Journal, clock: ManualClock):
        self.clock, self.alarms, self.register = clock, alarms, register
        self.authority = Authority(folder / "certificates", clock, SITE)
        self.sent: list[tuple[str, bytes]] = []
        self.faults = Faults(alarms, clock)
        self.broker = Broker()
        self.renewals = self.started()

    def started(self) -> Renewals:
        settings = Renewal(certificates_dir=str(self.authority.folder), before_days=BEFORE_DAYS)
        return Renewals(
            *(settings, self.broker, SITE, self.register, self.clock, self.alarms, self.faults),
            self.publish,
        )

    def publish(self, topic: str, body: bytes) -> bool:
        self.sent.append((topic, body))
        return True

    def make(self, name: str) -> int:
        """Make a device's certificate; return its mark."""
        return self.mark_of(self.authority.client(name).certificate_file.read_bytes())

    @staticmethod
    def mark_of(pem: bytes) -> int:
        return certificates.mark(x509.load_pem_x509_certificate(pem))

    def pass_days(self, days: float) -> None:
        self.clock.advance(int(days * DAY_MS))

    def speak(self, name: str, mark: int) -> None:
        """A device sends telemetry, the gateway looks, and it sends telemetry again."""
        self.renewals.used(name, mark)
        self.renewals.look()
        self.renewals.used(name, mark)

    def standing(self) -> dict[str, tuple[str, str]]:
        """Return reason and remedy of each fault of a certificate."""
        told(self.alarms)  # what was submitted is written
        found = {}
        for source, entry in open_faults(self.alarms).items():
            assert isinstance(entry.body, FaultBody)
            found[source] = entry.body.reason, entry.body.remedy
        return found

    def ends_days(self, der: bytes) -> float:
        """Return after how many days a certificate ends."""
        ends = x509.load_der_x509_certificate(der).not_valid_after_utc
        return (ends.timestamp() - self.clock.wall / 1000) / 86_400


@pytest.fixture
def estate(tmp_path: Path, alarms: Journal, clock: ManualClock) -> Estate:
    devices = [Device(id=f"d{n}", place="home", zone=[]) for n in range(30)]
    return Estate(tmp_path, Register([], devices), alarms, clock)


def test_a_certificate_is_renewed_when_a_third_of_its_life_is_left(estate: Estate) -> None:
    mark = estate.make("d1")
    estate.pass_days(certificates.CLIENT_DAYS - BEFORE_DAYS - 1)
    estate.speak("d1", mark)
    assert estate.sent == []
    estate.pass_days(2)
    estate.speak("d1", mark)
    ((topic, der),) = estate.sent
    assert topic == topics.topic(SITE, "d1", names.CRT)
    assert len(der) <= 500
    assert estate.ends_days(der) == pytest.approx(certificates.CLIENT_DAYS, abs=0.01)


def test_it_is_sent_again_with_pauses_and_told_when_it_is_not_taken(estate: Estate) -> None:
    mark = estate.make("d1")
    estate.pass_days(certificates.CLIENT_DAYS - BEFORE_DAYS + 1)
    estate.speak("d1", mark)
    for _ in range(100):
        estate.renewals.used("d1", mark)
    assert len(estate.sent) == 1
    for count, pause_s in ((2, 600), (3, 3_600), (4, 21_600)):
        estate.clock.advance(pause_s * 1000 - 1)
        estate.renewals.used("d1", mark)
        assert len(estate.sent) == count - 1
        estate.clock.advance(1)
        estate.renewals.used("d1", mark)
        assert len(estate.sent) == count
    assert {body for _, body in estate.sent} == {estate.sent[0][1]}
    estate.renewals.look()
    reason, remedy = estate.standing()["certificate/d1"]
    assert "does not take" in reason
    assert "by cable" in remedy
    # A gateway that starts anew sends the same one and tells nothing twice.
    estate.renewals = estate.started()
    estate.speak("d1", mark)
    assert estate.sent[-1] == estate.sent[0]
    # Once the device uses it, all is quiet.
    later = certificates.mark(x509.load_der_x509_certificate(estate.sent[0][1]))
    count = len(estate.sent)
    estate.speak("d1", later)
    estate.renewals.used("d1", later)
    assert len(estate.sent) == count
    assert estate.standing() == {}
    assert estate.authority.opened(estate.authority.folder, estate.clock).book.in_use("d1")


def test_a_few_at_a_time(estate: Estate) -> None:
    marks = {f"d{n}": estate.make(f"d{n}") for n in range(30)}
    estate.pass_days(certificates.CLIENT_DAYS - BEFORE_DAYS + 1)
    for name, mark in marks.items():
        estate.renewals.used(name, mark)
    estate.renewals.look()
    estate.renewals.look()
    for name, mark in marks.items():
        estate.renewals.used(name, mark)
    assert len(estate.sent) == FEW
    for _ in range(30):
        estate.clock.advance(60_000)
        before = len(estate.sent)
        for name, mark in marks.items():
            estate.renewals.used(name, mark)
        assert len(estate.sent) - before <= FEW
    assert {topic.split("/")[3] for topic, _ in estate.sent} == set(marks)


def test_a_key_is_renewed_for_ten_years_and_no_longer(estate: Estate) -> None:
    mark = estate.make("d1")
    years = 0.0
    while years < 15:
        estate.pass_days(30)
        years += 30 / 365
        count = len(estate.sent)
        estate.speak("d1", mark)
        if len(estate.sent) > count:
            mark = certificates.mark(x509.load_der_x509_certificate(estate.sent[-1][1]))
    assert 5 <= len(estate.sent) <= 12
    end = estate.ends_days(estate.sent[-1][1]) / 365 + years
    assert end == pytest.approx(certificates.KEY_DAYS / 365, abs=0.1)
    reason, remedy = estate.standing()["certificate/d1"]
    assert "as long as it may" in reason
    assert "callpoint broker certificate d1 --again" in remedy


def test_what_is_revoked_or_not_known_is_not_renewed(estate: Estate) -> None:
    mark = estate.make("d1")
    estate.pass_days(certificates.CLIENT_DAYS - BEFORE_DAYS + 1)
    estate.authority.revoke("d1")
    estate.speak("d1", mark)
    estate.speak("d2", 12345)
    estate.speak("d2", mark)  # another's
    assert estate.sent == []
    with pytest.raises(AuthorityError, match="that counts"):
        estate.authority.renewed("d1", mark)


def test_what_was_renewed_is_revoked_with_the_first(estate: Estate) -> None:
    mark = estate.make("d1")
    estate.pass_days(certificates.CLIENT_DAYS - BEFORE_DAYS + 1)
    estate.speak("d1", mark)
    assert estate.authority.revoke("d1") == 2
    listed = x509.load_pem_x509_crl(estate.authority.revocations())
    later = x509.load_der_x509_certificate(estate.sent[0][1]).serial_number
    assert listed.get_revoked_certificate_by_serial_number(later) is not None
    # The command line has revoked it while the gateway ran.
    estate.clock.advance(600_001)
    estate.renewals.look()
    assert estate.authority.opened(estate.authority.folder, estate.clock).shut == ["d1"]


def test_a_board_that_does_not_speak_is_a_fault_thirty_days_before(estate: Estate) -> None:
    estate.make("d1")
    estate.make("stranger")  # no device of the register
    estate.pass_days(certificates.CLIENT_DAYS - 31)
    estate.renewals.look()
    assert estate.standing() == {}
    estate.pass_days(2)
    estate.renewals.look()
    assert list(estate.standing()) == ["certificate/d1"]
    assert "ends on" in estate.standing()["certificate/d1"][0]


@pytest.mark.parametrize("years", [-50, 40])
def test_a_clock_that_is_wrong_makes_no_certificate_that_ends_earlier(
    estate: Estate, years: int
) -> None:
    mark = estate.make("d1")
    right = estate.clock.wall
    estate.clock.wall += years * 365 * DAY_MS
    estate.speak("d1", mark)
    estate.clock.wall = right
    first = estate.authority.book.certificates[0].ends_s
    for _, der in estate.sent:
        assert x509.load_der_x509_certificate(der).not_valid_after_utc.timestamp() > first
    made = Authority.opened(estate.authority.folder, estate.clock).client("d2")
    assert estate.ends_days(certificates.der(_read(made.certificate_file))) > 700


def test_a_clock_that_has_lost_the_time_makes_certificates_that_last(estate: Estate) -> None:
    right = estate.clock.wall
    estate.clock.wall = DAY_MS
    made = Authority.opened(estate.authority.folder, estate.clock).client("d1")
    estate.clock.wall = right
    assert estate.ends_days(certificates.der(_read(made.certificate_file))) > 700


def _read(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def test_the_gateways_own_is_renewed_in_place(estate: Estate) -> None:
    issued = estate.authority.client(GATEWAY_USER)
    key = issued.key_file.read_bytes()
    estate.broker = Broker(certificate_file=str(issued.certificate_file))
    estate.pass_days(certificates.CLIENT_DAYS - BEFORE_DAYS + 1)
    estate.renewals = estate.started()
    estate.renewals.look()
    later = _read(issued.certificate_file)
    assert estate.ends_days(certificates.der(later)) > 700
    assert certificates.load(issued.certificate_file.read_bytes(), key).certificate == later
    estate.renewals.look()
    assert estate.standing() == {}


def test_a_sleeper_gets_it_when_it_connects_before_it_has_said_anything(estate: Estate) -> None:
    mark = estate.make("d1")
    estate.pass_days(certificates.CLIENT_DAYS - BEFORE_DAYS + 1)
    estate.renewals.used("d1", None)
    estate.renewals.used("d1", mark)
    estate.renewals.look()  # it is asleep by now
    assert estate.sent == []
    estate.renewals.used("d1", None)
    assert len(estate.sent) == 1


def test_the_brokers_own_is_told_and_made_anew_with_the_roots_key(
    estate: Estate, tmp_path: Path
) -> None:
    authority, folder = estate.authority, tmp_path / "broker"
    installed(authority, folder, 8884)
    first = (folder / "broker.pem").read_bytes()
    estate.pass_days(certificates.BROKER_DAYS / 2)
    installed(Authority.opened(authority.folder, estate.clock), folder, 8884)
    assert (folder / "broker.pem").read_bytes() == first
    estate.pass_days(certificates.BROKER_DAYS / 2 - 29)
    estate.renewals.look()
    reason, remedy = estate.standing()["certificate/callpoint-broker"]
    assert "ends on" in reason
    assert "--root-key" in remedy
    key = authority.root_key_file.rename(tmp_path / "ca.key")
    installed(Authority.opened(authority.folder, estate.clock), folder, 8884)
    assert (folder / "broker.pem").read_bytes() == first
    installed(Authority.opened(authority.folder, estate.clock, key), folder, 8884)
    assert estate.ends_days(certificates.der(_read(folder / "broker.pem"))) > 3_600
    estate.clock.advance(600_001)
    estate.renewals.look()
    assert estate.standing() == {}


def test_a_folder_that_cannot_be_used_is_a_fault_and_ends_nothing(estate: Estate) -> None:
    (estate.authority.folder / "issuing.key").unlink()
    estate.renewals.look()
    reason, remedy = estate.standing()["certificates"]
    assert "issuing.key" in reason
    assert "[renewal]" in remedy
