"""The image of a device's identity partition (``firmware/README.md``, "Provisioning").

8  b"CALLPIDN"    2  layout, 1    4  length of the settings    n  settings, JSON    32  SHA-256
The rest of the partition stays erased. TLS material is in the settings itself: base64 of DER, or
PEM where there is a chain.
"""

import base64
import binascii
import contextlib
import hashlib
import struct
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import NameOID
from msgspec import UNSET

from callpoint_gateway.words.said import Said, said, said_by
from callpoint_technician.identity import board_settings
from callpoint_technician.identity.device_settings import DeviceSettings, SettingsError, Tls, parse
from callpoint_technician.image.parts import SECTOR

PARTITION_SIZE = 0x4000
"""Bytes of the partition in ``callpoint_boards/partitions-4MiB.csv``."""
_MAGIC = b"CALLPIDN"
_LAYOUT = 1
_HEAD = struct.Struct("<8sHI")
_DIGEST = 32
_BLANK = b"\xff"
_ISSUING = "issuing.pem"  # beside the certificates of devices
_PEM = b"-----BEGIN "


class ImageError(Exception):
    """The image is no valid identity. ``why`` holds nothing of its content."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


def build(settings: DeviceSettings, size: int) -> bytes:
    """Return the image of a partition of ``size`` bytes. SettingsError if it does not fit."""
    if size <= 0 or size % SECTOR:
        raise SettingsError("size", said("identity.sectors", sector=SECTOR))
    text = msgspec.json.encode(settings)
    head = _HEAD.pack(_MAGIC, _LAYOUT, len(text)) + text
    image = head + hashlib.sha256(head).digest()
    if len(image) > size:
        what = said("identity.too_large", needed=len(image), size=size)
        raise SettingsError("size", what)
    return image.ljust(size, _BLANK)


def completed(found: DeviceSettings, folder: Path, now_s: int) -> DeviceSettings:
    """Return settings as an image has them: checked, with TLS material and the time.

    ``folder``: where the files of ``tls`` are. ``now_s``: Unix seconds. SettingsError: the board
    or the broker would refuse them.
    """
    board_settings.check(found, now_s)
    if found.tls:
        found = msgspec.structs.replace(found, tls=embed(found.tls, folder, found.device))
    if found.made is UNSET:
        # Until its clock is synchronised, a device takes this for the earliest possible time.
        found = msgspec.structs.replace(found, made=now_s)
    return found


def read(image: bytes) -> DeviceSettings:
    """Return the settings in an image, checked as the device checks it. ImageError if invalid."""
    if len(image) < _HEAD.size or image[: _HEAD.size] == _BLANK * _HEAD.size:
        blank = len(image) >= _HEAD.size
        raise ImageError(said("identity.blank") if blank else said("identity.truncated"))
    magic, layout, length = _HEAD.unpack_from(image)
    if magic != _MAGIC:
        raise ImageError(said("identity.magic"))
    if layout != _LAYOUT:
        raise ImageError(said("identity.layout", found=layout, known=_LAYOUT))
    end = _HEAD.size + length
    digest = image[end : end + _DIGEST]
    if len(digest) < _DIGEST or digest == _BLANK * _DIGEST:
        raise ImageError(said("identity.truncated"))
    if hashlib.sha256(image[:end]).digest() != digest:
        raise ImageError(said("identity.digest"))
    try:
        return parse(image[_HEAD.size : end])
    except SettingsError as error:
        raise ImageError(said("identity.not_settings", why=error.why)) from None


# TLS material.


def certificates(content: bytes) -> list[x509.Certificate]:
    """Return the certificates in PEM or DER; ValueError if there are none."""
    if _PEM in content:
        return x509.load_pem_x509_certificates(content)
    return [x509.load_der_x509_certificate(content)]


def material(text: str) -> bytes:
    """Return TLS material from its text in an image (PEM, or base64 of DER) as PEM or DER."""
    if text.startswith("-----"):
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


def _embedded(found: list[x509.Certificate]) -> str:
    if len(found) == 1:
        return base64.b64encode(found[0].public_bytes(serialization.Encoding.DER)).decode()
    return "".join(
        certificate.public_bytes(serialization.Encoding.PEM).decode() for certificate in found
    )


def _read(key: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{key}: {path}", said_by(error)) from None


def _certificates(key: str, path: Path) -> list[x509.Certificate]:
    try:
        return certificates(_read(key, path))
    except ValueError:
        raise SettingsError(f"{key}: {path}", said("identity.certificate_file")) from None


def _signed_by(
    certificate: x509.Certificate, candidates: list[x509.Certificate]
) -> x509.Certificate | None:
    for candidate in candidates:
        with contextlib.suppress(ValueError, TypeError, InvalidSignature):
            certificate.verify_directly_issued_by(candidate)
            return candidate
    return None


def _check_issued(
    chain: list[x509.Certificate], authorities: list[x509.Certificate], between: Path, device: str
) -> None:
    """Check what the broker will: the common name is the device's, and the authority signed it.

    ``between`` is where the authority keeps the certificate that issues those of devices.
    """
    found = chain[0].subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if not found or found[0].value != device:
        raise SettingsError("tls.cert", said("identity.other_device", device=device))
    issuers = chain[1:] + (_certificates("tls.cert", between) if between.exists() else [])
    issuer = _signed_by(chain[0], issuers) or chain[0]
    known = {authority.subject for authority in authorities}
    trusted = issuer in authorities or _signed_by(issuer, authorities) is not None
    if not trusted and (issuers or issuer.issuer in known):
        raise SettingsError("tls.cert", said("identity.other_authority"))


def embed(tls: Tls, folder: Path, device: str) -> Tls:
    """Return a device's TLS settings with the files' contents in place of their names.

    SettingsError if a file is unreadable, the key does not belong to the certificate, or the
    certificate is another device's or of another authority.
    """
    authorities = _certificates("tls.ca", folder / tls.ca)
    ca = _embedded(authorities)
    if not tls.cert or not tls.key:
        return Tls(ca, hostname=tls.hostname)
    chain = _certificates("tls.cert", folder / tls.cert)
    path = folder / tls.key
    content = _read("tls.key", path)
    load = (
        serialization.load_pem_private_key
        if _PEM in content
        else serialization.load_der_private_key
    )
    try:
        private = load(content, None)
    except (ValueError, TypeError, binascii.Error):
        # The library's own text may hold parts of the key.
        raise SettingsError(f"tls.key: {path}", said("identity.key_file")) from None
    if private.public_key() != chain[0].public_key():
        raise SettingsError("tls.key", said("identity.key_pair"))
    _check_issued(chain, authorities, (folder / tls.cert).with_name(_ISSUING), device)
    return msgspec.structs.replace(in_image(authorities, chain, private), hostname=tls.hostname)


def in_image(
    authorities: list[x509.Certificate],
    chain: list[x509.Certificate],
    key: PrivateKeyTypes,
) -> Tls:
    """Return TLS settings with their contents, as an image has them."""
    der = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Tls(_embedded(authorities), _embedded(chain), base64.b64encode(der).decode())
