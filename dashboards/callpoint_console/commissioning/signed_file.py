"""A report that cannot be changed unnoticed: canonical JSON with a signature, checked offline.

The file is one JSON object, and its bytes are the only ones that this object can have: keys in
order, no spaces, no escapes that JSON does not need (RFC 8785, with whole numbers only). Each part
of the report has a digest (SHA-256), and the site's key signs the list of digests (Ed25519,
RFC 8032). So a check says which part was changed, not only that something was.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

FORMAT: Final = "callpoint-handover/1"
#: What is signed begins with this, so that the signature counts for nothing else.
_PURPOSE: Final = b"callpoint hand-over report 1\n"
MOST_BYTES: Final = 64 * 1024 * 1024
DEVICES: Final = "devices"


class Unsigned(ValueError):
    """The file is no signed report at all."""


class Verified(msgspec.Struct, frozen=True):
    """What a check found. ``wrong``: what was changed, empty if nothing.

    An item of ``wrong`` is a pair: a kind of fault, and the part, device or position it is about.
    ``fingerprint``: that of the key which signed, as the file states it. ``foreign``: that is not
    the key which was asked for.
    """

    report: dict[str, Any]
    wrong: tuple[tuple[str, str], ...]
    fingerprint: str
    foreign: bool

    @property
    def good(self) -> bool:
        """Whether nothing was changed, and the right key signed."""
        return not self.wrong and not self.foreign


def canonical(content: object) -> bytes:
    """Return the only bytes of a JSON value of texts, whole numbers, lists and objects."""
    return json.dumps(
        content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def public_bytes(key: Ed25519PublicKey) -> bytes:
    """Return the 32 bytes of a public key."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def fingerprint(key: bytes) -> str:
    """Return the SHA-256 of a public key's bytes, short enough to be compared by eye."""
    digits = hashlib.sha256(key).hexdigest()[:32]
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def _parts(report: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield the parts of a report with their names: each device, and everything else.

    The part ``devices`` is their order, by which one that stands twice is found as well.
    """
    devices = report.get(DEVICES)
    rows = devices if isinstance(devices, list) else []
    names = [row.get("device") if isinstance(row, dict) else None for row in rows]
    for name, row in zip(names, rows, strict=True):
        yield f"{DEVICES}/{name}", row
    for key, value in report.items():
        yield key, names if key == DEVICES and isinstance(value, list) else value


def _digests(report: dict[str, Any]) -> dict[str, str]:
    return {name: hashlib.sha256(canonical(part)).hexdigest() for name, part in _parts(report)}


def _signed_bytes(digests: object) -> bytes:
    return _PURPOSE + canonical(digests)


def sign(report: dict[str, Any], key: Ed25519PrivateKey) -> bytes:
    """Return a report as a signed file. Its devices have different ids."""
    digests = _digests(report)
    content = {
        "format": FORMAT,
        "report": report,
        "digests": digests,
        "key": base64.b64encode(public_bytes(key.public_key())).decode(),
        "signature": base64.b64encode(key.sign(_signed_bytes(digests))).decode(),
    }
    return canonical(content) + b"\n"


def digest(file: bytes) -> str:
    """Return the SHA-256 of a whole file, hexadecimal."""
    return hashlib.sha256(file).hexdigest()


def verify(file: bytes, key: bytes | None = None) -> Verified:
    """Check a signed file; ``key``: the 32 bytes of the public key that must have signed.

    Without it, the key in the file counts: whoever made the file holds it. Unsigned: it is no
    such file.
    """
    content = _content(file)
    report, digests = content["report"], content["digests"]
    wrong: list[tuple[str, str]] = []
    expected = canonical(content) + b"\n"
    if file != expected:
        at = next(
            (at for at, (one, two) in enumerate(zip(file, expected, strict=False)) if one != two),
            min(len(file), len(expected)),
        )
        wrong.append(("form", str(at)))
    if content["format"] != FORMAT:
        wrong.append(("format", str(content["format"])))
    found = _digests(report)
    wrong += [("part", name) for name in found if digests.get(name, found[name]) != found[name]]
    wrong += [("added", name) for name in found if name not in digests]
    wrong += [("missing", str(name)) for name in digests if name not in found]
    own = _decoded(content["key"])
    if not _signature_fits(own, content["signature"], digests):
        wrong.append(("signature", ""))
    foreign = key is not None and own != key
    return Verified(report, tuple(wrong), fingerprint(own), foreign)


def _content(file: bytes) -> dict[str, Any]:
    if len(file) > MOST_BYTES:
        raise Unsigned
    try:
        content = json.loads(file, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise Unsigned from error
    types = {"format": str, "report": dict, "digests": dict, "key": str, "signature": str}
    if not isinstance(content, dict) or content.keys() != types.keys():
        raise Unsigned
    if not all(isinstance(content[name], type) for name, type in types.items()):
        raise Unsigned
    return content


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _signature_fits(key: bytes, signature: str, digests: object) -> bool:
    try:
        public = Ed25519PublicKey.from_public_bytes(key)
        public.verify(_decoded(signature), _signed_bytes(digests))
    except (InvalidSignature, ValueError):
        return False
    return True
