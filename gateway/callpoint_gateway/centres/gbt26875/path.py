"""One connection to a fire centre: reports, and answers whatever the centre orders or reads.

- A report is sent with a business serial that counts from 0 with the connection, and is finished
  by the centre's confirmation of that serial. Silence and a denial are followed by the same
  frame with the same serial, so often as ``retries`` says; then the connection is given up.
- The same report again after that, or after a restart, has a new serial and the same component,
  status and time of occurrence: that is how a centre knows it.
- What comes meanwhile is answered at once: reads with data, orders with a confirmation, a frame
  that cannot be used with a denial.
- What an order has us tell goes out one frame at a time, so an alarm waits for one at most; an
  order that is given again before it was carried out is carried out once.
- ``SET_CLOCK`` moves no clock of this machine: the difference is kept in ``memory`` and added to
  every time that goes to this centre. It is on the disk before it is confirmed.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from callpoint_gateway.centres.gbt26875.answers import OPERATOR, GbtAnswers
from callpoint_gateway.centres.gbt26875.facts import Facts
from callpoint_gateway.centres.gbt26875.settings import GbtSettings
from callpoint_gateway.centres.gbt26875.status import bits
from callpoint_gateway.centres.memory import Memory
from callpoint_gateway.host.token_bucket import TokenBucket
from callpoint_gateway.protocols.gbt26875.codes import DeviceState, Done, Status, Unit
from callpoint_gateway.protocols.gbt26875.frame import (
    Command,
    Frame,
    FrameError,
    FrameReader,
    Wrong,
    build,
)
from callpoint_gateway.protocols.gbt26875.objects import (
    ComponentState,
    DeviceOperation,
    DeviceStatus,
    Moment,
    Object,
    Plain,
    decode,
    encode,
)
from callpoint_gateway.protocols.report import Outcome, Report, Verdict
from callpoint_gateway.transport.receiver_link import Link, OpenLink, no_connection, open_tcp
from callpoint_gateway.words.said import NOTHING, Said, said
from callpoint_protocol import names

OFFSET: Final = "offset_s"
LINES_PER_S: Final = 1.0
_AT_ONCE: Final = 64  # frames of a centre between two turns of everything else
_STATES_IN_FRAME: Final = 22
_ADDRESSES: Final = said("gbt.denied.do")
_NO_ANSWER: Final = said("gbt.no_answer.do")

log = logging.getLogger(__name__)


class _Ended(OSError):
    """The centre hung up before it answered."""


class GbtPath:
    """A centre at ``host`` and ``port``. A ``delivery.Carrier``."""

    def __init__(
        self,
        host: str,
        port: int,
        settings: GbtSettings,
        facts: Facts,
        *,
        name: str,
        now: Callable[[], float],
        timeout_s: float,
        memory: Memory,
        open_link: OpenLink = open_tcp,
    ) -> None:
        """``now`` gives Unix seconds; ``name`` is the centre's, ``memory`` outlives a restart."""
        self._host, self._port = host, port
        self._settings = settings
        self._facts = facts
        self._answers = GbtAnswers(settings, facts)
        self._name = name
        self._now = now
        self._timeout_s = timeout_s
        self._memory = memory
        self._open_link = open_link
        self._turn = asyncio.Lock()
        self._link: Link | None = None
        self._listening: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._storing: asyncio.Task[None] | None = None
        self._unstored: list[int] = []  # serials of what a centre has set, until it is on the disk
        self._to_tell: dict[Unit, Callable[[], Sequence[bytes]]] = {}  # by the order
        self._said = TokenBucket(1, LINES_PER_S)
        self._serial = 0
        self._own_reference = -1  # of the next frame that is no report
        self._waiting: dict[int, asyncio.Future[Command]] = {}
        # The serials of reports that are not confirmed yet, by their reference.
        self._serials: dict[int, int] = {}
        self._unconfirmed = 0  # frames since the last confirmation

    async def send(self, report: Report, number: int) -> Outcome:
        """Deliver one report; the serial tells repeats apart, not ``number``."""
        return await self._exchange(self._told(report), report.reference)

    async def supervise(self) -> Outcome:
        """Say that the device is there, which the centre confirms."""
        data = b""
        if self._settings.heartbeat == "status":
            state = DeviceStatus(self._answers.device_state(), self._facts.local(self._time_s()))
            data = encode(Unit.DEVICE_STATUS, [state])
        return await self._exchange(data)

    async def close(self) -> None:
        """Close the connection; the path can be used again."""
        self._to_tell.clear()
        for task in (self._telling, self._storing):
            if task is not None:
                task.cancel()
        async with self._turn:
            await self._hang_up()

    def _time_s(self, unix_s: float | None = None) -> float:
        """Return a moment, else now, by the centre's clock."""
        return (self._now() if unix_s is None else unix_s) + self._memory.get(OFFSET, 0)

    def _told(self, report: Report) -> bytes:
        at_s = self._time_s(report.occurred_ms / 1000)
        if not report.device:
            return self._of_gateway(report, at_s)
        component = self._facts.at(report.device, report.sensor, report.kind)
        word = self._facts.status_at(component, report.reference)
        word |= bits(report.kind, report.state, report.detail)
        if report.mark or report.state == names.TESTED:
            word &= ~Status.NORMAL
        state: Object = self._answers.state_of(component, at_s, word)
        return encode(Unit.COMPONENT_STATUS, [state])

    def _of_gateway(self, report: Report, at_s: float) -> bytes:
        """Return what the gateway says of itself: it is the transmission device."""
        at = self._facts.local(at_s)
        if report.kind == names.TEST:
            walked = report.detail in (names.TEST_WALK, names.TEST_WALK_END)
            done = Done.TEST if walked else Done.SELF_TEST
            return encode(Unit.DEVICE_OPERATION, [DeviceOperation(done, OPERATOR, at)])
        state = self._answers.device_state()
        if report.state == names.TROUBLE:
            state |= DeviceState.FAULT
            if report.kind == names.SUPERVISION:
                state |= DeviceState.CHANNEL_FAULT
        return encode(Unit.DEVICE_STATUS, [DeviceStatus(state, at)])

    async def _exchange(self, data: bytes, reference: int | None = None) -> Outcome:
        """Send data and wait for its confirmation. ``reference``: by which a repeat is known."""
        clock = asyncio.get_running_loop().time
        async with self._turn:
            started = clock()

            def outcome(
                verdict: Verdict, answer: str, reason: Said, remedy: Said = NOTHING
            ) -> Outcome:
                return Outcome(verdict, answer, reason, round((clock() - started) * 1000), remedy)

            try:
                async with asyncio.timeout(self._timeout_s):
                    await self._connect()
                    answer = await self._answered(data, reference)
            except TimeoutError:
                await self._tried()
                reason = said("centre.no_answer", seconds=self._timeout_s)
                return outcome(Verdict.UNREACHABLE, "", reason, _NO_ANSWER)
            except OSError as error:
                await self._hang_up()
                why, remedy = no_connection(self._host, self._port, error)
                reason = said("centre.no_connection", why=why)
                return outcome(Verdict.UNREACHABLE, "", reason, remedy)
            if answer is Command.DENY:
                await self._tried()
                return outcome(Verdict.UNREACHABLE, "denied", said("gbt.denied"), _ADDRESSES)
            self._unconfirmed = 0
            if reference is not None:
                self._serials.pop(reference, None)
            return outcome(Verdict.ACCEPTED, "confirmed", NOTHING)

    async def _answered(self, data: bytes, reference: int | None) -> Command:
        serial = self._serial_of(reference)
        waiting: asyncio.Future[Command] = asyncio.get_running_loop().create_future()
        self._waiting[serial] = waiting
        try:
            self._say(Command.SEND, serial, data)
            return await waiting
        finally:
            self._waiting.pop(serial, None)

    def _serial_of(self, reference: int | None) -> int:
        """Return the serial of a frame: that of the first time if it is a repeat."""
        if reference is not None and reference in self._serials:
            return self._serials[reference]
        serial, self._serial = self._serial, (self._serial + 1) & 0xFFFF
        if reference is not None:
            self._serials[reference] = serial
        return serial

    async def _tried(self) -> None:
        """Give the connection up when nothing is confirmed, however often it is repeated."""
        self._unconfirmed += 1
        if self._unconfirmed > self._settings.retries:
            await self._hang_up()

    def _say(self, command: Command, serial: int, data: bytes = b"") -> None:
        if self._link is None:
            return
        settings = self._settings
        frame = Frame(
            command=command,
            serial=serial,
            at=self._facts.local(self._time_s()),
            source=settings.source,
            destination=settings.centre,
            data=data,
            user=settings.user_version,
        )
        self._link.send(build(frame))

    async def _connect(self) -> None:
        if self._link is not None and not self._link.ended:
            return
        await self._hang_up()
        self._link = await self._open_link(self._host, self._port)
        self._serial = 0
        self._listening = asyncio.create_task(self._listen(self._link))

    async def _hang_up(self) -> None:
        self._serials.clear()
        self._unstored.clear()
        self._unconfirmed = 0
        link, self._link = self._link, None
        if link is not None:
            link.close()
        if self._listening is not None:
            # It ends by itself with the connection, after it has taken what had come.
            (error,) = await asyncio.gather(self._listening, return_exceptions=True)
            self._listening = None
            if isinstance(error, Exception):
                log.error("centre %s: is not heard any more", self._name, exc_info=error)

    async def _listen(self, link: Link) -> None:
        """Take what the centre says until the connection ends."""
        reader = FrameReader()
        while True:
            ended = link.ended
            for number, received in enumerate(reader.feed(link.take()), 1):
                self._take(received)
                if not number % _AT_ONCE:
                    await asyncio.sleep(0)
            if ended:
                break
            await link.arrival()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(_Ended("closed without an answer"))

    def _take(self, received: Frame | Wrong) -> None:
        if isinstance(received, Wrong):
            self._note("%s", received.why)
            if received.serial is not None:
                self._say(Command.DENY, received.serial)
            return
        if received.destination != self._settings.source:
            self._note("a frame for address %d", received.destination)
            return
        if received.command in (Command.CONFIRM, Command.DENY):
            waiting = self._waiting.get(received.serial)
            if waiting is not None and not waiting.done():
                waiting.set_result(received.command)
            return
        if received.command is Command.RESPONSE:
            return
        try:
            self._obey(received)
        except FrameError as error:
            self._note("%s", error)
            self._say(Command.DENY, received.serial)
        except Exception:
            # Whatever a centre asks for and we cannot find, its confirmations must be heard.
            if self._said.take():
                log.exception("centre %s: cannot be answered", self._name)
            self._say(Command.DENY, received.serial)

    def _note(self, text: str, *values: object) -> None:
        """Log what a centre does wrong, not as often as it does it."""
        if self._said.take():
            log.info(f"centre %s: {text}", self._name, *values)

    def _obey(self, frame: Frame) -> None:
        """Answer an order or a read. FrameError for one that cannot be answered."""
        unit, objects = decode(frame.data)
        if frame.command is Command.REQUEST:
            offset_s = self._memory.get(OFFSET, 0)
            found = self._answers.answer(unit, objects, self._now(), offset_s)
            if found is None:
                raise FrameError(said("frame.not_here", unit=str(unit)))
            self._say(Command.RESPONSE, frame.serial, encode(*found))
            return
        if frame.command is not Command.CONTROL:
            raise FrameError(said("frame.no_centre", command=str(frame.command)))
        self._order(unit, objects)
        if unit is Unit.SET_CLOCK:
            self._unstored.append(frame.serial)
            if self._storing is None or self._storing.done():
                self._storing = asyncio.create_task(self._confirm_stored())
        else:
            self._say(Command.CONFIRM, frame.serial)

    async def _confirm_stored(self) -> None:
        """Confirm what the centre has set once a power cut cannot undo it."""
        while self._unstored:
            link, serials = self._link, self._unstored
            self._unstored = []
            try:
                await self._memory.keep()
            except Exception:
                log.exception("centre %s: what it has set cannot be stored", self._name)
                answer = Command.DENY
            else:
                answer = Command.CONFIRM
            if self._link is link:
                for serial in serials:
                    self._say(answer, serial)

    def _order(self, unit: Unit, objects: Sequence[Object]) -> None:
        match unit, objects:
            case Unit.SET_CLOCK, [Moment(at=at)]:
                self._memory[OFFSET] = round(self._facts.unix_s(at) - self._now())
            case Unit.DUTY_CHECK, [Plain(value=minutes)]:
                self._facts.duty.ask(self._name, minutes, self._somebody_is_there)
            case Unit.INITIALISE, [Plain()]:
                self._later(unit, self._everything)
            case _:
                raise FrameError(said("frame.no_order", unit=str(unit)))

    def _later(self, order: Unit, frames: Callable[[], Sequence[bytes]]) -> None:
        """Have frames told that are no reports: what ``frames`` returns when it is their turn."""
        self._to_tell[order] = frames
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_ordered())

    async def _tell_ordered(self) -> None:
        while self._to_tell:
            order = next(iter(self._to_tell))
            for data in self._to_tell.pop(order)():
                await self._tell(data)

    async def _tell(self, data: bytes) -> None:
        reference, self._own_reference = self._own_reference, self._own_reference - 1
        for _ in range(1 + self._settings.retries):
            outcome = await self._exchange(data, reference)
            if outcome.accepted:
                return
        self._serials.pop(reference, None)
        log.warning("centre %s: does not hear: %s", self._name, outcome.reason)

    def _somebody_is_there(self) -> None:
        at = self._facts.local(self._time_s())
        answered = DeviceOperation(Done.ANSWERED, OPERATOR, at)
        self._later(Unit.DUTY_CHECK, lambda: [encode(Unit.DEVICE_OPERATION, [answered])])

    def _everything(self) -> list[bytes]:
        """Return the frames that say how everything is."""
        at_s = self._time_s()
        states: list[ComponentState] = [
            self._answers.state_of(component, at_s, self._facts.status(component))
            for component in self._facts.all()
        ]
        device = DeviceStatus(self._answers.device_state(), self._facts.local(at_s))
        frames = [encode(Unit.DEVICE_STATUS, [device])]
        for first in range(0, len(states), _STATES_IN_FRAME):
            part = states[first : first + _STATES_IN_FRAME]
            frames.append(encode(Unit.COMPONENT_STATUS, part))
        return frames
