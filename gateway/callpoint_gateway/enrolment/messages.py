"""What a gateway and the enrolment service of its district say to each other: one line each.

A line is a JSON object in UTF-8 with ``v``, the version, and ``ask`` or ``answer``, its kind. It
travels within TLS. A connection is for one question.
"""

from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from callpoint_gateway.protocols.upstream import Name

VERSION: Final = 1
#: The most bytes of a line, with its end.
LINE: Final = 16 * 1024
PORT: Final = 4223

_Version = Annotated[int, Meta(ge=VERSION, le=VERSION)]
_Pem = Annotated[str, Meta(max_length=8192)]


class AskAuthority(msgspec.Struct, frozen=True, tag_field="ask", tag="authority"):
    """Which authority has the district? Anybody may ask; the answer proves nothing by itself."""

    v: _Version = VERSION


class Enrol(msgspec.Struct, frozen=True, kw_only=True, tag_field="ask", tag="enrol"):
    """The secret of a code, and a request for a certificate (PKCS 10, PEM)."""

    v: _Version = VERSION
    secret: Annotated[str, Meta(max_length=64)]
    request: _Pem


class Renew(msgspec.Struct, frozen=True, tag_field="ask", tag="renew"):
    """A later certificate for the key and name of the connection's own certificate."""

    v: _Version = VERSION


class AuthorityIs(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="authority"):
    """The certificate (PEM) of the district's authority."""

    v: _Version = VERSION
    ca: _Pem


class EngineState(StrEnum):
    """Whether the engine knows the gateway already."""

    READY = "ready"
    NOT_RUNNING = "not_running"  # it will when it starts
    OLD = "old"  # somebody must have it read its files again


class Enrolled(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="enrolled"):
    """The gateway's name, its certificate (PEM), and where the engine is."""

    v: _Version = VERSION
    district: Name
    gateway: Name
    certificate: _Pem
    servers: Annotated[list[Annotated[str, Meta(max_length=300)]], Meta(min_length=1)]
    engine: EngineState


class Renewed(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="renewed"):
    """The later certificate (PEM)."""

    v: _Version = VERSION
    certificate: _Pem


class Why(StrEnum):
    """Why a question is refused. Who has no code learns nothing but ``UNKNOWN``."""

    UNKNOWN = "unknown"  # no such code, or no certificate that counts
    USED = "used"
    ENDED = "ended"
    REQUEST = "request"  # no signed request for a P-256 key, or no message at all
    KEY_ENDED = "key_ended"
    UNABLE = "unable"  # the district's own files cannot be used


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="refused"):
    """Nothing was done."""

    v: _Version = VERSION
    why: Why


Ask = AskAuthority | Enrol | Renew
Answer = AuthorityIs | Enrolled | Renewed | Refused


def line(message: Ask | Answer) -> bytes:
    """Return a message as a line."""
    return msgspec.json.encode(message) + b"\n"
