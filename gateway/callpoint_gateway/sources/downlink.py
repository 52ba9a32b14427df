"""How a device can be reached: through the broker, and over the serial line it was heard on.

What answers devices is made before the sources, which need it; so the sources say here that they
are there (``use_broker``, ``use_line``) before the first of them is started.
"""

from typing import Protocol


class BrokerSession(Protocol):
    """A session with the broker."""

    @property
    def listening(self) -> bool:
        """What a device sends now would arrive."""

    def publish(self, topic: str, body: bytes) -> bool:
        """Send now. False: not sent, and not kept."""

    def publish_once(self, topic: str, body: bytes) -> bool:
        """Send now at QoS 0, so that the broker keeps nothing. False: not sent."""


class DeviceLine(Protocol):
    """A serial line. It publishes to devices that were heard on it."""

    @property
    def name(self) -> str:
        """The name of the source."""

    @property
    def listening(self) -> bool:
        """What a device sends now would arrive."""

    def publish(self, topic: str, body: bytes) -> bool:
        """Send now. False: not sent, and not kept."""


class Downlink:
    """Every way to the devices of a site. Any thread may publish."""

    def __init__(self) -> None:
        """No way yet: nothing is sent."""
        self._events: BrokerSession | None = None
        self._heard_by: tuple[BrokerSession, ...] = ()
        self._lines: dict[str, DeviceLine] = {}

    def use_broker(self, events: BrokerSession, telemetry: BrokerSession) -> None:
        """Publish through the session of the events; devices are heard by both."""
        self._events, self._heard_by = events, (events, telemetry)

    def use_line(self, line: DeviceLine) -> None:
        """Publish over a serial line as well, to the devices that are heard on it."""
        self._lines = {**self._lines, line.name: line}

    def publish(self, topic: str, body: bytes) -> bool:
        """Send to a device now, on each way that it has. False: not sent, and not kept."""
        # A line over which the device was heard takes the answer as well.
        sent = [line.publish(topic, body) for line in self._lines.values()]
        return (self._events is not None and self._events.publish(topic, body)) or any(sent)

    def publish_once(self, topic: str, body: bytes) -> bool:
        """As ``publish``, but nobody keeps it for a device that does not listen now."""
        sent = [line.publish(topic, body) for line in self._lines.values()]
        return (self._events is not None and self._events.publish_once(topic, body)) or any(sent)

    def listening(self, source: str | None) -> bool:
        """Say whether a device that was last heard by ``source`` would be heard now."""
        line = self._lines.get(source or "")
        if line is not None:
            return line.listening
        # Over CoAP comes no heartbeat: such a device is waited for over MQTT as well.
        return all(session.listening for session in self._heard_by)
