"""What receivers answer, read as it comes (clause 5.5.3 and what is met in the field).

``ReplyReader`` takes bytes in any portions and gives the replies in them; the portions
make no difference. It takes the variants that receivers are known to send: the word
``None`` or nothing in place of the receiver number, ``A0`` or nothing in place of the
account, ``"NAK"`` without any frame, lower-case hexadecimal, a missing carriage return,
encrypted answers without the bar. A reply with a wrong checksum, or one that does not
decrypt, is no reply; ``complaint`` then says what came instead. Nothing raises.
"""

import re
from typing import Final

import msgspec

from callpoint_gateway.protocols.dc09.cipher import Cipher
from callpoint_gateway.protocols.dc09.errors import FrameError
from callpoint_gateway.protocols.dc09.frame import (
    CR,
    LF,
    crc16,
    open_tail,
    split_tail,
    time_from_text,
)
from callpoint_gateway.words.said import NOTHING, Said, said, said_by

_ENVELOPE: Final = re.compile(rb"[0-9A-Fa-f]{4}0[0-9A-Fa-f]{3}")
_BODY: Final = re.compile(rb'"(\*?)(ACK|NAK|DUH|RSP)"([0-9]{4})?([^\[]*)(?:\[(.*))?', re.DOTALL)
_ACCOUNT: Final = re.compile(rb"#([0-9A-Fa-f]{3,16})")
_TIME: Final = re.compile(rb"_(.{19})\Z", re.DOTALL)
# Only a refusal may come without a frame: an acknowledgement must name its number.
_BARE: Final = (b'"NAK"', b'"DUH"')
_ENVELOPE_LENGTH: Final = 8


class Reply(msgspec.Struct, frozen=True):
    """``token`` is ACK, NAK, DUH or RSP; ``time`` is the receiver's, in Unix seconds.

    ``bare``: it came without a frame.
    """

    token: str
    number: int | None = None
    account: str | None = None
    time: int | None = None
    data: str = ""
    encrypted: bool = False
    bare: bool = False


class ReplyReader:
    """Finds replies in a stream of bytes."""

    def __init__(self, cipher: Cipher | None = None) -> None:
        self._cipher = cipher
        self._waiting = bytearray()
        self._skipping = False
        self.complaint = NOTHING

    def complain(self, complaint: Said) -> None:
        """Note what came instead of a reply that can be used; ``NOTHING``: nothing did."""
        self.complaint = complaint

    def feed(self, portion: bytes) -> list[Reply]:
        """Return the replies that are complete with ``portion``."""
        self._waiting += portion
        replies = []
        while self._waiting:
            taken, reply = self._next()
            if reply is not None:
                replies.append(reply)
            if not taken:
                break
            del self._waiting[:taken]
        return replies

    def _next(self) -> tuple[int, Reply | None]:
        """Return how many bytes are used up (0: wait for more) and the reply in them."""
        waiting = self._waiting
        if waiting[0] in LF + CR:
            if waiting[:2] == LF + CR:
                # pysiaalarm's way to say that the checksum of our frame was wrong.
                self.complaint = said("dc09.instead_empty")
            self._skipping = False
            return (0 if waiting == LF else 1), None
        if self._skipping:
            return self._line_end(len(waiting)), None
        if waiting[:1] == b'"':
            return self._bare()
        return self._framed()

    def _line_end(self, limit: int) -> int:
        """Return where the first line end within ``limit`` is, ``limit`` if there is none."""
        ends = [at for at in (self._waiting.find(LF), self._waiting.find(CR)) if at >= 0]
        return min(ends, default=limit)

    def _skip(self, complaint: Said) -> tuple[int, None]:
        self.complaint = complaint
        self._skipping = True
        return self._line_end(len(self._waiting)), None

    def _bare(self) -> tuple[int, Reply | None]:
        for bare in _BARE:
            if self._waiting.startswith(bare):
                self._skipping = True
                return len(bare), Reply(bare[1:-1].decode(), bare=True)
        if any(bare.startswith(self._waiting) for bare in _BARE):
            return 0, None
        return self._skip(said("dc09.instead_headless"))

    def _framed(self) -> tuple[int, Reply | None]:
        envelope = bytes(self._waiting[:_ENVELOPE_LENGTH])
        if len(envelope) < _ENVELOPE_LENGTH:
            if LF in envelope or CR in envelope:
                return self._skip(said("dc09.instead_cut"))
            return 0, None
        if _ENVELOPE.fullmatch(envelope) is None:
            return self._skip(said("dc09.instead_other"))
        whole = _ENVELOPE_LENGTH + int(envelope[4:], 16)
        if self._line_end(whole) < whole:
            return self._skip(said("dc09.instead_cut"))
        if len(self._waiting) < whole:
            return 0, None
        body = bytes(self._waiting[_ENVELOPE_LENGTH:whole])
        if crc16(body) != int(envelope[:4], 16):
            return self._skip(said("dc09.instead_checksum"))
        try:
            reply = self._read(body)
        except FrameError as error:
            return self._skip(said("dc09.instead_unreadable", why=said_by(error)))
        self._skipping = True
        return whole, reply

    def _read(self, body: bytes) -> Reply:
        match = _BODY.fullmatch(body)
        if match is None:
            raise FrameError(said("frame.token"))
        star, token, number, middle, tail = match.groups()
        account = _ACCOUNT.search(middle)
        data, time = self._content(tail or b"", sealed=bool(star))
        return Reply(
            token=token.decode(),
            number=None if number is None else int(number),
            account=None if account is None else account[1].decode().upper(),
            time=time,
            data=data,
            encrypted=bool(star),
        )

    def _content(self, tail: bytes, *, sealed: bool) -> tuple[str, int | None]:
        if sealed:
            data, _, time = split_tail(open_tail(tail, self._cipher))
            if time is None:
                raise FrameError(said("frame.untimed_answer"))
            return data, time
        found = _TIME.search(tail)
        try:
            time = None if found is None else time_from_text(found[1].decode("latin-1"))
        except FrameError:
            time = None
        return tail.partition(b"]")[0].decode("utf-8", "replace"), time
