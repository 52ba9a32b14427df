"""Certificates and revocation lists of one site, made in memory.

Two authorities (RFC 5280):

- the root vouches for the broker. Devices and gateway trust it. Its key is needed for another
  name of the broker only, and is kept elsewhere;
- the issuing authority vouches for devices and the gateway towards the broker, and revokes. Its
  key stays on the machine. Whoever steals it cannot pass for the broker: it is limited to
  clients (extended key usage) and to certificates without any host name (name constraints,
  critical, which mbedTLS on a device does not know and so refuses altogether).

Clocks are wrong after a power cut where there is none with a battery, so nothing here begins
later than 1970 and a revocation list does not run out. P-256 keys, because the ESP32's TLS has
that curve. A certificate's common name is the user name that the broker's ACL knows.

How long they last:

- a client's ``CLIENT_DAYS``. The gateway renews it when a third of that is left, over the air and
  for the same key, so a site may be off for eight months. A board that nobody revoked when it
  was taken away ends with its certificate.
- a key at most ``KEY_DAYS``: it is replaced by cable.
- the broker's ``BROKER_DAYS``: only the root can renew it, and the root's key is in a safe.
- the authorities' ``AUTHORITY_DAYS``.
"""

import datetime
import ipaddress
import re
import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from callpoint_gateway.words.said import said

# The name in the broker's certificate.
BROKER = "callpoint-broker"
CLIENT_DAYS = 730
KEY_DAYS = 3650
BROKER_DAYS = 3650
AUTHORITY_DAYS = 9125
_BEGIN = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
# "No well-defined expiration date" (RFC 5280, 4.1.2.5).
_NEVER = datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC)
# RFC 1123, 2.1: letters, digits and hyphens, in parts of up to 63.
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.IGNORECASE)


def der(certificate: x509.Certificate) -> bytes:
    """Return a certificate in DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


def mark(certificate: x509.Certificate) -> int:
    """Return the number by which a device names the certificate that it uses."""
    return zlib.crc32(der(certificate))


class Signer(NamedTuple):
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        """The certificate in PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The private key in PEM (PKCS 8, not encrypted)."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def load(certificate: bytes, key: bytes) -> Signer:
    """Return what is in two PEM files; ValueError when they are not readable or no pair."""
    try:
        private = serialization.load_pem_private_key(key, None)
    except TypeError as error:  # it wants a password
        raise ValueError(str(error)) from error
    found = x509.load_pem_x509_certificate(certificate)
    if not isinstance(private, ec.EllipticCurvePrivateKey) or (
        private.public_key() != found.public_key()
    ):
        raise ValueError(said("authority.no_pair"))
    return Signer(found, private)


def host_names(names: Iterable[str]) -> list[x509.GeneralName]:
    """Return DNS names and addresses as a certificate has them; ValueError names a bad one."""
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
            continue
        except ValueError:
            pass
        labels = name.split(".")
        if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
            raise ValueError(said("authority.host_name", name=name))
        if labels[-1].isdigit():
            raise ValueError(said("authority.ip_address", name=name))
        found.append(x509.DNSName(name.lower()))
    return found


def _authority_use() -> x509.KeyUsage:
    # RFC 5280, 4.2.1.3: signs certificates and revocation lists, and nothing else.
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def _made(
    name: str,
    by: Signer | None,
    until: datetime.datetime,
    extensions: Sequence[tuple[x509.ExtensionType, bool]],
) -> Signer:
    """Return a certificate with a new key; ``by`` itself if None. An extension may be critical."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Signer(_signed(name, key.public_key(), by or key, until, extensions), key)


def _signed(
    name: str,
    key: ec.EllipticCurvePublicKey,
    by: Signer | ec.EllipticCurvePrivateKey,
    until: datetime.datetime,
    extensions: Sequence[tuple[x509.ExtensionType, bool]],
) -> x509.Certificate:
    """Return a certificate for ``key``; ``by`` is the private part of the same key for a root."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    if isinstance(by, Signer):
        issuer, issuer_key = by.certificate.subject, by.key
        until = min(until, by.certificate.not_valid_after_utc)
    else:
        issuer, issuer_key = subject, by
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGIN)
        .not_valid_after(until)
        # Whose key it is and who has signed (RFC 5280, 4.2.1.1 and 4.2.1.2): Python 3.13
        # refuses a certificate without them.
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer_key, hashes.SHA256())


def root(site: str, now: datetime.datetime) -> Signer:
    """Make the root authority of a site."""
    return _made(
        f"Callpoint {site}",
        None,
        now + datetime.timedelta(days=AUTHORITY_DAYS),
        [
            (x509.BasicConstraints(ca=True, path_length=1), True),
            (_authority_use(), True),
        ],
    )


def issuing(site: str, by: Signer, now: datetime.datetime) -> Signer:
    """Make the issuing authority of a site, which vouches for clients only."""
    no_host = x509.NameConstraints(
        permitted_subtrees=None,
        excluded_subtrees=[
            x509.DNSName(""),
            x509.IPAddress(ipaddress.ip_network("0.0.0.0/0")),
            x509.IPAddress(ipaddress.ip_network("::/0")),
        ],
    )
    return _made(
        f"Callpoint {site} devices",
        by,
        now + datetime.timedelta(days=AUTHORITY_DAYS),
        [
            (x509.BasicConstraints(ca=True, path_length=0), True),
            (_authority_use(), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
            (no_host, True),
        ],
    )


def server(names: Sequence[str], by: Signer, now: datetime.datetime) -> Signer:
    """Make a broker's certificate for DNS names and addresses; ValueError for a bad name."""
    return _made(
        BROKER,
        by,
        now + datetime.timedelta(days=BROKER_DAYS),
        [
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (x509.SubjectAlternativeName(host_names(names)), False),
        ],
    )


_FOR_CLIENTS: Sequence[tuple[x509.ExtensionType, bool]] = [
    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
]


def client(name: str, by: Signer, now: datetime.datetime) -> Signer:
    """Make the certificate of a device or of the gateway."""
    return _made(name, by, now + datetime.timedelta(days=CLIENT_DAYS), _FOR_CLIENTS)


def renewed(
    name: str, key: ec.EllipticCurvePublicKey, by: Signer, until: datetime.datetime
) -> x509.Certificate:
    """Make a client's certificate for the key that it has.

    It differs from one of ``client`` for that key in serial number, end and signature only.
    """
    return _signed(name, key, by, until, _FOR_CLIENTS)


def revocations(serials: Iterable[int], number: int, by: Signer) -> bytes:
    """Return the list of revoked certificates in PEM.

    ``number`` grows with each list, and so does ``lastUpdate``: of several lists OpenSSL takes the
    latest. It is so many seconds after 1970, for clocks that are behind.
    """
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(by.certificate.subject)
        .last_update(_BEGIN + datetime.timedelta(seconds=number))
        .next_update(_NEVER)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()),
            critical=False,
        )
    )
    for serial in serials:
        revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(_BEGIN)
        builder = builder.add_revoked_certificate(revoked.build())
    made = builder.sign(by.key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)
