"""The certificate authority of one site, in a folder.

    ca.pem        root's certificate: devices and gateway trust it
    ca.key        root's key: to be kept elsewhere, needed for another name of the broker only
    issuing.pem   authority that vouches for devices and the gateway, and revokes; its key stays
    issuing.key
    issued.json   which certificates were made and revoked, for which broker
    NAME.pem, NAME.key   of the gateway and of devices; a device's key until it is in its identity

Nothing is overwritten and no authority made that nobody has asked for.
"""

import datetime
from collections.abc import Sequence
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization

from callpoint_gateway.broker import certificates, private_files
from callpoint_gateway.broker.certificates import Signer
from callpoint_gateway.configuration.names import BROKER_USERS, own_name
from callpoint_gateway.host.clock import Clock
from callpoint_protocol import topics

LOCAL = ("localhost", "127.0.0.1")
# Its certificate is revoked from the beginning: once the broker turns it away, it has the list.
_CANARY = "callpoint-canary"


class AuthorityError(Exception):
    """The authority cannot do that; the text says why and what to do."""


class Issued(msgspec.Struct, frozen=True):
    """Where a certificate and its key were written (PEM; the key is for its owner only)."""

    certificate_file: Path
    key_file: Path


class _Known(msgspec.Struct):
    """A certificate that was made."""

    name: str
    serial: str
    revoked: bool = False


class Place(msgspec.Struct, frozen=True):
    """Where the site's broker is: its folder and the gateway's port."""

    folder: str
    gateway_port: int


class _Book(msgspec.Struct):
    site: str
    number: int = 1
    broker: Place | None = None
    canary: str = ""
    certificates: list[_Known] = []


class Authority:
    """Makes and revokes certificates in ``folder``."""

    def __init__(self, folder: Path, clock: Clock, site: str = "estate") -> None:
        """Make a new authority. AuthorityError when the folder has (half of) one."""
        self._prepare(folder, clock)
        for name in ("ca.pem", "ca.key", "issuing.pem", "issuing.key", "issued.json"):
            if (folder / name).exists():
                raise AuthorityError(f"{folder} has a {name} already; choose another folder")
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._root: Signer | None = certificates.root(site, self._now)
        self._issuing = certificates.issuing(site, self._root, self._now)
        self._ca = self._root.certificate
        self._book = _Book(site)
        private_files.write(folder / "ca.key", self._root.key_pem)
        private_files.write(folder / "issuing.key", self._issuing.key_pem)
        private_files.write(folder / "issuing.pem", self._issuing.pem, 0o644)
        private_files.write(self.ca_file, self._root.pem, 0o644)
        self._save()

    def _prepare(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self._now = datetime.datetime.fromtimestamp(clock.wall_ms() / 1000, datetime.UTC)
        self.ca_file = folder / "ca.pem"
        self.root_key_file = folder / "ca.key"

    @staticmethod
    def there(folder: Path) -> bool:
        """Say whether a folder has an authority, or what is left of one."""
        return any((folder / name).exists() for name in ("ca.pem", "issuing.pem", "issued.json"))

    @classmethod
    def opened(cls, folder: Path, clock: Clock, root_key: Path | None = None) -> "Authority":
        """Return the authority of a folder. AuthorityError when there is none, or half of one.

        ``root_key``: where the root's key is, if not in the folder. It may be away.
        """
        if not cls.there(folder):
            raise AuthorityError(
                f"{folder} has no authority; name its folder with --certificates, or make one "
                "with callpoint broker config"
            )
        found = cls.__new__(cls)
        found._prepare(folder, clock)
        key_file = root_key or found.root_key_file
        try:
            found._issuing = certificates.load(
                (folder / "issuing.pem").read_bytes(), (folder / "issuing.key").read_bytes()
            )
            found._book = msgspec.json.decode((folder / "issued.json").read_bytes(), type=_Book)
            found._ca = x509.load_pem_x509_certificate(found.ca_file.read_bytes())
            found._root = None
            if root_key is not None or key_file.exists():
                found._root = certificates.load(found.ca_file.read_bytes(), key_file.read_bytes())
        except OSError as error:
            raise AuthorityError(f"{error.filename}: {error.strerror}; bring it back") from error
        except (ValueError, msgspec.DecodeError) as error:
            raise AuthorityError(
                f"{folder}: the authority cannot be read ({error}); bring its files back"
            ) from error
        return found

    @property
    def site(self) -> str:
        """The site whose authority it is."""
        return self._book.site

    @property
    def broker(self) -> Place | None:
        """Where its broker is; None when it has none yet."""
        return self._book.broker

    def belongs_to(self, place: Place) -> None:
        """Remember where the broker is that must hear of revoked certificates."""
        self._book.broker = place
        self._save()

    def _save(self) -> None:
        content = msgspec.json.format(msgspec.json.encode(self._book), indent=1)
        private_files.write(self.folder / "issued.json", content)

    @property
    def clients(self) -> bytes:
        """The certificates (PEM) by which a broker knows its clients."""
        return self._issuing.pem + self._ca.public_bytes(serialization.Encoding.PEM)

    def revocations(self) -> bytes:
        """Return the list of revoked certificates, PEM."""
        serials = [int(one.serial, 16) for one in self._book.certificates if one.revoked]
        if self._book.canary:
            serials.append(int(self._book.canary, 16))
        return certificates.revocations(serials, self._book.number, self._issuing)

    @property
    def named(self) -> list[str]:
        """The names that certificates were made for."""
        return sorted({one.name for one in self._book.certificates})

    @property
    def shut(self) -> list[str]:
        """The names that have no certificate which counts any more."""
        good = {one.name for one in self._book.certificates if not one.revoked}
        return [name for name in self.named if name not in good]

    def server(
        self, names: Sequence[str] = LOCAL, folder: Path | None = None, *, again: bool = False
    ) -> Issued:
        """Return a broker's certificate for DNS names and addresses, made if there is none.

        AuthorityError when there is one for other names (unless ``again``), or the root's key
        is away; ValueError for a bad name.
        """
        folder = folder or self.folder
        wanted = certificates.host_names(names)
        issued = Issued(folder / "broker.pem", folder / "broker.key")
        if issued.certificate_file.exists() and not again:
            if self._serves(issued, wanted):
                return issued
            raise AuthorityError(
                f"{issued.certificate_file} is for another name or of another authority; "
                "--again makes it and its key anew"
            )
        if self._root is None:
            raise AuthorityError(
                f"the root's key is not at {self.root_key_file}; --root-key PATH names where it is"
            )
        return self._written(certificates.server(names, self._root, self._now), issued)

    def _serves(self, issued: Issued, wanted: Sequence[x509.GeneralName]) -> bool:
        try:
            found = certificates.load(
                issued.certificate_file.read_bytes(), issued.key_file.read_bytes()
            ).certificate
            found.verify_directly_issued_by(self._ca)
            names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (OSError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
            return False
        return set(wanted) <= set(names)

    def client(self, name: str, *, again: bool = False) -> Issued:
        """Make a certificate for the gateway, for who shows panels, or for a device.

        ValueError for a bad name; AuthorityError when there is one that counts, unless
        ``again``. The old one counts until it is revoked.
        """
        if not topics.valid_id(name):
            raise ValueError("name: 1 to 32 of a-z 0-9 - _")
        if own_name(name) and name not in BROKER_USERS:
            raise ValueError(f"name: {name} is the broker's or the gateway's own")
        issued = Issued(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        if not again and self._counts(name):
            raise AuthorityError(
                f"{name} has a certificate; --again makes another one beside it, "
                f"callpoint broker revoke {name} ends it"
            )
        made = certificates.client(name, self._issuing, self._now)
        self._book.certificates.append(_Known(name, f"{made.certificate.serial_number:x}"))
        self._save()
        return self._written(made, issued)

    def _counts(self, name: str) -> bool:
        return any(one.name == name and not one.revoked for one in self._book.certificates)

    def messenger(self, name: str) -> Signer:
        """Return a certificate that is written nowhere, to speak to the broker with."""
        return certificates.client(name, self._issuing, self._now)

    def canary(self) -> Signer:
        """Return a certificate that the next list of revoked ones names."""
        made = certificates.client(_CANARY, self._issuing, self._now)
        self._book.canary = f"{made.certificate.serial_number:x}"
        self._book.number += 1
        self._save()
        return made

    def revoke(self, name: str) -> int:
        """Revoke every certificate of a name; return how many there were that counted."""
        revoked = 0
        for one in self._book.certificates:
            if one.name == name and not one.revoked:
                one.revoked = True
                revoked += 1
        if revoked:
            self._book.number += 1
            self._save()
        return revoked

    @staticmethod
    def _written(made: Signer, issued: Issued) -> Issued:
        private_files.write(issued.certificate_file, made.pem, 0o644)
        private_files.write(issued.key_file, made.key_pem)
        return issued
