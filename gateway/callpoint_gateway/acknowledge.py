"""Answers to devices: stored, centre, operator, refused.

An answer is sent at once and may get lost with the broker. That is harmless, because the
device asks again by sending its event again: the duplicate is recognised and answered with
the highest stage that the journal knows. So nothing is kept here, and the journal alone
decides what a lamp may show.
"""

from collections.abc import Callable

from callpoint_gateway.entries import DeliveryBody, Entry, Stored, Type
from callpoint_gateway.journal import Journal
from callpoint_protocol import messages, names, topics

Publish = Callable[[str, bytes], bool]


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
        alarms.watch(self._flush)

    def close(self) -> None:
        """Release the reader, after the journal has been closed."""
        self._reader.close()

    def stored(self, device: str, boot: int, seq: int, stored: Stored) -> None:
        """Answer *stored*; a repeated event is also told how far it has come."""
        self._waiting.append((device, boot, seq))
        if stored.duplicate:
            self._flush()
            for entry in self._reader.about(stored.position):
                if isinstance(entry.body, DeliveryBody) and entry.body.accepted:
                    self._send(device, names.CENTRE, boot, seq)
                    break

    def refused(self, device: str, boot: int, seq: int) -> None:
        """Answer *refused*: the bytes are in quarantine."""
        self._send(device, names.REFUSED, boot, seq)

    def centre(self, event: Entry) -> None:
        """Answer *centre*: an alarm centre has accepted the event."""
        if event.type is Type.EVENT and event.device and event.boot and event.seq:
            self._send(event.device, names.CENTRE, event.boot, event.seq)

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
