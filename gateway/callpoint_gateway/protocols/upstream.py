"""What a gateway and its district say to each other, as bytes. No I/O.

An entry is known by gateway, *epoch* and position. An epoch is one history of one journal: a
gateway whose journal was put back, or differs from what the district has, begins a new epoch
behind the last entry that both have. The hash of an entry covers all entries before it, so two
entries with the same hash are the same entry of the same history, whatever their epoch.

A district is a gateway of its city: it relays the chain of each of its gateways as it is. A
gateway that comes through ``d1`` is called ``d1/g1`` at the city. This name is its *path*; each
part of it is a token of a subject, so the engine lets a district write below its own name only.

Subjects, for the gateway ``g1`` in the district ``d1`` (at the city ``c1`` they begin with
``cp.c1.d1.g1``)::

    cp.d1.g1.alarms     parcels of entries, kept by the engine until the district has them
    cp.d1.g1.urgent     copies of urgent entries of a gateway that is behind; shown, never kept
    cp.d1.g1.status     a life sign
    cp.d1.g1.register   a question: which register of the site has the district; parts of a newer
    cp.d1.g1.rates      what was counted in an hour
    cp.d1.g1.where      a question: up to which entry has the district this gateway's journal?
    cpd.d1.g1.receipt   the district's database has committed all entries up to one
"""

import hashlib
import re
import secrets
from typing import Annotated, Final, Literal, TypeVar, get_args

import msgspec
from msgspec import Meta

from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.words.said import NOTHING, Said, said

#: Both sides refuse what has another version, and say so.
VERSION: Final = 1
#: A parcel is closed when its rows have so many bytes; a single row may have more.
PARCEL_BYTES: Final = 48 * 1024
#: The most entries of one parcel.
PARCEL_ROWS: Final = 256
#: The most bytes of a message; the engine's ``max_payload`` must be higher.
MESSAGE_BYTES: Final = 512 * 1024
#: A revision of a register is sent in parts of so many bytes, and of so many parts at most.
REGISTER_BYTES: Final = 256 * 1024
REGISTER_PARTS: Final = 128
#: The hash before the first entry of a journal.
GENESIS: Final = bytes(32)

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
#: The names of a path at most: gateway, district, city, and the city's own member above.
DEPTH: Final = 4
#: A gateway's name as a tier has it: the names of the members it came through, and its own.
PATH: Final = re.compile(rf"{NAME.pattern}(?:/{NAME.pattern}){{0,{DEPTH - 1}}}")
Epoch = Annotated[str, Meta(pattern="^[0-9a-f]{15}$")]
# PostgreSQL has no text with a null character.
Program = Annotated[str, Meta(max_length=32, pattern="^[^\x00]*$")]
Run = Annotated[str, Meta(pattern="^([0-9a-f]{16})?$")]
Position = Annotated[int, Meta(ge=0, le=2**62)]
Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]

CountName = Annotated[str, Meta(pattern="^[a-z0-9_./ -]{1,64}$")]

MessageT = TypeVar("MessageT", bound=msgspec.Struct)


class NotUsable(Exception):
    """A message that this version cannot use; ``why`` says what is wrong."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """Entries one after the other: the row of each, as it was hashed (``journal.reader.link``).

    ``first`` is the position of the first row; ``previous`` the hash of the entry before it, of
    ``GENESIS`` before the first entry of a journal. ``begins``: the first row is the first entry
    that the gateway has at all, so nothing need stand before it.
    """

    v: int = VERSION
    epoch: Epoch
    first: Position
    previous: Hash
    rows: list[msgspec.Raw]
    begins: bool = False

    @property
    def last(self) -> int:
        """The position of the last row."""
        return self.first + len(self.rows) - 1


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The district has committed every entry of ``epoch`` up to ``position``, whose hash is given.

    ``epoch`` is empty as long as the district has nothing of the gateway. ``again``: what came
    last did not fit behind it, so the gateway sends from there. ``marks``: positions and hashes
    further back, ever wider apart, by which a gateway with another history finds the last entry
    that both have.
    """

    v: int = VERSION
    epoch: Annotated[str, Meta(pattern="^([0-9a-f]{15})?$")] = ""
    position: Position = 0
    hash: Hash = GENESIS.hex()
    again: bool = False
    marks: list[tuple[Position, Hash]] = []


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """The question for a receipt, with the version of the gateway's program."""

    v: int = VERSION
    program: Program = ""


class LifeSign(msgspec.Struct, frozen=True, kw_only=True):
    """The gateway works, and how far its journal is.

    ``silent_ms``: so long ago it said so itself; a district tells its city for each gateway.
    ``run``: another text after each start of the program, on every machine.
    ``retired_ms``: since when the district has it out of service (Unix ms), 0 if in service.
    """

    v: int = VERSION
    program: Program = ""
    head: Position = 0
    silent_ms: Position = 0
    run: Run = ""
    retired_ms: Position = 0


class UrgentCopy(msgspec.Struct, frozen=True, kw_only=True):
    """An urgent entry ahead of its turn. It is shown until the entry itself has come."""

    v: int = VERSION
    epoch: Epoch
    row: msgspec.Raw


class RegisterPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a revision of a site (``configuration.revision``), ``number`` of ``parts`` from 0.

    ``digest``: SHA-256 of the whole text. Without ``text`` it asks what the district has.
    """

    v: int = VERSION
    digest: Hash
    parts: Annotated[int, Meta(ge=1, le=REGISTER_PARTS)]
    number: Annotated[int, Meta(ge=0, lt=REGISTER_PARTS)] = 0
    text: Annotated[bytes, Meta(max_length=REGISTER_BYTES)] = b""


class RegisterAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The digest of the revision that the district has committed, empty if none.

    ``wants``: the number of a part that it needs first. ``refused``: why it does not take the
    revision; it then keeps the one that it has.
    """

    v: int = VERSION
    digest: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")] = ""
    wants: Annotated[int, Meta(ge=0, lt=REGISTER_PARTS)] = 0
    refused: Said = NOTHING


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway has counted in the hour that begins at ``hour_ms`` (Unix ms).

    ``counts``: by what was counted, such as ``event/smoke/alarm``. The names are those of the
    gateway's version.
    """

    v: int = VERSION
    hour_ms: Annotated[int, Meta(ge=0, le=2**52, multiple_of=3_600_000)]
    counts: Annotated[dict[CountName, Annotated[int, Meta(ge=0, le=2**53)]], Meta(max_length=500)]


class _Versioned(msgspec.Struct):
    v: Annotated[int, Meta(ge=0, le=2**31 - 1)]


Upward = Literal["alarms", "urgent", "status", "register", "rates", "where"]
Downward = Literal["receipt", "ask"]
UPWARD: Final[tuple[Upward, ...]] = get_args(Upward)


def upward(district: str, gateway: str, what: Upward) -> str:
    """Return the subject on which something is said of a gateway, by itself or by a relay."""
    return f"cp.{district}.{_tokens(gateway)}.{what}"


def upward_of_all(district: str, what: Upward) -> list[str]:
    """Return the subjects on which it is said of every gateway, however deep."""
    return [f"cp.{district}{'.*' * depth}.{what}" for depth in range(1, DEPTH + 1)]


def upward_of_member(district: str, member: str) -> list[str]:
    """Return all subjects on which a member may write: of itself, and of what it relays."""
    return [
        f"cp.{district}.{member}{'.*' * depth}.{what}" for depth in range(DEPTH) for what in UPWARD
    ]


def downward(district: str, gateway: str, what: Downward) -> str:
    """Return the subject on which a gateway is told something."""
    return f"cpd.{district}.{_tokens(gateway)}.{what}"


def downward_of_member(district: str, member: str) -> str:
    """Return the subject of all that is told to a member and to what it relays."""
    return f"cpd.{district}.{member}.>"


def pulse(district: str) -> str:
    """Return the subject on which a district speaks to itself, to find out whether it hears."""
    return f"cpd.{district}.pulse"


def gateway_of(subject: str) -> str:
    """Return the path of the gateway of which a subject says or is told something.

    The engine lets a member write and read only what begins with its own name.
    """
    return "/".join(subject.split(".")[2:-1])


def inbox_of(member: str) -> str:
    """Return the beginning of the subjects on which the engine lets a member hear answers."""
    return f"_INBOX_{member}"


def answers_its_sender(subject: str, reply: str) -> bool:
    """Say whether the reply subject of what was said on a subject is that of the member itself.

    The engine checks what a member writes, and not where it wants the answer: with the reply
    subject of another, a member would have the district write in its place.
    """
    return reply.startswith(f"{inbox_of(subject.split('.')[2])}.")


def relayed(member: str, gateway: str) -> str | None:
    """Return the path of a member's gateway one tier up; None: it would be too deep."""
    path = f"{member}/{gateway}"
    return path if PATH.fullmatch(path) else None


def below(member: str, path: str) -> str | None:
    """Return what a member calls the gateway that one tier up has this path; None: not its own."""
    own, _, rest = path.partition("/")
    return rest if own == member and rest else None


def _tokens(gateway: str) -> str:
    return gateway.replace("/", ".")


def encode(message: msgspec.Struct) -> bytes:
    """Return a message as bytes."""
    return msgspec.json.encode(message)


def decode(data: bytes, type: type[MessageT]) -> MessageT:
    """Return a message of a type. NotUsable: another version, or no such message."""
    try:
        version = version_of(data)
        if version != VERSION:
            raise NotUsable(said("upstream.version", theirs=version, ours=VERSION))
        return msgspec.json.decode(data, type=type)
    except NOT_JSON as error:
        raise NotUsable(said("upstream.not_usable", why=str(error)[:200])) from error


def version_of(data: bytes) -> int:
    """Return the version of the protocol in which a message speaks. NotUsable: none at all."""
    try:
        return msgspec.json.decode(data, type=_Versioned).v
    except NOT_JSON as error:
        raise NotUsable(said("upstream.not_usable", why=str(error)[:200])) from error


def new_run() -> str:
    """Return the text of a program's run: random, so that a copy of the machine has another."""
    return secrets.token_hex(8)


def message_id(gateway: str, epoch: str, last: int, attempt: int) -> str:
    """Return the ``Nats-Msg-Id`` of a parcel that ends at ``last``.

    The engine drops a message whose id it has seen lately. It may remember the id of a message
    that it has lost, so whoever sends again after a gap counts ``attempt`` up.
    """
    return f"{gateway}/{epoch}/{last}/{attempt}"


def hash_of(previous: bytes, row: bytes) -> bytes:
    """Return the hash of an entry: SHA-256 of the hash before it and its row."""
    return hashlib.sha256(previous + row).digest()
