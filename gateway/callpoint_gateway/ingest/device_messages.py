"""Decode what devices send (``protocol/README.md``, version 1): one frozen struct per message.

What the struct of a message does not allow is refused: ``MessageRefused`` names the key and says
what is allowed there. Unknown keys are ignored. Nothing but ``MessageRefused`` is ever raised,
whatever the bytes. Messages to devices are written by ``callpoint_protocol.messages``.
"""

import re
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta
from msgspec.inspect import IntType, StrType, StructType, UnionType, type_info

from callpoint_gateway.words.said import Said, of, said
from callpoint_protocol import messages, names

_MAX_PEEKED: Final = 64 * names.MAX_BODY

_Boot = Annotated[int, Meta(ge=1, le=names.MAX_BOOT)]
_Seq = Annotated[int, Meta(ge=1, le=names.MAX_SEQ)]


class MessageRefused(ValueError):
    """A message that protocol version 1 does not allow; ``field`` is the key, or ``body``."""

    def __init__(self, field: str, why: Said) -> None:
        """Say what is wrong with ``field``."""
        super().__init__(of(field, why))
        self.field = field


class Event(
    msgspec.Struct,
    frozen=True,
    rename={
        "boot": "b",
        "seq": "q",
        "kind": "k",
        "state": "s",
        "zone": "z",
        "detail": "d",
        "count": "c",
        "flags": "f",
        "age_ms": "a",
        "time_ms": "t",
    },
):
    """One press, edge or transition. ``age_ms`` and ``time_ms`` are None when not known."""

    boot: _Boot
    seq: _Seq
    kind: int
    state: int
    zone: Annotated[int, Meta(ge=0, le=names.MAX_ZONE)]
    detail: Annotated[int, Meta(ge=0, le=names.MAX_DETAIL)] = 0
    count: Annotated[int, Meta(ge=1, le=names.MAX_COUNT)] = 1
    flags: Annotated[int, Meta(ge=0, le=names.MAX_FLAGS)] = 0
    age_ms: Annotated[int, Meta(ge=0, le=names.MAX_AGE_MS)] | None = None
    time_ms: Annotated[int, Meta(ge=names.MIN_TIME_MS, le=names.MAX_TIME_MS)] | None = None


class Telemetry(msgspec.Struct, frozen=True, rename={"boot": "b", "seq": "q"}):
    """A heartbeat with the readings that the device has; the others are None."""

    boot: _Boot
    seq: _Seq
    up: Annotated[int, Meta(ge=0, le=0xFFFFFFFF)] | None = None
    mv: Annotated[int, Meta(ge=0, le=65_535)] | None = None
    rs: Annotated[int, Meta(ge=-127, le=0)] | None = None
    tc: Annotated[int, Meta(ge=-400, le=1_250)] | None = None
    hf: Annotated[int, Meta(ge=0, le=0xFFFFFFFF)] | None = None
    sd: Annotated[int, Meta(ge=0, le=0xFFFF)] | None = None
    rc: Annotated[int, Meta(ge=1, le=5)] | None = None
    ci: Annotated[int, Meta(ge=0, le=0xFFFFFFFF)] | None = None
    cr: Annotated[int, Meta(ge=0, le=0xFFFFFFFF)] | None = None
    ce: Annotated[int, Meta(ge=0, le=0xFFFFFFFF)] | None = None
    wn: Annotated[int, Meta(ge=1, le=3)] | None = None

    @property
    def readings(self) -> dict[str, int]:
        """Return the readings that are present, by key of ``names.READINGS``."""
        values = msgspec.structs.astuple(self)[_BEFORE_READINGS:]
        return {
            key: value for key, value in zip(_READINGS, values, strict=True) if value is not None
        }


_BEFORE_READINGS: Final = 2
_READINGS: Final = Telemetry.__struct_fields__[_BEFORE_READINGS:]


class Status(
    msgspec.Struct,
    frozen=True,
    rename={"status": "s", "boot": "b", "firmware": "fw", "cause": "rc"},
):
    """A birth, a sleep or a last will. ``cause`` 0 and an empty ``firmware`` say not known."""

    status: int
    boot: _Boot
    firmware: Annotated[str, Meta(max_length=names.MAX_ID, pattern=r"^[ !#-\[\]-~]*\Z")] = ""
    cause: int = 0


class Get(
    msgspec.Struct,
    frozen=True,
    rename={
        "package": "p",
        "offset": "o",
        "length": "n",
        "sequence": "sq",
        "product": "pr",
        "hardware": "hw",
    },
):
    """A request for a part of an update package; ``package`` 0 asks for the newest one."""

    package: Annotated[int, Meta(ge=0, le=names.MAX_PACKAGE)]
    offset: Annotated[int, Meta(ge=0, le=names.MAX_PACKAGE)]
    length: Annotated[int, Meta(ge=1, le=names.IMAGE_CHUNK)]
    sequence: Annotated[int, Meta(ge=0, le=names.MAX_SEQ)]
    product: Annotated[str, Meta(max_length=names.MAX_ID, pattern=r"^[a-z0-9_-]+\Z")]
    hardware: Annotated[int, Meta(ge=0, le=names.MAX_HARDWARE)]


class _Version(msgspec.Struct, rename={"version": "v"}):
    version: int


_VERSION: Final = msgspec.json.Decoder(_Version)


class _Identity(msgspec.Struct, rename={"boot": "b", "seq": "q"}):
    boot: _Boot
    seq: _Seq


_Message = TypeVar("_Message", Event, Telemetry, Status, Get)


def _listed(codes: dict[int, str]) -> str:
    return ", ".join(f"{code} ({name})" for code, name in codes.items())


def _bounds(struct: type[msgspec.Struct]) -> dict[str, Said]:
    """Say in words what each key of a struct may hold."""
    allowed: dict[str, Said] = {}
    described = type_info(struct)
    assert isinstance(described, StructType)
    for field in described.fields:
        kind = field.type.types[0] if isinstance(field.type, UnionType) else field.type
        if isinstance(kind, IntType):
            allowed[field.encode_name] = said("kept.range", low=str(kind.ge), high=str(kind.le))
        elif isinstance(kind, StrType):
            allowed[field.encode_name] = said("kept.printable", most=str(kind.max_length))
    return allowed


_NOT_KIND: Final = said("kept.choice", codes=_listed(names.KINDS))
_NOT_STATE: Final = said("kept.choice", codes=_listed(names.STATES))
_NOT_STATUS: Final = said("kept.choice", codes=_listed(names.STATUSES))
_NOT_CAUSE: Final = said("kept.choice", codes=_listed(names.CAUSES))
_ALLOWED: Final[dict[type[msgspec.Struct], dict[str, Said]]] = {
    Event: _bounds(Event) | {"k": _NOT_KIND, "s": _NOT_STATE},
    Telemetry: _bounds(Telemetry) | {"rc": _NOT_CAUSE},
    Status: _bounds(Status) | {"s": _NOT_STATUS, "rc": _NOT_CAUSE},
    Get: _bounds(Get) | {"pr": said("kept.product")},
}
_NOT_VERSION: Final = said("kept.version", version=names.VERSION)
_KEY: Final = re.compile(r"at `\$\.(\w+)|required field `(\w+)`")


def _refusal(error: msgspec.ValidationError, allowed: dict[str, Said]) -> MessageRefused:
    found = _KEY.search(str(error))
    if found is None:
        return MessageRefused("body", said("kept.object"))
    key = found[1] or found[2]
    why = allowed[key]
    return MessageRefused(key, said("kept.missing", why=why) if found[2] else why)


def _check_version(body: bytes) -> None:
    """Refuse what is no JSON object of version 1, before any other key is looked at."""
    if len(body) > names.MAX_BODY:
        raise MessageRefused("body", said("kept.long", most=names.MAX_BODY))
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise MessageRefused("body", said("kept.utf8", byte=error.start)) from None
    try:
        version = _VERSION.decode(body).version
    except msgspec.ValidationError as error:
        raise _refusal(error, {"v": _NOT_VERSION}) from None
    except msgspec.DecodeError as error:
        raise MessageRefused("body", said("kept.json", why=str(error))) from None
    except RecursionError:
        raise MessageRefused("body", said("kept.deep")) from None
    if version != names.VERSION:
        raise MessageRefused("v", _NOT_VERSION)


def _check_null(body: bytes, allowed: dict[str, Said]) -> None:
    """Refuse null: a key that is not known is left out, so that absence is said in one way."""
    for key, value in msgspec.json.decode(body, type=dict[str, msgspec.Raw]).items():
        if key in allowed and bytes(value) == b"null":
            raise MessageRefused(key, allowed[key])


_DECODERS: Final = {
    struct: msgspec.json.Decoder(struct) for struct in (Event, Telemetry, Status, Get)
}


def _decode(body: bytes, struct: type[_Message]) -> _Message:
    decoder: msgspec.json.Decoder[_Message] = _DECODERS[struct]  # type: ignore[assignment]
    if len(body) <= names.MAX_BODY and body.isascii() and b"null" not in body:
        try:
            if _VERSION.decode(body).version == names.VERSION:
                return decoder.decode(body)
        except (msgspec.DecodeError, RecursionError):
            pass  # what exactly is wrong is found out below
    _check_version(body)
    try:
        message = decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _refusal(error, _ALLOWED[struct]) from None
    if b"null" in body:
        _check_null(body, _ALLOWED[struct])
    return message


def decode_event(body: bytes) -> Event:
    """Return a checked event; a combination of kind, state and detail must be an agreed one."""
    event = _decode(body, Event)
    if event.kind not in names.KINDS:
        raise MessageRefused("k", _NOT_KIND)
    if event.state not in names.STATES:
        raise MessageRefused("s", _NOT_STATE)
    kind = names.KINDS[event.kind]
    if event.state not in names.ALLOWED[event.kind]:
        states = {state: names.STATES[state] for state in names.ALLOWED[event.kind]}
        raise MessageRefused(
            "s", said("kept.state", state=event.state, kind=kind, codes=_listed(states))
        )
    try:
        messages.check_detail(event.kind, event.state, event.detail)
    except ValueError:
        state = names.STATES[event.state]
        why = said("kept.detail", detail=event.detail, kind=kind, state=state)
        raise MessageRefused("d", why) from None
    return event


def decode_telemetry(body: bytes) -> Telemetry:
    """Return checked telemetry."""
    return _decode(body, Telemetry)


def decode_status(body: bytes) -> Status:
    """Return a checked status."""
    status = _decode(body, Status)
    if status.status not in names.STATUSES:
        raise MessageRefused("s", _NOT_STATUS)
    if status.cause and status.cause not in names.CAUSES:
        raise MessageRefused("rc", _NOT_CAUSE)
    return status


def decode_get(body: bytes) -> Get:
    """Return a checked request for a part of an update package."""
    return _decode(body, Get)


def peek(body: bytes) -> tuple[int, int] | None:
    """Return boot and seq of a refused event if they can be trusted, else None.

    Text that is not whole JSON is not searched for them: a number cut short would name, and
    make the device forget, an event that never arrived.
    """
    if len(body) > _MAX_PEEKED:
        return None
    try:
        identity = msgspec.json.decode(body, type=_Identity)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return identity.boot, identity.seq
