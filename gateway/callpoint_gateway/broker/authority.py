"""The certificate authority of one site, in a folder.

    ca.pem        root's certificate: devices and gateway trust it
    ca.key        root's key: to be kept elsewhere, needed for another name of the broker only
    issuing.pem   authority that vouches for devices and the gateway, and revokes; its key stays
    issuing.key
    issued.json   which certificates were made and revoked, for which broker (``book``)
    NAME.pem, NAME.key   of the gateway and of devices; a device's key until it is in its identity
    NAME.renewed.pem   the later certificate that was made for the same key

Nothing is overwritten and no authority made that nobody has asked for.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from callpoint_gateway.broker import book as books
from callpoint_gateway.broker import certificates, private_files
from callpoint_gateway.broker.book import Book, Known, Place
from callpoint_gateway.broker.certificates import Signer
from callpoint_gateway.configuration.names import BROKER_USERS, own_name
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.words.said import Said, said, said_by
from callpoint_protocol import topics

LOCAL = ("localhost", "127.0.0.1")
# Its certificate is revoked from the beginning: once the broker turns it away, it has the list.
_CANARY = "callpoint-canary"


class AuthorityError(Exception):
    """The authority cannot do that; ``why`` says why and what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


class Issued(msgspec.Struct, frozen=True):
    """Where a certificate and its key were written (PEM; the key is for its owner only)."""

    certificate_file: Path
    key_file: Path


class Authority:
    """Makes and revokes certificates in ``folder``."""

    def __init__(self, folder: Path, clock: Clock, site: str = "estate") -> None:
        """Make a new authority. AuthorityError when the folder has (half of) one."""
        self._prepare(folder, clock)
        for name in ("ca.pem", "ca.key", "issuing.pem", "issuing.key", "issued.json"):
            if (folder / name).exists():
                raise AuthorityError(said("authority.there", folder=str(folder), name=name))
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._root: Signer | None = certificates.root(site, self._now)
        self._issuing = certificates.issuing(site, self._root, self._now)
        self._ca = self._root.certificate
        self.book = Book(site)
        private_files.write(folder / "ca.key", self._root.key_pem)
        private_files.write(folder / "issuing.key", self._issuing.key_pem)
        private_files.write(folder / "issuing.pem", self._issuing.pem, 0o644)
        private_files.write(self.ca_file, self._root.pem, 0o644)
        books.write(folder, self.book)

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
            raise AuthorityError(said("authority.none", folder=str(folder)))
        found = cls.__new__(cls)
        found._prepare(folder, clock)
        key_file = root_key or found.root_key_file
        try:
            found._issuing = certificates.load(
                (folder / "issuing.pem").read_bytes(), (folder / "issuing.key").read_bytes()
            )
            found.book = books.read(folder)
            found._ca = x509.load_pem_x509_certificate(found.ca_file.read_bytes())
            found._root = None
            if root_key is not None or key_file.exists():
                found._root = certificates.load(found.ca_file.read_bytes(), key_file.read_bytes())
        except OSError as error:
            raise AuthorityError(
                said("authority.file_away", file=str(error.filename), why=said_by(error))
            ) from error
        except ValueError as error:
            raise AuthorityError(
                said("authority.unreadable", folder=str(folder), why=said_by(error))
            ) from error
        # A clock that has lost the time must not make certificates that have ended.
        made = found._issuing.certificate.not_valid_after_utc - datetime.timedelta(
            days=certificates.AUTHORITY_DAYS
        )
        found._now = max(found._now, made)
        return found

    @property
    def site(self) -> str:
        """The site whose authority it is."""
        return self.book.site

    @property
    def broker(self) -> Place | None:
        """Where its broker is; None when it has none yet."""
        return self.book.broker

    def belongs_to(self, place: Place) -> None:
        """Remember where the broker is that must hear of revoked certificates."""
        with self._changing() as book:
            book.broker = place

    @contextmanager
    def _changing(self) -> Iterator[Book]:
        """Change the book; another process may have changed it since it was read here."""
        with books.changing(self.folder) as book:
            yield book
            self.book = book

    @property
    def now(self) -> datetime.datetime:
        """The time by which it makes certificates."""
        return self._now

    @property
    def clients(self) -> bytes:
        """The certificates (PEM) by which a broker knows its clients."""
        return self._issuing.pem + self._ca.public_bytes(serialization.Encoding.PEM)

    def revocations(self) -> bytes:
        """Return the list of revoked certificates, PEM."""
        serials = [int(one.serial, 16) for one in self.book.certificates if one.revoked]
        if self.book.canary:
            serials.append(int(self.book.canary, 16))
        return certificates.revocations(serials, self.book.number, self._issuing)

    @property
    def named(self) -> list[str]:
        """The names that certificates were made for."""
        return self.book.names

    @property
    def shut(self) -> list[str]:
        """The names that have no certificate which counts any more."""
        good = {one.name for one in self.book.certificates if not one.revoked}
        return [name for name in self.named if name not in good]

    def server(
        self, names: Sequence[str] = LOCAL, folder: Path | None = None, *, again: bool = False
    ) -> Issued:
        """Return a broker's certificate for DNS names and addresses, made if there is none.

        It is made anew as well when a third of its life is left and the root's key is here.

        AuthorityError when there is one for other names (unless ``again``), or the root's key
        is away; ValueError for a bad name.
        """
        folder = folder or self.folder
        wanted = certificates.host_names(names)
        issued = Issued(folder / "broker.pem", folder / "broker.key")
        if issued.certificate_file.exists() and not again:
            if not self._serves(issued, wanted):
                raise AuthorityError(
                    said("authority.other_name", file=str(issued.certificate_file))
                )
            left = _ends(issued.certificate_file) - self._now
            if self._root is None or left.days > certificates.BROKER_DAYS / 3:
                return issued
        if self._root is None:
            raise AuthorityError(said("authority.no_root_key", file=str(self.root_key_file)))
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

    def broker_ends(self) -> datetime.datetime | None:
        """Return when the broker's own certificate ends; None when that is not known here."""
        if self.book.broker is None:
            return None
        try:
            return _ends(Path(self.book.broker.folder) / "broker.pem")
        except (OSError, ValueError):
            return None

    def client(self, name: str, *, again: bool = False) -> Issued:
        """Make a certificate for the gateway, for who shows panels, or for a device.

        ValueError for a bad name; AuthorityError when there is one that counts, unless
        ``again``. The old one counts until it is revoked.
        """
        self._check_name(name)
        issued = Issued(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        with self._changing() as book:
            if not again and book.in_use(name) is not None:
                raise AuthorityError(said("authority.has_one", name=name))
            made, known = self.made(name)
            book.certificates.append(known)
        return self._written(made, issued)

    def made(self, name: str) -> tuple[Signer, Known]:
        """Make a client's certificate and its line of the book, and write neither.

        It counts when ``adopt`` has taken the line. ValueError for a bad name.
        """
        self._check_name(name)
        made = certificates.client(name, self._issuing, self._now)
        last = self._now + datetime.timedelta(days=certificates.KEY_DAYS)
        return made, _known(name, made.certificate, int(last.timestamp()))

    def adopt(self, made: Iterable[Known], shut: Iterable[str] = ()) -> None:
        """Take certificates into the book, and revoke all of the names in ``shut``.

        A second time it changes nothing.
        """
        ended = set(shut)
        with self._changing() as book:
            there = {known.serial for known in book.certificates}
            book.certificates += [known for known in made if known.serial not in there]
            for known in book.certificates:
                if known.name in ended and not known.revoked:
                    known.revoked = True
                    book.number += 1

    @property
    def ca(self) -> x509.Certificate:
        """The root's certificate."""
        return self._ca

    @staticmethod
    def _check_name(name: str) -> None:
        if not topics.valid_id(name):
            raise ValueError(said("authority.id"))
        if own_name(name) and name not in BROKER_USERS:
            raise ValueError(said("authority.own_name", name=name))

    def renewed(self, name: str, mark: int) -> bytes:
        """Return a later certificate (DER) for the key of the one that a device names by its mark.

        It is the one that was made before, if the device has not got that yet. AuthorityError:
        the device's is not known or revoked, or its key may not be used for longer.
        """
        file = self.folder / f"{name}.renewed.pem"
        with self._changing() as book:
            used = book.find(name, mark)
            if used is None or used.revoked or not used.key:
                raise AuthorityError(said("authority.not_counted", name=name))
            newest = max(
                (one for one in book.certificates if one.key == used.key and not one.revoked),
                key=lambda one: one.ends_s,
            )
            if newest is not used and (waiting := _read(file, newest.mark)) is not None:
                return certificates.der(waiting)
            until = min(
                self._now + datetime.timedelta(days=certificates.CLIENT_DAYS),
                datetime.datetime.fromtimestamp(used.key_ends_s, datetime.UTC),
            )
            if until.timestamp() <= used.ends_s:
                raise AuthorityError(said("authority.key_ended", name=name))
            key = ec.EllipticCurvePublicKey.from_encoded_point(
                ec.SECP256R1(), bytes.fromhex(used.key)
            )
            made = certificates.renewed(name, key, self._issuing, until)
            book.certificates.append(_known(name, made, used.key_ends_s))
            private_files.write(file, made.public_bytes(serialization.Encoding.PEM), 0o644)
        return certificates.der(made)

    def signed(self, name: str, key: ec.EllipticCurvePublicKey) -> x509.Certificate:
        """Return a certificate for a key that is elsewhere; no other key of the name counts then.

        A second time it is the same certificate. ValueError for a bad name.
        """
        self._check_name(name)
        issued = Issued(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        point = point_of(key)
        with self._changing() as book:
            mine = [one for one in book.certificates if one.name == name and not one.revoked]
            for one in mine:
                if one.key != point:
                    one.revoked = True
                    book.number += 1
            there = next((one for one in reversed(mine) if one.key == point), None)
            if there is not None and (made := _read(issued.certificate_file, there.mark)):
                return made
            until = self._now + datetime.timedelta(days=certificates.CLIENT_DAYS)
            made = certificates.renewed(name, key, self._issuing, until)
            last = self._now + datetime.timedelta(days=certificates.KEY_DAYS)
            book.certificates.append(_known(name, made, int(last.timestamp())))
            pem = made.public_bytes(serialization.Encoding.PEM)
            private_files.write(issued.certificate_file, pem, 0o644)
            issued.key_file.unlink(missing_ok=True)  # it belongs to an earlier certificate
        return made

    def note_used(self, used: Iterable[tuple[str, int]]) -> None:
        """Note that devices have connected with certificates, which they name by their marks."""
        with self._changing() as book:
            for name, mark in used:
                if (known := book.find(name, mark)) is not None:
                    known.used = True

    def messenger(self, name: str) -> Signer:
        """Return a certificate that is written nowhere, to speak to the broker with."""
        return certificates.client(name, self._issuing, self._now)

    def canary(self) -> Signer:
        """Return a certificate that the next list of revoked ones names."""
        made = certificates.client(_CANARY, self._issuing, self._now)
        with self._changing() as book:
            book.canary = f"{made.certificate.serial_number:x}"
            book.number += 1
        return made

    def revoke(self, name: str) -> int:
        """Revoke every certificate of a name; return how many there were that counted."""
        revoked = 0
        with self._changing() as book:
            for one in book.certificates:
                if one.name == name and not one.revoked:
                    one.revoked = True
                    revoked += 1
            if revoked:
                book.number += 1
        return revoked

    @staticmethod
    def _written(made: Signer, issued: Issued) -> Issued:
        private_files.write(issued.certificate_file, made.pem, 0o644)
        private_files.write(issued.key_file, made.key_pem)
        return issued


def point_of(key: ec.EllipticCurvePublicKey) -> str:
    """Return a public key as the book has it: hex of the compressed point (SEC 1, 2.3.3)."""
    point = key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )
    return point.hex()


def _ends(file: Path) -> datetime.datetime:
    return x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc


def _known(name: str, made: x509.Certificate, key_ends_s: int) -> Known:
    key = made.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return Known(
        name=name,
        serial=f"{made.serial_number:x}",
        mark=certificates.mark(made),
        key=point_of(key),
        ends_s=int(made.not_valid_after_utc.timestamp()),
        key_ends_s=key_ends_s,
    )


def _read(file: Path, mark: int) -> x509.Certificate | None:
    """Return the certificate of a file if it is the one with this mark."""
    try:
        found = x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError):
        return None
    return found if certificates.mark(found) == mark else None
