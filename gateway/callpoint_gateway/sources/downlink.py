"""Sends to devices: through the broker, and over the serial line on which a device was heard.

The parts that answer devices are built before the sources, because the sources need them. So the
sources register here (``use_broker``, ``use_line``) when they are built, before one is started.
"""

from typing import Protocol


class BrokerSession(Protocol):
    """A session with the broker."""

    @property
    def listening(self) -> bool:
        """Whether a message that a device sends now would arrive."""

    def publish(self, topic: str, body: bytes) -> bool:
        """Send now at QoS 1. False: not sent, and not kept for later."""

    def publish_once(self, topic: str, body: bytes) -> bool:
        """Send now at QoS 0, so that the broker does not keep the message. False: not sent."""


class DeviceLine(Protocol):
    """A serial line. It publishes only to devices that were heard on it."""

    @property
    def name(self) -> str:
        """The name of the source."""

    @property
    def listening(self) -> bool:
        """Whether a message that a device sends now would arrive."""

    def publish(self, topic: str, body: bytes) -> bool:
        """Send now. False: not sent, and not kept for later."""


class Downlink:
    """All connections to the devices of a site. Any thread may publish."""

    def __init__(self) -> None:
        """Begin without a connection: nothing is sent yet."""
        self._events: BrokerSession | None = None
        self._heard_by: tuple[BrokerSession, ...] = ()
        self._lines: dict[str, DeviceLine] = {}

    def use_broker(self, events: BrokerSession, telemetry: BrokerSession) -> None:
        """Publish through the events' session; devices send to both sessions."""
        self._events, self._heard_by = events, (events, telemetry)

    def use_line(self, line: DeviceLine) -> None:
        """Publish over a serial line as well, to the devices that are heard on it."""
        self._lines = {**self._lines, line.name: line}

    def publish(self, topic: str, body: bytes) -> bool:
        """Send to a device now, over MQTT and over its serial line. False: not sent, not kept."""
        # A line on which the device was heard takes the answer as well.
        sent = [line.publish(topic, body) for line in self._lines.values()]
        return (self._events is not None and self._events.publish(topic, body)) or any(sent)

    def publish_once(self, topic: str, body: bytes) -> bool:
        """Send as ``publish``, but at QoS 0: the broker keeps nothing for an absent device."""
        sent = [line.publish(topic, body) for line in self._lines.values()]
        return (self._events is not None and self._events.publish_once(topic, body)) or any(sent)

    def publish_to_broker(self, topic: str, body: bytes) -> bool:
        """Send as ``publish_once``, but over no serial line: what must not go in clear."""
        return self._events is not None and self._events.publish_once(topic, body)

    def listening(self, source: str | None) -> bool:
        """Say whether a device that last sent by ``source`` would be heard now.

        None: a device that has not sent anything since the start.
        """
        line = self._lines.get(source or "")
        if line is not None:
            return line.listening
        # A device sends no heartbeat over CoAP, so it must be heard over MQTT.
        return all(session.listening for session in self._heard_by)
