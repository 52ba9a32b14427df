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
- With a key an answer in clear proves nothing, because anybody on the way can write it, and the
  standard has NAK and DUH in clear only (5.5.3). So it never refuses an event and is no sign of
  life. NAK sets the offset, within ``LONGEST_OFFSET_S`` of the gateway's clock and not behind the
  newest sealed time, and has the frame sent once more. DUH has the event sent in the other
  encoding, this time only. Without a frame around them both are passed over.
- With a key an acknowledgement counts only with a sealed time that is within ``NEAR_S`` of this
  path's clock and not older than the newest before, which ``memory`` keeps.
- What AES cannot prove: number and account of an answer are not sealed, and nothing that is sealed
  belongs to one frame. Whoever can change what is on the way can give a sealed acknowledgement of
  the last ``NEAR_S`` another number. Only TLS (``transport = "tls"``) prevents that.
- The connection stays open between frames. A receiver that closes it after its answer is
  no fault: the next frame opens another. A receiver that stays silent is given longer with
  each try, on the same connection first, then on new ones. A receiver that answers slowly is
  given as long for the next frame: else a link test between the tries, which was given longer,
  would have each try of the event end before its answer.
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
from callpoint_gateway.transport.receiver_link import Link, OpenLink, no_connection, open_tcp
from callpoint_gateway.words.said import NOTHING, Said, said, verbatim

#: How far the time of a sealed answer may be from the path's clock: receivers take frames that are
#: 40 s old, and an answer may be one to an earlier try (clause 5.5.3, and ``longest_timeout``).
NEAR_S: Final = 60
#: How far a NAK may move the clock of a path with a key: a wrong time zone and a wrong day.
LONGEST_OFFSET_S: Final = 26 * 3600
_PUZZLED_TRIES: Final = 3
# In ``memory``: the newest time in a sealed answer, Unix seconds.
_NEWEST: Final = "sealed_s"


def _other(encoding: Encoding) -> Encoding:
    return Encoding.ADM_CID if encoding is Encoding.SIA_DCS else Encoding.SIA_DCS


def _same_account(answered: str | None, asked: str | None) -> bool:
    # Some receivers write the account as a number, which has no leading zeros. The number of the
    # frame and the connection say as well whose answer it is.
    if answered is None or asked is None:
        return True
    return answered.upper().lstrip("0") == asked.upper().lstrip("0")


# What a person can do: settings are those of [[centre]].
_SILENT: Final = said("dc09.silent.do")


class _NoAnswer(Exception):
    """No usable answer to this try; ``why`` says what happened instead.

    ``remedy`` is what a person can do about it.
    """

    def __init__(self, why: Said, remedy: Said) -> None:
        super().__init__(why)
        self.why = why
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
        self._silences = 0  # in a row
        self._slowness = 0  # how many times the first patience is doubled
        self.clock_offset_s = 0.0
        build(self._ready(self._link_test()), self._cipher)

    async def send(self, report: Report, number: int) -> Outcome:
        """Deliver one event; ``number`` (1..9999) is the same each time this event is sent.

        NotReported for an event that centres are not told of.
        """

        outcome, puzzled = await self._event(report, number, self._encoding)
        if not puzzled:
            return outcome
        other = _other(self._encoding)
        second, _ = await self._event(report, number, other)
        if second.verdict is Verdict.ACCEPTED:
            if self._cipher is not None:
                # A forged DUH must not leave the encoding changed.
                return second
            self._memory[self._encoding.value] = 1
            self._memory.pop(other.value, None)
            self._encoding = other
        elif second.verdict is Verdict.UNREACHABLE and outcome.verdict is Verdict.REFUSED:
            # The line may have broken just now. A receiver that never answers the other
            # encoding must not hold up the next event for ever.
            tries = self._puzzled[1] + 1 if self._puzzled[0] == number else 1
            self._puzzled = number, tries
            if tries >= _PUZZLED_TRIES:
                return outcome
        return second

    async def _event(
        self, report: Report, number: int, encoding: Encoding
    ) -> tuple[Outcome, bool]:
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
        return (await self._deliver(self._link_test))[0]

    async def close(self) -> None:
        """Close the connection; the path can be used again."""
        async with self._turn:
            self._hang_up()

    async def _deliver(self, compose: Callable[[], Frame]) -> tuple[Outcome, bool]:
        """Return what became of a frame, and whether the receiver said DUH."""
        async with self._turn:
            clock = asyncio.get_running_loop().time
            started = clock()

            def outcome(
                verdict: Verdict, answer: str, reason: Said, remedy: Said = NOTHING
            ) -> Outcome:
                return Outcome(verdict, answer, reason, round((clock() - started) * 1000), remedy)

            try:
                reply = await self._ask(compose)
                if reply.token == "NAK" and reply.time is not None and self._set(reply.time):
                    # Some receivers send their NAK twice: a new connection has no second one.
                    self._hang_up()
                    reply = await self._ask(compose)
            except _NoAnswer as silence:
                return outcome(Verdict.UNREACHABLE, "", silence.why, silence.remedy), False
            sealed = self._cipher is not None
            if reply.token == "NAK":
                self._hang_up()
                answer, reason = "" if sealed else "NAK", self._refused_time(reply.time)
                return outcome(Verdict.UNREACHABLE, answer, reason, said("dc09.nak.do")), False
            if reply.token == "DUH" and sealed:
                reason = said("dc09.duh_in_clear")
                return outcome(Verdict.UNREACHABLE, "", reason, said("dc09.clear.do")), True
            if reply.token == "DUH":
                reason = said("dc09.duh")
                return outcome(Verdict.REFUSED, "DUH", reason, said("dc09.duh.do")), True
            return outcome(Verdict.ACCEPTED, reply.token, verbatim(reply.token)), False

    def _set(self, time: int) -> bool:
        """Take the receiver's clock from a NAK, and say whether it can be believed."""
        if not self._credible(time):
            return False
        self.clock_offset_s = time - self._now()
        return True

    def _credible(self, time: int) -> bool:
        if self._cipher is None:
            return True
        near = abs(time - self._now()) <= LONGEST_OFFSET_S
        return near and time >= self._memory.get(_NEWEST, time)

    def _refused_time(self, time: int | None) -> Said:
        if time is None:
            return said("dc09.nak_without_time")
        if self._credible(time):
            return said("dc09.nak")
        off_s = round(time - self._now())
        return said("dc09.nak_unbelieved", off=off_s)

    async def _ask(self, compose: Callable[[], Frame]) -> Reply:
        patience = self._patience(self._slowness)
        clock = asyncio.get_running_loop().time
        asked = clock()
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
                _, remedy = no_connection(self._host, self._port)
                late = said("centre.no_connection_within", seconds=patience)
                raise _NoAnswer(late, remedy) from None
            late = said("centre.no_answer", seconds=patience)
            raise _NoAnswer(self._silence(late), _SILENT) from None
        except OSError as error:
            why, remedy = no_connection(self._host, self._port, error)
            raise _NoAnswer(said("centre.no_connection", why=why), remedy) from None
        self._silences = 0
        while self._slowness and clock() - asked < self._patience(self._slowness - 1):
            self._slowness -= 1
        return reply

    def _patience(self, slowness: int) -> float:
        return min(self._first_timeout * 2.0**slowness, self._longest_timeout)

    def _fell_silent(self) -> None:
        # A slow receiver's answer to this try may still come and then counts for the next,
        # so the first silence keeps the connection; a dead one must not be kept for ever.
        if self._silences:
            self._hang_up()
        self._silences += 1
        # The exponent stays small however long the receiver is away.
        self._slowness = min(self._slowness + 1, 16)

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
        self._reader.complain(NOTHING)
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
                raise _Closed(self._silence(said("centre.closed")), _SILENT)
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
        if self._cipher is not None and reply.bare:
            self._reader.complain(said("dc09.instead_bare", token=reply.token))
            return False
        if reply.token == "NAK":
            # Always in clear, always number 0000, and no account: 5.5.3.
            return True
        if reply.number is not None and reply.number != frame.number:
            self._reader.complain(said("dc09.instead_number", number=reply.number))
        elif not _same_account(reply.account, frame.account):
            self._reader.complain(said("dc09.instead_account"))
        elif reply.token == "DUH":
            return True
        elif reply.encrypted != (self._cipher is not None):
            self._reader.complain(said("dc09.instead_clear"))
        elif reply.number == frame.number:
            return self._cipher is None or self._timely(reply.time)
        return False

    def _timely(self, time: int | None) -> bool:
        """Say whether a sealed time is of now, and keep the newest."""
        assert time is not None  # ``ReplyReader`` takes no sealed answer without
        newest = self._memory.get(_NEWEST, time)
        off_s = round(time - (self._now() + self.clock_offset_s))
        if abs(off_s) > NEAR_S:
            self._reader.complain(said("dc09.instead_off", off=off_s))
        elif time < newest:
            self._reader.complain(said("dc09.instead_old", seconds=round(newest - time)))
        else:
            self._memory[_NEWEST] = time
            return True
        return False

    def _silence(self, what: Said) -> Said:
        instead = self._reader.complaint
        return said("centre.instead", what=what, instead=instead) if instead else what

    def _hang_up(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None
