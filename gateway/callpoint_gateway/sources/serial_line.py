"""Takes device messages from a serial line: of a wired board, or of a bridge for many boards.

Frames are those of ``callpoint_protocol.serial_line``, sealed with each device's key. The answer
is sealed as well and goes back, only after the commit, on the line on which the device was heard.
A serial line has no reliable flow control. Messages of one device that exceed its rate are
refused, and nothing is read while too many wait for the disk: the device sends them again.
An adapter that was unplugged is looked for every second, since it may come back under another
name.
"""

import logging
import os
import select
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from callpoint_gateway.configuration.config import Serial
from callpoint_gateway.host.part_report import PartReport
from callpoint_gateway.host.token_bucket import TokenBucket
from callpoint_gateway.ingest.ingest import Message
from callpoint_gateway.sources.serial_port import AdapterMissing, SerialPort
from callpoint_gateway.words.said import Said, said, said_by
from callpoint_protocol import names, topics
from callpoint_protocol.seal import SEAL, Sealer
from callpoint_protocol.serial_line import Lines, encode_line

BURST = 20
PER_S = 2.0
KEPT_PER_S = 1.0
MAX_WAITING = 64  # messages that wait for their commit; more stay in the kernel's buffer
MAX_ANSWERS = 64 * 1024  # bytes that wait to be written; more are dropped, and asked for again
LOOK_MS = 1000

_UP = (names.EVENT, names.TELEMETRY, names.STATUS)

log = logging.getLogger(__name__)


class MessageStore(Protocol):
    """Stores messages of a source; it calls ``finished`` after the commit."""

    def take(self, source: str, messages: Sequence[Message], finished: Callable[[], None]) -> None:
        """Take messages that arrived together."""

    def quarantine(self, source: str, topic: str, reason: str, body: bytes) -> None:
        """Keep a message that the source refuses."""


class SerialSource:
    """One serial line, with a thread that reads and writes it.

    ``counted``: how many messages were ``taken``; how many were refused, by reason (``damaged``,
    ``seal``, ``key``, ``channel``, ``rate``, ``topic``); and how many answers were ``unsent``.
    """

    def __init__(self, settings: Serial, ingest: MessageStore, report: PartReport) -> None:
        """The line's thread calls ``report`` when the adapter comes or goes."""
        self.name = f"serial/{settings.name}"
        self.counted: Counter[str] = Counter()
        self._settings = settings
        self._ingest = ingest
        self._report = report
        keys = settings.keys
        self._sealers = {device: Sealer(key) for device, key in keys.items()}
        self._buckets = {device: TokenBucket(BURST, PER_S) for device in keys}
        self._kept = TokenBucket(1, KEPT_PER_S)
        self._here: set[str] = set()  # devices heard on this line since it was opened
        self._waiting = 0
        self._answers = bytearray()
        self._lock = threading.Lock()
        self._stopping = False
        self._up = False
        self._woken, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name=self.name)

    def start(self) -> None:
        """Look for the adapter and listen, in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening. A device whose event waits for its commit repeats it to the next run."""
        self._stopping = True
        self._nudge()
        self._thread.join()

    def close(self) -> None:
        """Close the wake-up pipe, after the journals have been closed: their writer may use it."""
        with self._lock:
            os.close(self._wake)
            os.close(self._woken)
            self._wake = -1

    @property
    def running(self) -> bool:
        """Whether the line's thread runs. Without it no message arrives."""
        return self._thread.is_alive()

    @property
    def listening(self) -> bool:
        """Whether the adapter is open: a message that a device sends now would arrive."""
        return self._up

    def publish(self, topic: str, body: bytes) -> bool:
        """Seal and send a message to a device heard on this line. False: not sent, not kept."""
        _, device, _ = topics.split(topic)
        if device not in self._here:
            return False
        line = encode_line(topic, self._sealers[device].seal(topic, body))
        with self._lock:
            if not self._up or len(self._answers) + len(line) > MAX_ANSWERS:
                self.counted["unsent"] += 1
                return False
            self._answers += line
        self._nudge()
        return True

    def _nudge(self) -> None:
        with self._lock:
            if self._wake >= 0:
                with suppress(BlockingIOError):  # the pipe is full: the thread wakes up anyway
                    os.write(self._wake, b"\0")

    def _run(self) -> None:
        while not self._stopping:
            try:
                port = SerialPort(self._settings)
            except AdapterMissing as error:
                self._report.down(error.why, error.remedy)
                self._rest()
                continue
            with self._lock:
                self._up, self._answers = True, bytearray()
            self._report.up(said("serial.open"))
            try:
                self._listen(port)
            except OSError as error:
                self._gone(said_by(error))
                self._rest()
            finally:
                self._up = False
                port.close()

    def _gone(self, reason: Said) -> None:
        self._up = False
        self._report.down(reason, said("serial.cable.do"))

    def _rest(self) -> None:
        if not self._stopping:
            select.select([self._woken], [], [], LOOK_MS / 1000)
            self._calm()

    def _calm(self) -> None:
        with suppress(BlockingIOError):
            while os.read(self._woken, 4096):
                pass

    def _listen(self, port: SerialPort) -> None:
        lines = Lines()
        self._here.clear()
        while not self._stopping:
            events = select.POLLIN if self._waiting < MAX_WAITING else 0
            poller = select.poll()
            poller.register(port.fileno(), events | (select.POLLOUT if self._answers else 0))
            poller.register(self._woken, select.POLLIN)
            ready = dict(poller.poll(LOOK_MS))
            if not ready and not port.same():
                raise OSError(said("serial.replaced"))
            if self._woken in ready:
                self._calm()
            event = ready.get(port.fileno(), 0)
            if event & select.POLLIN:
                before = lines.damaged
                for topic, sealed in lines.feed(port.read()):
                    self._judge(topic, sealed)
                self.counted["damaged"] += lines.damaged - before
            elif event & (select.POLLHUP | select.POLLERR | select.POLLNVAL):
                raise OSError(said("serial.gone"))
            if event & select.POLLOUT:
                self._write(port)

    def _write(self, port: SerialPort) -> None:
        with self._lock:
            try:
                written = port.write(bytes(self._answers[:4096]))
            except BlockingIOError:
                return
            del self._answers[:written]

    def _judge(self, topic: str, sealed: bytes) -> None:
        """Take a message with a valid seal and within the device's rate; count every other."""
        try:
            _, device, channel = topics.split(topic)
        except ValueError as error:
            return self._refuse("topic", topic, str(error), sealed)
        sealer = self._sealers.get(device)
        if sealer is None:
            reason = str(said("kept.no_key", device=device, way=self.name))
            return self._refuse("key", topic, reason, sealed)
        try:
            body = sealer.open(topic, sealed)
        except ValueError as error:
            return self._refuse("seal", topic, str(error), sealed)
        if channel not in _UP:
            reason = str(said("kept.serial_channel", channel=channel))
            return self._refuse("channel", topic, reason, body)
        # The seal is checked first: without a key nobody can use up a device's allowance.
        if not self._buckets[device].take():
            return self._refuse("rate", topic, str(said("kept.rate")), body)
        self._here.add(device)
        with self._lock:
            self._waiting += 1
        # ``queued``: an attacker may record a line, hold messages back and play them later.
        self._ingest.take(self.name, [Message(topic, body, queued=True)], self._finished)
        self.counted["taken"] += 1

    def _finished(self) -> None:
        with self._lock:
            self._waiting -= 1
            full = self._waiting == MAX_WAITING - 1
        if full:
            self._nudge()

    def _refuse(self, what: str, topic: str, reason: str, body: bytes) -> None:
        self.counted[what] += 1
        if self._kept.take():
            log.warning("%s: refused: %s", self.name, reason)
            kept = body[: names.MAX_BODY + SEAL]
            self._ingest.quarantine(self.name, topic, reason, kept)
