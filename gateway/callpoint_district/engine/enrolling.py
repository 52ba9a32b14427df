"""Gives out codes, and certificates to whoever has a code: the rules of enrolment.

The steps of an enrolment, each on the disk before the next: the code is the key's that came with
it; the book has the certificate, and no other key of that gateway counts; the engine's users are
written; the engine reads them; the gateway hears it. After each of them the same key may ask
again with the same code, and gets all that was missing, so whatever ends in between costs a
repetition. Another key is refused from the first step on.
"""

import logging
from collections.abc import Iterator
from typing import Final, Literal

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from callpoint_district.engine import monitor
from callpoint_district.engine.codes import Codes
from callpoint_district.engine.folder import EngineError, EngineFolder
from callpoint_district.engine.monitor import NoAnswer
from callpoint_district.engine.reloading import Reloaded
from callpoint_district.engine.users import PROCESSES
from callpoint_gateway.broker import certificates
from callpoint_gateway.broker.authority import AuthorityError, point_of
from callpoint_gateway.broker.book import in_use
from callpoint_gateway.enrolment.code import Code, new_code
from callpoint_gateway.enrolment.messages import EngineState, Enrolled, Refused, Renewed, Why

log = logging.getLogger(__name__)

_STATES: Final = {
    Reloaded.NOT_RUNNING: EngineState.NOT_RUNNING,
    Reloaded.NOT_ALLOWED: EngineState.OLD,
    Reloaded.NOT_DONE: EngineState.OLD,
}


class GatewayState(msgspec.Struct, frozen=True):
    """A gateway at the engine (Unix s). ``ends_s`` 0: no certificate of it counts.

    ``code_ends_s`` 0: no code of it waits.
    """

    gateway: str
    ends_s: int
    code_ends_s: int
    revoked: bool

    @property
    def state(self) -> Literal["enrolled", "revoked", "new"]:
        """Whether it may connect; a new one has never had a certificate."""
        if self.ends_s:
            return "enrolled"
        return "revoked" if self.revoked else "new"


def give_code(files: EngineFolder, gateway: str, hours: float) -> Code:
    """Make the code of a gateway; an earlier one of it counts no more. EngineError: a bad name."""
    files.check(gateway)
    with files.alone():
        code = new_code(certificates.der(files.authority().ca))
        now_s = _now_s(files)
        codes = Codes(files.folder)
        codes.put(gateway, code.secret, int(now_s + hours * 3600), now_s)
        codes.write()
    return code


def is_connected(files: EngineFolder, gateway: str) -> bool:
    """Say whether a gateway is connected; not as far as is known when the engine says nothing."""
    try:
        port = files.place().monitor
        return port is not None and monitor.connections_of(port, gateway) > 0
    except (EngineError, NoAnswer):
        return False


def states(files: EngineFolder) -> Iterator[GatewayState]:
    """Yield every gateway that ever had a certificate or has a code, by name."""
    made = files.authority().book.by_name()
    now_s = _now_s(files)
    waiting = {kept.gateway: kept.ends_s for kept in Codes(files.folder) if kept.waits(now_s)}
    for name in sorted({*made, *waiting} - {PROCESSES}):
        known = in_use(made.get(name, ()))
        revoked = known is None and name in made
        yield GatewayState(name, known.ends_s if known else 0, waiting.get(name, 0), revoked)


def enrol(files: EngineFolder, secret: str, request: str) -> Enrolled | Refused:
    """Sign a gateway's request, if the secret is that of a code that counts."""
    with files.alone():
        codes = Codes(files.folder)
        code = codes.find(secret)
        if code is None:
            return Refused(why=Why.UNKNOWN)
        key = _key(request)
        if key is None:
            return Refused(why=Why.REQUEST)
        if code.used_by not in ("", point_of(key)):
            return Refused(why=Why.USED)
        if _now_s(files) >= code.ends_s:
            return Refused(why=Why.ENDED)
        if not code.used_by:
            code.used_by = point_of(key)
            codes.write()
        authority = files.authority()
        made = authority.signed(code.gateway, key)
        files.write_users()
        place = files.place()
    reloaded = files.reload()
    log.info("%s has enrolled; the engine: %s", code.gateway, reloaded.text)
    return Enrolled(
        district=authority.site,
        gateway=code.gateway,
        certificate=made.public_bytes(Encoding.PEM).decode(),
        servers=place.servers,
        engine=_STATES.get(reloaded, EngineState.READY),
    )


def renew(files: EngineFolder, certificate: bytes | None) -> Renewed | Refused:
    """Return a later certificate for the one (DER) with which somebody has connected."""
    if certificate is None:
        return Refused(why=Why.UNKNOWN)
    used = x509.load_der_x509_certificate(certificate)
    (name,) = used.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    mark = certificates.mark(used)
    with files.alone():
        authority = files.authority()
        known = authority.book.find(str(name.value), mark)
        if known is None or known.revoked:
            return Refused(why=Why.UNKNOWN)
        try:
            made = x509.load_der_x509_certificate(authority.renewed(known.name, mark))
        except AuthorityError:
            return Refused(why=Why.KEY_ENDED)
    log.info("%s has a later certificate", known.name)
    return Renewed(certificate=made.public_bytes(Encoding.PEM).decode())


def _now_s(files: EngineFolder) -> float:
    return files.clock.wall_ms() / 1000


def _key(request: str) -> ec.EllipticCurvePublicKey | None:
    """Return the key of a request that its owner has signed; None: it is no such."""
    try:
        read = x509.load_pem_x509_csr(request.encode())
        key = read.public_key()
        good = read.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    fits = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    return key if good and fits and isinstance(key, ec.EllipticCurvePublicKey) else None
