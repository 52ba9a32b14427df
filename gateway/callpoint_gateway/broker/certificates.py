"""A small certificate authority for one site: the broker, the gateway and each device.

P-256 keys, because the ESP32's TLS has that curve. A certificate's common name is the
user name that the broker's ACL knows.
"""

import datetime
import ipaddress
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from callpoint_gateway.host.clock import Clock
from callpoint_protocol import topics

DAYS = 3650
_BEFORE = datetime.timedelta(days=1)


class Issued(msgspec.Struct, frozen=True):
    """Where a certificate and its key were written (PEM; the key is for its owner only)."""

    certificate_file: Path
    key_file: Path


# RFC 5280, 4.2.1.3: the key of an authority signs certificates, and nothing else.
_SIGNS = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


class AuthorityError(Exception):
    """The authority in a folder cannot be used; the text says why and what to do."""


class Authority:
    """Makes certificates into ``folder``; its own is ``ca.pem``."""

    def __init__(self, folder: Path, clock: Clock, name: str = "Callpoint site") -> None:
        """Make a new authority."""
        folder.mkdir(parents=True, exist_ok=True)
        self._prepare(folder, clock)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = (
            self._builder(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_SIGNS, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def _prepare(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._now = datetime.datetime.fromtimestamp(clock.wall_ms() / 1000, datetime.UTC)
        self.ca_file = folder / "ca.pem"

    @classmethod
    def kept(cls, folder: Path, clock: Clock) -> "Authority":
        """Return the authority of a folder, a new one if there is none.

        Its key is ``ca.key``, for its owner only. AuthorityError when there is half of one.
        """
        key_file = folder / "ca.key"
        if not key_file.exists():
            if (folder / "ca.pem").exists():
                raise AuthorityError(
                    f"{folder} has a ca.pem without its ca.key; bring it back, or choose another "
                    "folder: certificates that it has made would not be of this authority"
                )
            made = cls(folder, clock)
            _write_key(key_file, made._key)
            return made
        found = cls.__new__(cls)
        found._prepare(folder, clock)
        try:
            key = serialization.load_pem_private_key(key_file.read_bytes(), None)
            certificate = x509.load_pem_x509_certificate(found.ca_file.read_bytes())
        except (ValueError, TypeError, FileNotFoundError) as error:
            raise AuthorityError(
                f"{folder}: ca.pem or ca.key cannot be read; bring them back, or choose another "
                "folder"
            ) from error
        if key.public_key() != certificate.public_key() or not isinstance(
            key, ec.EllipticCurvePrivateKey
        ):
            raise AuthorityError(f"{folder}: ca.key does not belong to ca.pem; bring it back")
        found._key, found._name = key, certificate.subject
        return found

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - _BEFORE)
            .not_valid_after(self._now + datetime.timedelta(days=DAYS))
            # Whose key it is and who has signed (RFC 5280, 4.2.1.1 and 4.2.1.2): Python 3.13
            # refuses a certificate without them.
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )

    def server(
        self, name: str = "localhost", addresses: tuple[str, ...] = ("127.0.0.1",)
    ) -> Issued:
        """Make the broker's certificate, valid for a host name and addresses."""
        alternatives: list[x509.GeneralName] = [x509.DNSName(name)]
        alternatives += [x509.IPAddress(ipaddress.ip_address(one)) for one in addresses]
        return self._issue(name, ExtendedKeyUsageOID.SERVER_AUTH, alternatives)

    def client(self, name: str) -> Issued:
        """Make a certificate for the gateway or one device; ValueError for a bad name."""
        return self._issue(name, ExtendedKeyUsageOID.CLIENT_AUTH, [])

    def _issue(
        self, name: str, usage: x509.ObjectIdentifier, alternatives: list[x509.GeneralName]
    ) -> Issued:
        if not topics.valid_id(name):
            raise ValueError("name: 1 to 32 of a-z 0-9 - _")
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(subject, key.public_key()).add_extension(
            x509.ExtendedKeyUsage([usage]), critical=False
        )
        if alternatives:
            builder = builder.add_extension(
                x509.SubjectAlternativeName(alternatives), critical=False
            )
        issued = Issued(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        certificate = builder.sign(self._key, hashes.SHA256())
        issued.certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        _write_key(issued.key_file, key)
        return issued


def _write_key(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    # Made anew, never written over: an old file could be readable by others.
    file.unlink(missing_ok=True)
    file.touch(mode=0o600, exist_ok=False)
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
