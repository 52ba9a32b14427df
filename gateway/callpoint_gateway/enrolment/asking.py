"""A gateway's questions to the enrolment service of its district, over TLS."""

import socket
import ssl
import time
from typing import Final, TypeVar

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from callpoint_gateway.broker import certificates
from callpoint_gateway.enrolment.code import Code, fingerprint
from callpoint_gateway.enrolment.messages import (
    LINE,
    Answer,
    Ask,
    AskAuthority,
    AuthorityIs,
    Enrol,
    Enrolled,
    Refused,
    Renew,
    Renewed,
    line,
)
from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.words.said import Said, said, said_by, verbatim

#: How long a question may take altogether, in seconds: the engine may be slow to read its users.
WITHIN_S: Final = 30.0
# What OpenSSL calls it that the other side wants a certificate; the enrolment service never does.
_CERTIFICATE_ASKED: Final = "TLSV13_ALERT_CERTIFICATE_REQUIRED"

AnswerT = TypeVar("AnswerT", AuthorityIs, Enrolled, Renewed)


class NotEnrolled(Exception):
    """There is no certificate; ``why`` says why and what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


class Given(msgspec.Struct, frozen=True):
    """What a district has given. ``ca``: the certificate (PEM) of its authority."""

    enrolled: Enrolled
    ca: str


def enrol(code: Code, host: str, port: int, key: ec.EllipticCurvePrivateKey) -> Given:
    """Enrol with a code and a key, which stays here. NotEnrolled.

    Whoever answers first proves nothing: it must name the authority that the code names. The
    secret is sent only over a connection that this authority vouches for.
    """
    ca = _asked(host, port, _anybody(), AskAuthority(), AuthorityIs).ca
    try:
        found = x509.load_pem_x509_certificate(ca.encode())
    except ValueError as error:
        raise NotEnrolled(said("enrol.no_service", where=f"{host}:{port}")) from error
    if fingerprint(certificates.der(found)) != code.district:
        raise NotEnrolled(said("enrol.other_district", where=f"{host}:{port}"))
    # Of several in one text only the first was compared.
    ca = found.public_bytes(serialization.Encoding.PEM).decode()
    trusted = ssl.create_default_context(cadata=ca)
    trusted.minimum_version = ssl.TLSVersion.TLSv1_2
    question = Enrol(secret=code.secret, request=_request(key))
    answer = _asked(host, port, trusted, question, Enrolled)
    _check(answer.certificate, key.public_key(), answer.gateway)
    return Given(answer, ca)


def renew(
    host: str, port: int, context: ssl.SSLContext, present: x509.Certificate
) -> x509.Certificate:
    """Return a later certificate for the key of the present one. NotEnrolled.

    ``context`` trusts the district and shows the present certificate.
    """
    answer = _asked(host, port, context, Renew(), Renewed)
    (name,) = present.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return _check(answer.certificate, present.public_key(), str(name.value))


def _anybody() -> ssl.SSLContext:
    """Return a context that trusts anybody: only to ask for what the code then proves."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _request(key: ec.EllipticCurvePrivateKey) -> str:
    """Return a request for a certificate (PEM); the district decides for what name."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    made = builder.sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


def _check(pem: str, key: object, name: str) -> x509.Certificate:
    """Return a certificate if it is for this key and name. NotEnrolled."""
    try:
        made = x509.load_pem_x509_certificate(pem.encode())
        names = [found.value for found in made.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        fits = made.public_key() == key and names == [name]
    except ValueError:
        fits = False
    if not fits:
        raise NotEnrolled(said("enrol.other_certificate"))
    return made


def _asked(
    host: str, port: int, context: ssl.SSLContext, question: Ask, wanted: type[AnswerT]
) -> AnswerT:
    """Ask one question. NotEnrolled: refused, or no answer that can be used."""
    where = f"{host}:{port}"
    try:
        received = _exchanged(host, port, context, line(question))
        answer: Answer = msgspec.json.decode(received, type=Answer)
    except ssl.SSLCertVerificationError as error:
        why = _verification(error)
        raise NotEnrolled(said("enrol.not_trusted", where=where, why=why)) from error
    except OSError as error:  # SSLError and TimeoutError are two
        if isinstance(error, ssl.SSLError) and error.reason == _CERTIFICATE_ASKED:
            raise NotEnrolled(said("enrol.engine", where=where)) from error
        raise NotEnrolled(said("enrol.away", where=where, why=said_by(error))) from error
    except NOT_JSON as error:
        raise NotEnrolled(said("enrol.no_service", where=where)) from error
    if isinstance(answer, Refused):
        raise NotEnrolled(said(f"enrol.refused.{answer.why.value}"))
    if not isinstance(answer, wanted):
        raise NotEnrolled(said("enrol.no_service", where=where))
    return answer


def _verification(error: ssl.SSLCertVerificationError) -> Said:
    """Return why a certificate was not trusted, as OpenSSL says it."""
    return verbatim(error.verify_message or str(error.reason))


def _exchanged(host: str, port: int, context: ssl.SSLContext, question: bytes) -> bytes:
    """Send a line and return the line that comes back. OSError."""
    until = time.monotonic() + WITHIN_S
    with (
        socket.create_connection((host, port), WITHIN_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as tls,
    ):
        tls.sendall(question)
        received = b""
        while not received.endswith(b"\n") and len(received) < LINE:
            tls.settimeout(max(0.01, until - time.monotonic()))
            more = tls.recv(LINE)
            if not more:
                raise ConnectionResetError
            received += more
    return received
