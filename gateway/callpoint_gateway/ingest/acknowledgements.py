"""Answers to devices: stored, centre, operator, refused.

An answer is sent at once and may get lost with the broker. That is harmless, because the
device asks again by sending its event again: the duplicate is recognised and answered with
the highest stage that the journal knows. So nothing is kept here, and the journal alone
decides what a lamp may show.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    DeliveryBody,
    Entry,
    SeenBody,
    Stored,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import messages, names, topics

Publish = Callable[[str, bytes], bool]


def _stage(entry: Entry) -> int:
    """Return how far an event has come by something that was said about it."""
    match entry.body:
        case SeenBody() | ActionBody(action=Action.ACKNOWLEDGE):
            return names.OPERATOR
        case DeliveryBody(accepted=True):
            return names.CENTRE
    return names.STORED


class Acknowledgements:
    """Collects what one commit stored and sends it as few exact ranges.

    ``stored`` and what follows from it happen in the journal's writer thread only.
    """

    def __init__(self, site: str, alarms: Journal, publish: Publish) -> None:
        """``publish`` sends to a device now or not at all."""
        self._site = site
        self._publish = publish
        self._reader = alarms.reader()
        self._waiting: list[tuple[str, int, int]] = []
        self._asked: dict[tuple[str, int, int], list[Callable[[int], None]]] = {}
        self._lock = threading.Lock()
        alarms.watch(self._flush, first=True)

    def close(self) -> None:
        """Release the reader, after the journal has been closed."""
        self._reader.close()

    @contextmanager
    def asked(
        self, device: str, boot: int, seq: int, tell: Callable[[int], None]
    ) -> Iterator[None]:
        """Also call ``tell(stage)`` when the event is stored or refused, in the writer's thread.

        For a source whose device waits for the reply to its own message.
        """
        key = device, boot, seq
        with self._lock:
            self._asked.setdefault(key, []).append(tell)
        try:
            yield
        finally:
            with self._lock:
                self._asked[key].remove(tell)
                if not self._asked[key]:
                    del self._asked[key]

    def _reply(self, device: str, boot: int, seq: int, stage: int) -> None:
        with self._lock:
            asked = list(self._asked.get((device, boot, seq), ()))
        for tell in asked:
            tell(stage)

    def stored(self, device: str, boot: int, seq: int, stored: Stored) -> None:
        """Answer *stored*; a repeated event is also told how far it has come."""
        self._waiting.append((device, boot, seq))
        stage = names.STORED
        if stored.duplicate:
            self._flush()
            stage = max(map(_stage, self._reader.about(stored.position)), default=stage)
            if stage != names.STORED:
                self._send(device, stage, boot, seq)
        self._reply(device, boot, seq, stage)

    def refused(self, device: str, boot: int, seq: int) -> None:
        """Answer *refused*: the bytes are in quarantine."""
        self._send(device, names.REFUSED, boot, seq)
        self._reply(device, boot, seq, names.REFUSED)

    def centre(self, event: Entry) -> None:
        """Answer *centre*: an alarm centre has accepted the event."""
        if event.type is Type.EVENT and event.device and event.boot and event.seq:
            self._send(event.device, names.CENTRE, event.boot, event.seq)

    def operator(self, device: str, boot: int, seq: int) -> None:
        """Answer *operator*: a person has taken the alarm on."""
        self._send(device, names.OPERATOR, boot, seq)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        waiting.sort()
        device, boot, last = waiting[0]
        count = 1
        for next_device, next_boot, seq in waiting[1:]:
            if (next_device, next_boot) == (device, boot) and seq - last in (0, 1):
                count += seq - last
                last = seq
                continue
            self._send(device, names.STORED, boot, last, count)
            device, boot, last, count = next_device, next_boot, seq, 1
        self._send(device, names.STORED, boot, last, count)

    def _send(self, device: str, stage: int, boot: int, seq: int, count: int = 1) -> None:
        body = messages.encode_ack(stage, boot, seq, count)
        self._publish(topics.topic(self._site, device, names.ACK), body)
