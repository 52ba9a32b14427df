"""Renews the certificate of a line to a district before it ends, and says when it ends soon.

The district's enrolment service gives a later certificate for the same key to whoever connects
with one that counts. It is asked when a third of a certificate's life is left, and every hour from
then on. The next connection to the engine uses what was written.

The task is the supervised part ``upstream/certificate``: a fault stands from 30 days before the
end until a later certificate is there.
"""

import asyncio
import datetime
import logging
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from callpoint_gateway.broker import certificates, private_files
from callpoint_gateway.configuration.engine_access import EngineAccess
from callpoint_gateway.enrolment import asking
from callpoint_gateway.enrolment.asking import NotEnrolled
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.part_report import PartReport
from callpoint_gateway.words.said import NOTHING, Said, joined, said, said_by

SOURCE: Final = "upstream/certificate"
LOOK_S: Final = 3_600.0
BEFORE: Final = datetime.timedelta(days=certificates.CLIENT_DAYS / 3)
#: When it ends so soon, a person must see to it.
SOON: Final = datetime.timedelta(days=30)

log = logging.getLogger(__name__)


class UpstreamRenewal:
    """Renews the certificate of one line."""

    def __init__(self, settings: EngineAccess, clock: Clock, report: PartReport) -> None:
        """``settings`` has a certificate; ``report`` is that of the part ``SOURCE``."""
        self._settings = settings
        self._clock = clock
        self._report = report

    async def run(self) -> None:
        """Look every hour, until cancelled."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Renew what is due, and say what ends soon."""
        certificate_file = self._settings.certificate_file
        assert certificate_file is not None
        file = Path(certificate_file)
        try:
            present = x509.load_pem_x509_certificate(file.read_bytes())
        except (OSError, ValueError) as error:
            why = said("upstream.certificate_unreadable", file=str(file), why=said_by(error))
            self._report.down(why, said("upstream.certificate.do"))
            return
        failed = NOTHING
        if self._left(present) < BEFORE and (place := self._settings.renewal_place) is not None:
            try:
                present = self._renewed(file, present, *place)
            except NotEnrolled as error:
                failed = error.why
            except OSError as error:
                failed = said_by(error)
        self._tell(present, failed)

    def _left(self, certificate: x509.Certificate) -> datetime.timedelta:
        now = datetime.datetime.fromtimestamp(self._clock.wall_ms() / 1000, datetime.UTC)
        return certificate.not_valid_after_utc - now

    def _renewed(
        self, file: Path, present: x509.Certificate, host: str, port: int
    ) -> x509.Certificate:
        """Write a later certificate, if there is one, and return it. NotEnrolled, OSError."""
        context = self._settings.tls
        if context is None:
            return present
        made = asking.renew(host, port, context, present)
        # A clock that has lost the time must not bring a certificate that ends earlier.
        if made.not_valid_after_utc <= present.not_valid_after_utc:
            return present
        private_files.write(file, made.public_bytes(Encoding.PEM), 0o644)
        log.info("the certificate for the district is renewed until %s", made.not_valid_after_utc)
        return made

    def _tell(self, present: x509.Certificate, failed: Said) -> None:
        day = f"{present.not_valid_after_utc:%Y-%m-%d}"
        if self._left(present) >= SOON:
            if failed:
                log.warning("the certificate for the district ends on %s: %s", day, failed)
            self._report.up(said("upstream.certificate_until", day=day))
            return
        ends = said("upstream.certificate_ends", day=day)
        self._report.down(
            joined([ends, failed]) if failed else ends, said("upstream.certificate.do")
        )
