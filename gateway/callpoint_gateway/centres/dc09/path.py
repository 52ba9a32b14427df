"""One path to one alarm receiver: one frame at a time, and what became of it.

``send`` ends in one of three ways. ACCEPTED: the receiver acknowledged this number.
REFUSED: it has the event and cannot use it (DUH); the same bytes again would be useless.
UNREACHABLE: anything else; the same event may be sent again with the same number.

- An answer counts only with the number that was sent (5.5.3), for the account that was
  sent, and encrypted if the frame was; every other answer is one to an earlier try.
- NAK means that the receiver's clock differs: its time becomes this path's offset, and the
  frame goes out once more with the same number. A second NAK is a failure.
- DUH: the same event goes out once more in the other encoding, still with its number. What the
  receiver then accepts is used from there on, and kept in ``memory``. DUH to both is REFUSED.
- The connection stays open between frames. A receiver that closes it after its answer is
  no fault: the next frame opens another. A receiver that stays silent is given longer with
  each try, on the same connection first, then on new ones.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from callpoint_gateway.protocols.dc09.cipher import Cipher
from callpoint_gateway.protocols.dc09.frame import Frame, build
from callpoint_gateway.protocols.dc09.message import Encoding, event_frame, link_test
from callpoint_gateway.protocols.dc09.reply import Reply, ReplyReader
from callpoint_gateway.protocols.report import Outcome, Report, Verdict
from callpoint_gateway.transport.receiver_link import NO_CONNECTION, Link, OpenLink, open_tcp

_PUZZLED_TRIES: Final = 3


def _other(encoding: Encoding) -> Encoding:
    return Encoding.ADM_CID if encoding is Encoding.SIA_DCS else Encoding.SIA_DCS


def _same_account(answered: str | None, asked: str | None) -> bool:
    # Some receivers write the account as a number, which has no leading zeros. The number of the
    # frame and the connection say as well whose answer it is.
    if answered is None or asked is None:
        return True
    return answered.upper().lstrip("0") == asked.upper().lstrip("0")


# What a person can do: settings are those of [[centre]].
_SILENT: Final = (
    "ask the centre whether it expects this account, encoding and key; a receiver that does not "
    "know them stays silent"
)
_NAK: Final = "see that this machine's clock is right, and ask the centre about its own"
_DUH: Final = "ask the centre which codes it takes; correct kinds and encoding"


class _NoAnswer(Exception):
    """No usable answer to this try; the text says what happened instead.

    ``remedy`` is what a person can do about it.
    """

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__(text)
        self.remedy = remedy


class _Closed(_NoAnswer):
    """The receiver ended the connection instead of answering."""


class Dc09Path:
    """A receiver at ``host`` and ``port`` that knows the site as ``account``.

    ``key`` (bytes, see ``cipher.key_from_text``) encrypts; an encrypted frame always has a
    time. ``receiver`` None leaves the receiver number out, which pysiaalarm answers with a
    literal ``None``; both forms are understood. ``now`` gives Unix seconds. FrameError or
    ValueError at once for an account, key or number that no frame could carry.
    """

    def __init__(
        self,
        host: str,
        port: int,
        account: str,
        *,
        now: Callable[[], float],
        encoding: Encoding | str = Encoding.SIA_DCS,
        key: bytes | None = None,
        receiver: str | None = None,
        prefix: str = "0",
        timestamps: bool = True,
        first_timeout: float = 4.0,
        longest_timeout: float = 20.0,
        cipher: Cipher | None = None,
        open_link: OpenLink = open_tcp,
        blocks: str = "I",
        utf8: bool = False,
        category: str | None = None,
        memory: dict[str, int] | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._account = account.upper()
        self._now = now
        self._encoding = Encoding(encoding)
        self._memory = {} if memory is None else memory
        # In ``memory``: an encoding that the receiver does not understand.
        if self._memory.get(self._encoding.value):
            self._encoding = _other(self._encoding)
        self._blocks = blocks
        self._utf8 = utf8
        self._category = category
        self._puzzled = 0, 0
        self._cipher = cipher if key is None else Cipher(key)
        self._receiver = receiver
        self._prefix = prefix
        self._timestamps = timestamps or self._cipher is not None
        self._first_timeout = first_timeout
        self._longest_timeout = max(first_timeout, longest_timeout)
        self._open_link = open_link
        self._turn = asyncio.Lock()
        self._link: Link | None = None
        self._reader = ReplyReader(self._cipher)
        self._silences = 0
        self.clock_offset_s = 0.0
        build(self._ready(self._link_test()), self._cipher)

    async def send(self, report: Report, number: int) -> Outcome:
        """Deliver one event; ``number`` (1..9999) is the same each time this event is sent.

        NotReported for an event that centres are not told of.
        """

        outcome = await self._event(report, number, self._encoding)
        if outcome.verdict is not Verdict.REFUSED:
            return outcome
        other = _other(self._encoding)
        second = await self._event(report, number, other)
        if second.verdict is Verdict.ACCEPTED:
            self._memory[self._encoding.value] = 1
            self._memory.pop(other.value, None)
            self._encoding = other
        elif second.verdict is Verdict.UNREACHABLE:
            # The line may have broken just now. A receiver that never answers the other
            # encoding must not hold up the next event for ever.
            tries = self._puzzled[1] + 1 if self._puzzled[0] == number else 1
            self._puzzled = number, tries
            if tries >= _PUZZLED_TRIES:
                return outcome
        return second

    async def _event(self, report: Report, number: int, encoding: Encoding) -> Outcome:
        def compose() -> Frame:
            return event_frame(
                report,
                number,
                self._account,
                encoding,
                self.clock_offset_s,
                self._blocks,
                utf8=self._utf8,
            )

        return await self._deliver(compose)

    def _link_test(self) -> Frame:
        return link_test(self._account, self._category)

    async def supervise(self) -> Outcome:
        """Ask whether the receiver is there (5.5.2)."""
        return await self._deliver(self._link_test)

    async def close(self) -> None:
        """Close the connection; the path can be used again."""
        async with self._turn:
            self._hang_up()

    async def _deliver(self, compose: Callable[[], Frame]) -> Outcome:
        async with self._turn:
            clock = asyncio.get_running_loop().time
            started = clock()

            def outcome(verdict: Verdict, answer: str, reason: str, remedy: str = "") -> Outcome:
                return Outcome(verdict, answer, reason, round((clock() - started) * 1000), remedy)

            try:
                reply = await self._ask(compose)
                if reply.token == "NAK" and reply.time is not None:
                    self.clock_offset_s = reply.time - self._now()
                    # Some receivers send their NAK twice: a new connection has no second one.
                    self._hang_up()
                    reply = await self._ask(compose)
            except _NoAnswer as silence:
                return outcome(Verdict.UNREACHABLE, "", str(silence), silence.remedy)
            if reply.token == "NAK":
                self._hang_up()
                reason = "NAK again" if reply.time is not None else "NAK without a time"
                return outcome(Verdict.UNREACHABLE, "NAK", reason, _NAK)
            if reply.token == "DUH":
                reason = "DUH: the receiver cannot use this event"
                return outcome(Verdict.REFUSED, "DUH", reason, _DUH)
            return outcome(Verdict.ACCEPTED, reply.token, reply.token)

    async def _ask(self, compose: Callable[[], Frame]) -> Reply:
        patience = min(self._first_timeout * 2**self._silences, self._longest_timeout)
        step = "connecting"
        try:
            async with asyncio.timeout(patience):
                reused = await self._connect()
                step = "waiting"
                try:
                    reply = await self._exchange(compose())
                except _Closed:
                    # The receiver may have closed before it saw the frame: no fault yet.
                    if not reused:
                        raise
                    await self._connect()
                    reply = await self._exchange(compose())
        except TimeoutError:
            self._fell_silent()
            if step == "connecting":
                raise self._no_connection(f"no connection within {patience:g} s") from None
            raise _NoAnswer(self._silence(f"no answer within {patience:g} s"), _SILENT) from None
        except OSError as error:
            raise self._no_connection(f"no connection: {error.strerror or error}") from None
        self._silences = 0
        return reply

    def _no_connection(self, text: str) -> _NoAnswer:
        return _NoAnswer(text, NO_CONNECTION.format(host=self._host, port=self._port))

    def _fell_silent(self) -> None:
        # A slow receiver's answer to this try may still come and then counts for the next,
        # so the first silence keeps the connection; a dead one must not be kept for ever.
        if self._silences:
            self._hang_up()
        # The exponent stays small however long the receiver is away.
        self._silences = min(self._silences + 1, 16)

    async def _connect(self) -> bool:
        """Have an open connection; say whether it has been used before."""
        if self._link is not None and not self._link.ended:
            return True
        self._hang_up()
        self._link = await self._open_link(self._host, self._port)
        self._reader = ReplyReader(self._cipher)
        return False

    async def _exchange(self, frame: Frame) -> Reply:
        link = self._link
        assert link is not None
        self._reader.complain("")
        if frame.number == 0:
            # All link tests have the same number: what is here already answers none of ours.
            self._reader.feed(link.take())
        link.send(build(self._ready(frame), self._cipher))
        while True:
            ended = link.ended
            for reply in self._reader.feed(link.take()):
                if self._answers(reply, frame):
                    return reply
            if ended:
                self._hang_up()
                raise _Closed(self._silence("closed without an answer"), _SILENT)
            await link.arrival()

    def _ready(self, frame: Frame) -> Frame:
        time = int(self._now() + self.clock_offset_s) if self._timestamps else None
        return msgspec.structs.replace(
            frame,
            time=time,
            receiver=self._receiver,
            prefix=self._prefix,
            encrypted=self._cipher is not None,
        )

    def _answers(self, reply: Reply, frame: Frame) -> bool:
        if reply.token == "NAK":
            # Always in clear, always number 0000, and no account: 5.5.3.
            return True
        if reply.number is not None and reply.number != frame.number:
            self._reader.complain(f"an answer to number {reply.number:04d}")
        elif not _same_account(reply.account, frame.account):
            self._reader.complain("an answer for another account")
        elif reply.token == "DUH":
            return True
        elif reply.encrypted != (self._cipher is not None):
            self._reader.complain("an answer in clear to an encrypted frame")
        else:
            return reply.number == frame.number
        return False

    def _silence(self, what: str) -> str:
        return f"{what} ({self._reader.complaint})" if self._reader.complaint else what

    def _hang_up(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None
