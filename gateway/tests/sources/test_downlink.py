"""On which ways a device is answered, and where it would be heard."""

from callpoint_gateway.sources.downlink import Downlink

TOPIC, BODY = "callpoint/v1/estate/door/ack", b"stored"


class Way:
    """A session or a line, which is open or not, and knows its devices."""

    def __init__(self, name: str, *, open: bool = True, known: bool = True) -> None:
        self.name, self.listening, self.known = name, open, known
        self.sent: list[tuple[str, bytes]] = []

    def publish(self, topic: str, body: bytes) -> bool:
        if self.listening and self.known:
            self.sent.append((topic, body))
        return self.listening and self.known


def test_without_a_way_nothing_is_sent() -> None:
    assert not Downlink().publish(TOPIC, BODY)


def test_it_answers_through_the_broker_and_over_the_line_that_knows_the_device() -> None:
    downlink, events, telemetry = Downlink(), Way("events"), Way("telemetry")
    stairs, cellar = Way("serial/stairs"), Way("serial/cellar", known=False)
    downlink.use_broker(events=events, telemetry=telemetry)
    downlink.use_line(stairs)
    downlink.use_line(cellar)
    assert downlink.publish(TOPIC, BODY)
    assert events.sent == stairs.sent == [(TOPIC, BODY)]
    assert telemetry.sent == cellar.sent == []
    # Either is enough.
    events.listening = False
    assert downlink.publish(TOPIC, BODY)
    assert len(stairs.sent) == 2
    stairs.known = False
    assert not downlink.publish(TOPIC, BODY)
    events.listening = True
    assert downlink.publish(TOPIC, BODY)


def test_a_device_is_heard_where_it_was_heard_last() -> None:
    downlink, events, telemetry = Downlink(), Way("events"), Way("telemetry")
    stairs = Way("serial/stairs")
    downlink.use_broker(events=events, telemetry=telemetry)
    downlink.use_line(stairs)
    for source in ("serial/stairs", "mqtt", "coap", None):
        assert downlink.listening(source)
    telemetry.listening = False
    assert downlink.listening("serial/stairs")
    assert not any(downlink.listening(source) for source in ("mqtt", "coap", None))
    telemetry.listening, stairs.listening = True, False
    assert not downlink.listening("serial/stairs")
    assert downlink.listening("mqtt")
