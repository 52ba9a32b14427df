"""Answers devices with the stage of their event: stored, centre, operator or refused.

An answer is sent once and may be lost. That is harmless: the device sends its event again, and
the duplicate is answered with the highest stage in the journal. So no answer is kept here, and
the journal alone decides what a device's lamp shows.
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
    """Return the stage that an event has reached by an entry about it."""
    match entry.body:
        case SeenBody() | ActionBody(action=Action.ACKNOWLEDGE):
            return names.OPERATOR
        case DeliveryBody(accepted=True):
            return names.CENTRE
    return names.STORED


class Acknowledgements:
    """Sends the answers; *stored* answers of one commit are joined into ranges of numbers.

    ``stored`` must be called in the journal's writer thread, which also sends the ranges.
    """

    def __init__(self, site: str, alarms: Journal, publish: Publish) -> None:
        """``publish(topic, body)`` sends to a device now; if it cannot, it drops the answer."""
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
        """Call ``tell(stage)`` as well once the event is stored or refused, in the writer thread.

        This is for a source such as CoAP, whose device waits for the reply to its request.
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
        if not self._asked:
            return
        with self._lock:
            asked = list(self._asked.get((device, boot, seq), ()))
        for tell in asked:
            tell(stage)

    def stored(self, device: str, boot: int, seq: int, stored: Stored) -> None:
        """Answer *stored*; answer a repeated event also with its highest stage."""
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
        """Answer *operator*: a person has acknowledged the alarm."""
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
