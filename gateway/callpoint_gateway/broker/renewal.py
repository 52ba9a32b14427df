"""Renews the certificates of devices and of the gateway before they end.

A device says in its telemetry which certificate it uses, by a number. When a third of that one's
life is left, the authority makes a later one for the same key; it is sent when the device next
speaks, at QoS 0, so a sleeper has it while it is awake and the broker keeps none. The device
tries it and keeps what the broker takes (``protocol/README.md``, ``crt``). Nobody has to wait for
an answer: the telemetry that follows says what is in use. What was not taken is sent again with a
growing pause.

Nothing is made that ends before what is in use, so a clock that has lost the time does no harm.

The task is the supervised part ``certificates``; a certificate that ends soon, or that its device
does not take, is a fault ``certificate/<name>``.
"""

import asyncio
import datetime
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from callpoint_gateway.broker import certificates, private_files
from callpoint_gateway.broker.authority import Authority, AuthorityError
from callpoint_gateway.broker.book import Known, in_use
from callpoint_gateway.broker.certificates import BROKER
from callpoint_gateway.configuration.config import Broker, Renewal
from callpoint_gateway.configuration.names import BROKER_USERS, GATEWAY_USER
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.token_bucket import TokenBucket
from callpoint_gateway.journal.entries import fault_begins, fault_ends
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.faults import Faults, open_faults
from callpoint_gateway.words.said import Said, joined, of, said, said_by, verbatim
from callpoint_protocol import names, topics

SOURCE: Final = "certificate"
TURN_S: Final = 2.0
_LOOK_S: Final = 600.0  # the book is read again, also if no device has said anything new
# Each certificate makes a device connect anew: a few at a time.
FEW, PER_S = 5, 1 / 12
_MOST_MADE: Final = 20  # in one turn
_PAUSES_S: Final = (600.0, 3_600.0, 21_600.0, 86_400.0)
_NOT_TAKEN: Final = 3
_SOON_S: Final = 30 * 86_400

log = logging.getLogger(__name__)


class _Waiting(msgspec.Struct):
    """A later certificate that a device has not taken yet."""

    instead_of: int
    der: bytes
    sent: int = 0
    again_s: float = 0.0


class Renewals:
    """``used`` from any thread; ``run`` until cancelled."""

    def __init__(
        self,
        settings: Renewal,
        broker: Broker,
        site: str,
        register: Register,
        clock: Clock,
        alarms: Journal,
        faults: Faults,
        publish: Callable[[str, bytes], bool],
    ) -> None:
        """``publish(topic, body)`` sends to a device that listens now, and keeps nothing."""
        self._folder = Path(settings.certificates_dir)
        self._before_s = settings.before_days * 86_400
        self._own = broker.certificate_file
        self._site = site
        self._register = register
        self._clock = clock
        self._alarms = alarms
        self._publish = publish
        self._report = faults.supervise("certificates", 0)
        faults.declare(SOURCE, 0)
        self._at_fault = {
            source.partition("/")[2]
            for source in open_faults(alarms)
            if source.startswith(f"{SOURCE}/")
        }
        self._lock = threading.Lock()
        self._sending = TokenBucket(FEW, PER_S, self._now_s)
        self._marks: dict[str, int] = {}
        self._waiting: dict[str, _Waiting] = {}
        self._over: dict[str, Said] = {}  # devices that get no later one, and why
        self._news = True
        self._looked_s = 0.0

    def _now_s(self) -> float:
        return self._clock.monotonic_ms() / 1000

    def used(self, device: str, mark: int | None) -> None:
        """Hear which certificate a device uses. It listens now: send it a later one if it waits.

        ``mark``: the CRC-32 of the certificate in DER; None: it has just connected, and has not
        said so yet. A sleeper may be gone by the time it has.
        """
        mark = self._marks.get(device) if mark is None else mark
        if mark is None:
            return
        if self._marks.get(device) != mark:
            with self._lock:
                self._marks[device] = mark
                self._over.pop(device, None)
                self._news = True
        if device not in self._waiting:
            return
        with self._lock:
            waiting = self._waiting.get(device)
            if waiting is None:
                return
            if waiting.instead_of != mark:
                del self._waiting[device]
                return
            now = self._now_s()
            if now < waiting.again_s or not self._sending.take():
                return
            if self._publish(topics.topic(self._site, device, names.CRT), waiting.der):
                waiting.again_s = now + _PAUSES_S[min(waiting.sent, len(_PAUSES_S) - 1)]
                waiting.sent += 1
                self._news |= waiting.sent >= _NOT_TAKEN
                log.info("%s: sent a later certificate, %d times so far", device, waiting.sent)

    async def run(self) -> None:
        """Look every few seconds, for ever."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(TURN_S)

    def look(self) -> None:
        """Make what is due, and say what ends soon."""
        now_s = self._now_s()
        with self._lock:
            if not self._news and now_s - self._looked_s < _LOOK_S:
                return
            self._news = False
            marks = dict(self._marks)
        self._looked_s = now_s
        try:
            authority = Authority.opened(self._folder, self._clock)
            found = authority.book.by_name()
            self._note_used(authority, found, marks)
            self._renew(authority, found, marks)
            self._renew_own(authority)
            self._tell(authority, found)
        except (AuthorityError, OSError) as error:
            self._report.down(
                said("renewal.impossible", why=said_by(error)), said("renewal.impossible.do")
            )
        else:
            self._report.up(said("renewal.in_time"))

    def _note_used(
        self, authority: Authority, found: dict[str, list[Known]], marks: dict[str, int]
    ) -> None:
        new = [
            (device, mark)
            for device, mark in marks.items()
            for known in found.get(device, ())
            if known.mark == mark and not known.used
        ]
        if new:
            authority.note_used(new)
            found |= authority.book.by_name()

    def _renew(
        self, authority: Authority, found: dict[str, list[Known]], marks: dict[str, int]
    ) -> None:
        """Make later certificates for the devices whose own end first."""
        until_s = authority.now.timestamp() + self._before_s
        due = [
            (known.ends_s, device, mark)
            for device, mark in marks.items()
            for known in found.get(device, ())
            if known.mark == mark
            and not known.revoked
            and known.key
            and known.ends_s < until_s
            and device not in self._waiting
            and device not in self._over
        ]
        for _, device, mark in sorted(due)[:_MOST_MADE]:
            try:
                made = authority.renewed(device, mark)
            except AuthorityError as error:
                self._over[device] = said_by(error)
                continue
            with self._lock:
                self._waiting[device] = _Waiting(mark, made)
        if len(due) > _MOST_MADE:
            self._news = True

    def _renew_own(self, authority: Authority) -> None:
        """Renew the gateway's own; its next connection uses that."""
        if self._own is None or GATEWAY_USER in self._over:
            return
        file = Path(self._own)
        try:
            present = x509.load_pem_x509_certificate(file.read_bytes())
        except ValueError as error:
            raise AuthorityError(of(str(file), said_by(error))) from error
        left = present.not_valid_after_utc - authority.now
        known = authority.book.find(GATEWAY_USER, certificates.mark(present))
        if known is None or left > datetime.timedelta(seconds=self._before_s):
            return
        try:
            made = x509.load_der_x509_certificate(authority.renewed(GATEWAY_USER, known.mark))
        except AuthorityError as error:
            self._over[GATEWAY_USER] = said_by(error)
            return
        private_files.write(file, made.public_bytes(serialization.Encoding.PEM), 0o644)
        authority.note_used([(GATEWAY_USER, certificates.mark(made))])
        log.info("the gateway's own certificate is renewed until %s", made.not_valid_after_utc)

    def _tell(self, authority: Authority, found: dict[str, list[Known]]) -> None:
        """Begin and end the fault of each certificate."""
        now_s = authority.now.timestamp()
        reasons: dict[str, Said] = {}
        broker_ends = authority.broker_ends()
        if broker_ends is not None and broker_ends.timestamp() - now_s < _SOON_S:
            reasons[BROKER] = said("renewal.ends", day=str(broker_ends.date()))
        for name, made in found.items():
            known = in_use(made)
            registered = name in BROKER_USERS or self._register.device(name) is not None
            if known is None or not known.ends_s or not registered:
                continue
            ends = datetime.datetime.fromtimestamp(known.ends_s, datetime.UTC).date()
            waiting = self._waiting.get(name)
            if name in self._over:
                reasons[name] = joined([said("renewal.ends", day=str(ends)), self._over[name]])
            elif known.ends_s - now_s < _SOON_S:
                reasons[name] = said("renewal.ends", day=str(ends))
            elif waiting is not None and waiting.sent >= _NOT_TAKEN:
                reasons[name] = said("renewal.not_taken", times=waiting.sent, day=str(ends))
        writes = [
            fault_begins(f"{SOURCE}/{name}", reason, _remedy(name))
            for name, reason in reasons.items()
            if name not in self._at_fault
        ]
        writes += [
            fault_ends(f"{SOURCE}/{name}", said("renewal.renewed"))
            for name in self._at_fault
            if name not in reasons
        ]
        self._at_fault = set(reasons)
        if writes:
            self._alarms.submit(writes)


def _remedy(name: str) -> Said:
    if name == BROKER:
        return said("renewal.broker.do")
    if name in BROKER_USERS:
        role = name.removeprefix("callpoint-")
        return verbatim(f"callpoint broker certificate --role {role} --again")
    return said("renewal.device.do", device=name)
