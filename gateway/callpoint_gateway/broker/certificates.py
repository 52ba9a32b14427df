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
"""

import datetime
import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# Certificates of the broker and of devices; those of the authorities last longer.
DAYS = 3650
AUTHORITY_DAYS = 9125
_BEGIN = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
# "No well-defined expiration date" (RFC 5280, 4.1.2.5).
_NEVER = datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC)
# RFC 1123, 2.1: letters, digits and hyphens, in parts of up to 63.
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.IGNORECASE)


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
        raise ValueError("the key does not belong to the certificate")
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
            raise ValueError(f"'{name}' is neither a host name nor an IP address")
        if labels[-1].isdigit():
            raise ValueError(f"'{name}' is no IP address")
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
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_key = by.key if by else key
    if by:
        until = min(until, by.certificate.not_valid_after_utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGIN)
        .not_valid_after(until)
        # Whose key it is and who has signed (RFC 5280, 4.2.1.1 and 4.2.1.2): Python 3.13
        # refuses a certificate without them.
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return Signer(builder.sign(issuer_key, hashes.SHA256()), key)


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
        "callpoint-broker",
        by,
        now + datetime.timedelta(days=DAYS),
        [
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (x509.SubjectAlternativeName(host_names(names)), False),
        ],
    )


def client(name: str, by: Signer, now: datetime.datetime) -> Signer:
    """Make the certificate of a device or of the gateway."""
    return _made(
        name,
        by,
        now + datetime.timedelta(days=DAYS),
        [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)],
    )


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
