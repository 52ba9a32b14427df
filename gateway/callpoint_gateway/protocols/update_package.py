"""Update packages (``firmware/UPDATE.md``): build, sign, read and verify.

8  b"CALLPFW1"      2  length of the manifest, little endian
n  manifest, JSON   256  RSA-2048 signature of all before it      then the image
"""

import hashlib
from pathlib import Path
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from msgspec import Meta

from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.words.decoding import decoding_mistake
from callpoint_gateway.words.said import Said, of, said, said_by
from callpoint_protocol import names

MAGIC = b"CALLPFW1"
SIGNATURE = 256
MAX_SIZE = 16 * 1024 * 1024
MAX_MANIFEST = names.IMAGE_CHUNK - len(MAGIC) - 2 - SIGNATURE  # the first chunk holds the header
UNSIGNED = bytes(SIGNATURE)

Hardware = Annotated[int, Meta(ge=0, le=names.MAX_HARDWARE)]


class PackageError(Exception):
    """Not a package, or not one to trust; ``why`` says what is wrong with which part."""

    def __init__(self, part: str, why: Said) -> None:
        self.why = of(part, why)
        super().__init__(self.why)


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an image is and for whom. Devices take no lower ``sequence`` than they have run."""

    product: Annotated[str, Meta(max_length=names.MAX_ID, pattern=r"^[a-z0-9_-]+\Z")]
    hardware: Annotated[list[Hardware], Meta(min_length=1, max_length=16)]
    sequence: Annotated[int, Meta(ge=1, le=names.MAX_SEQ)]
    version: Annotated[str, Meta(max_length=32, pattern=r"^[ !#-\[\]-~]+\Z")]
    size: Annotated[int, Meta(ge=1, le=MAX_SIZE)]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    key: Annotated[str, Meta(pattern=r"^[0-9a-f]{8}\Z")] = "00000000"


class Package(msgspec.Struct, frozen=True):
    """A package in memory."""

    manifest: Manifest
    head: bytes  # what is signed
    signature: bytes
    image: bytes

    @property
    def content(self) -> bytes:
        """The whole file."""
        return self.head + self.signature + self.image


def key_id(key: rsa.RSAPublicKey) -> str:
    """Return eight hex digits that tell a key from others; they say nothing of trust."""
    modulus = key.public_numbers().n.to_bytes(SIGNATURE, "big")
    return hashlib.sha256(modulus).hexdigest()[:8]


def _head(manifest: Manifest) -> bytes:
    text = msgspec.json.encode(manifest)
    if len(text) > MAX_MANIFEST:
        raise PackageError(
            "manifest", said("package.manifest_size", size=len(text), most=MAX_MANIFEST)
        )
    return MAGIC + len(text).to_bytes(2, "little") + text


def build(image: bytes, product: str, hardware: list[int], sequence: int, version: str) -> Package:
    """Return an unsigned package. PackageError names a value that cannot be."""
    manifest = Manifest(
        product=product,
        hardware=hardware,
        sequence=sequence,
        version=version,
        size=len(image),
        sha256=hashlib.sha256(image).hexdigest(),
    )
    try:
        msgspec.convert(msgspec.to_builtins(manifest), Manifest)
    except msgspec.ValidationError as error:
        raise PackageError("manifest", decoding_mistake(str(error))) from None
    return Package(manifest, _head(manifest), UNSIGNED, image)


def sign(package: Package, key: rsa.RSAPrivateKey) -> Package:
    """Return the package signed with an RSA-2048 key."""
    if key.key_size != 8 * SIGNATURE:
        raise PackageError("key", said("package.key_size", bits=key.key_size))
    manifest = msgspec.structs.replace(package.manifest, key=key_id(key.public_key()))
    head = _head(manifest)
    signature = key.sign(head, padding.PKCS1v15(), hashes.SHA256())
    return Package(manifest, head, signature, package.image)


def read(content: bytes) -> Package:
    """Take a file apart. PackageError when it is no whole package; the signature is not judged."""
    if content[: len(MAGIC)] != MAGIC:
        raise PackageError("magic", said("package.magic"))
    length = int.from_bytes(content[8:10], "little")
    end = 10 + length
    if length > MAX_MANIFEST or len(content) < end + SIGNATURE:
        raise PackageError("length", said("package.length"))
    try:
        manifest = msgspec.json.decode(content[10:end], type=Manifest)
    except NOT_JSON as error:
        raise PackageError("manifest", decoding_mistake(str(error))) from None
    package = Package(
        manifest, content[:end], content[end : end + SIGNATURE], content[end + SIGNATURE :]
    )
    if len(package.image) != manifest.size:
        why = said("package.image_size", size=len(package.image), told=manifest.size)
        raise PackageError("size", why)
    if hashlib.sha256(package.image).hexdigest() != manifest.sha256:
        raise PackageError("sha256", said("package.other_image"))
    return package


def verify(package: Package, key: rsa.RSAPublicKey) -> None:
    """Return if ``key`` has signed the package; PackageError says why not."""
    if package.signature == UNSIGNED:
        raise PackageError("signature", said("package.unsigned"))
    try:
        key.verify(package.signature, package.head, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        why = said("package.other_key", id=key_id(key), named=package.manifest.key)
        raise PackageError("signature", why) from None


def public_key(path: Path) -> rsa.RSAPublicKey:
    """Read an RSA-2048 public key, PEM. PackageError says what the file is instead."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise PackageError(f"key {path}", said_by(error)) from None
    except ValueError:
        raise PackageError(f"key {path}", said("package.no_public_key")) from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size != 8 * SIGNATURE:
        raise PackageError(f"key {path}", said("package.not_2048"))
    return key
