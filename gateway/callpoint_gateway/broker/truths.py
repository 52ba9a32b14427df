"""What the broker really does, tried out on connections of its own.

A broker that is configured wrongly loses or delays messages and acknowledges them all the same,
so each property that the gateway relies on is tried: nothing is believed. It happens on a topic
that only the gateway may read and that no wildcard hears, and on those of a device that cannot be.
"""

import socket
import ssl
import statistics
from collections.abc import Callable, Iterator
from typing import NamedTuple

from callpoint_gateway.broker.configuration import CHECK, IN_FLIGHT, LARGEST_PACKET
from callpoint_gateway.broker.probe import PATIENCE_S, Denied, Probe, probe
from callpoint_gateway.configuration.config import Broker
from callpoint_gateway.host.loopback import on_this_machine
from callpoint_gateway.transport.mqtt_packets import Published
from callpoint_gateway.words.said import NOTHING, Said, said
from callpoint_protocol import names, topics

# Beyond the thousand that Mosquitto queues unless told otherwise.
PUBLISHED = 1010
# Ten times what Mosquitto has in flight unless told otherwise: enough not to be slow.
WINDOW = 200
# Published at once: between two portions the broker serves others.
_PORTION = 100
# Between loss for want of TCP_NODELAY (40 ms of Linux's delayed acknowledgement) and none.
SLOW_S = 0.02
_ROUNDS = 7
# A part of an update package with its head; the bodies of all else are shorter.
LARGEST = names.IMAGE_CHUNK + names.MAX_BODY


class Truth(NamedTuple):
    """One property of the broker. ``text`` says what was found, ``remedy`` what to do if bad."""

    name: str
    good: bool
    text: Said
    remedy: Said = NOTHING


def _judged(name: str, wrong: bool, good: Said, bad: Said, remedy: Said) -> Truth:
    return Truth(name, False, bad, remedy) if wrong else Truth(name, True, good)


def _set(setting: str) -> Said:
    return said("truth.set.do", setting=setting)


class Tried(NamedTuple):
    """What a try has in its hands: the broker, a client id, and topics that are its own."""

    broker: Broker
    client_id: str
    site: str

    @property
    def own(self) -> str:
        """Where only the tries speak and listen."""
        return f"{CHECK}/{self.client_id}"


def outward_addresses() -> list[str]:
    """Return this machine's address as others see it; empty without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as towards:
        try:
            towards.connect(("192.0.2.1", 9))  # sends nothing; RFC 5737
        except OSError:
            return []
        address: str = towards.getsockname()[0]
        return [address]


def _published(peer: Probe, topic: str, number: int) -> Iterator[list[Published]]:
    """Publish so many messages, and yield what comes while that is done."""
    for first in range(0, number, _PORTION):
        portion = range(first, min(first + _PORTION, number))
        peer.publish(topic, [b"%d" % n for n in portion])
        yield peer.turn()


def _window(tried: Tried) -> Iterator[Truth]:
    with probe(tried.broker, tried.client_id) as peer:
        peer.subscribe(tried.own)
        window = sum(len(one) for one in _published(peer, tried.own, WINDOW))
    yield _judged(
        "in-flight",
        window != WINDOW,
        said("truth.in_flight", window=window),
        said("truth.in_flight.bad", window=window),
        _set(f"max_inflight_messages {IN_FLIGHT}"),
    )


def _queue(tried: Tried) -> Iterator[Truth]:
    absent = f"{tried.client_id}-absent"
    try:
        with probe(tried.broker, absent, kept=True) as peer:
            peer.subscribe(tried.own)
        with probe(tried.broker, tried.client_id) as peer:
            for _ in _published(peer, tried.own, PUBLISHED):
                pass
        seen = set()
        with probe(tried.broker, absent, kept=True) as peer:
            while fresh := peer.turn():
                peer.acknowledge(fresh)
                seen |= {one.body for one in fresh}
    finally:
        with probe(tried.broker, absent):
            pass  # a connection without a session ends the one there was
    lost = PUBLISHED - len(seen)
    remedy = said("truth.queue.do") if seen else _set("per_listener_settings false")
    yield _judged(
        "queue",
        bool(lost),
        said("truth.queue", published=PUBLISHED),
        said("truth.queue.bad", lost=lost, published=PUBLISHED),
        remedy,
    )


def _nodelay(tried: Tried) -> Iterator[Truth]:
    with probe(tried.broker, tried.client_id) as peer:
        peer.subscribe(tried.own)
        gap_s = statistics.median(peer.gap_s(tried.own) for _ in range(_ROUNDS))
    yield _judged(
        "nodelay",
        gap_s >= SLOW_S,
        said("truth.nodelay"),
        said("truth.nodelay.bad", milliseconds=round(1000 * gap_s)),
        _set("set_tcp_nodelay true"),
    )


def _write(tried: Tried) -> Iterator[Truth]:
    denied = []
    for channel in names.DOWN_CHANNELS:
        topic = topics.topic(tried.site, tried.client_id, channel)
        try:
            with probe(tried.broker, tried.client_id) as peer:
                peer.subscribe(topic)
                peer.publish(topic, [b"write"])
                if not peer.turn():
                    denied.append(channel)
        except (Denied, ConnectionError):
            denied.append(channel)
    yield _judged(
        "write",
        bool(denied),
        said("truth.write"),
        said("truth.write.bad", channels=", ".join(denied)),
        said("broker.acl.do", topic=f"{names.ROOT}/{tried.site}/#"),
    )


def _retained(tried: Tried) -> Iterator[Truth]:
    topic = topics.topic(tried.site, tried.client_id, names.CFG)
    try:
        with probe(tried.broker, tried.client_id) as peer:
            peer.publish(topic, [b"kept"], retained=True)
            kept = [one.body for one in peer.subscribe(topic)] == [b"kept"]
            peer.publish(topic, [b""], retained=True)
            peer.turn()
    except (Denied, ConnectionError):
        kept = False
    yield _judged(
        "retained",
        not kept,
        said("truth.retained"),
        said("truth.retained.bad"),
        _set("retain_available true"),
    )


def _size(tried: Tried) -> Iterator[Truth]:
    try:
        with probe(tried.broker, tried.client_id) as peer:
            peer.subscribe(tried.own)
            peer.publish(tried.own, [bytes(LARGEST)])
            passed = [len(one.body) for one in peer.turn()] == [LARGEST]
    except (Denied, ConnectionError):
        passed = False
    yield _judged(
        "message-size",
        not passed,
        said("truth.size", size=LARGEST),
        said("truth.size.bad", size=LARGEST),
        _set(f"max_packet_size {LARGEST_PACKET}"),
    )


def _may_command(stranger: Probe, tried: Tried) -> bool:
    topic = topics.topic(tried.site, tried.client_id, names.CMD)
    with probe(tried.broker, tried.client_id) as peer:
        peer.subscribe(topic)
        stranger.connect(f"{tried.client_id}-nobody", None, None)
        stranger.publish(topic, [b"nobody"])
        stranger.turn()
        return bool(peer.turn())


def _let_in(tried: Tried, address: str) -> bool:
    """Say whether somebody without a name can write to a device at this address."""
    try:
        with socket.create_connection((address, tried.broker.port), PATIENCE_S) as plain:
            if not tried.broker.ca_file:
                return _may_command(Probe(plain), tried)
            # Whom it talks to does not matter to somebody who tries the door.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with context.wrap_socket(plain) as wrapped:
                return _may_command(Probe(wrapped), tried)
    except OSError:
        return False


def _anonymous(tried: Tried, outward: Callable[[], list[str]]) -> Iterator[Truth]:
    host = tried.broker.host
    # On its own machine a broker may let in whom it likes: how is it reached from elsewhere?
    own = on_this_machine(host) and not tried.broker.ca_file
    addresses = outward() if own else [host]
    open_at = [one for one in addresses if _let_in(tried, one)]
    yield _judged(
        "anonymous",
        bool(open_at),
        said("truth.anonymous.here") if own and _let_in(tried, host) else said("truth.anonymous"),
        said("truth.anonymous.bad", where=", ".join(open_at)),
        said("truth.anonymous.do"),
    )


def _heard(tried: Tried) -> bool:
    """Say whether the tries can hear themselves."""
    try:
        with probe(tried.broker, tried.client_id) as peer:
            peer.subscribe(tried.own)
            peer.publish(tried.own, [b"heard"])
            return bool(peer.turn())
    except (Denied, ConnectionError):
        return False


NAMES = (
    "in-flight",
    "queue",
    "nodelay",
    "write",
    "retained",
    "message-size",
    "anonymous",
    "persistence",
)


def examine(
    broker: Broker,
    site: str,
    client_id: str = "callpoint-check",
    outward: Callable[[], list[str]] = outward_addresses,
) -> list[Truth]:
    """Return every truth of the broker. OSError if it cannot be reached at all.

    ``client_id`` names the device that does not exist as well: two who examine the same broker
    at the same time need two. ``outward``: the addresses at which others reach this machine.
    """
    tried = Tried(broker, client_id, site)
    with probe(broker, client_id):
        pass  # a broker that is away denies nothing
    if not _heard(tried):
        return [
            Truth(
                "write",
                False,
                said("truth.unheard", topic=CHECK),
                said("broker.acl.do", topic=f"{CHECK}/#"),
            )
        ]
    tries = (_window, _queue, _nodelay, _write, _retained, _size)
    found = [truth for one in tries for truth in one(tried)]
    found += _anonymous(tried, outward)
    with probe(broker, client_id):
        pass  # a broker that has ended meanwhile has denied nothing
    return found


def persistence(known: bool, resumed: bool) -> Truth:
    """Return what a connection shows. ``known``: it has had the gateway's sessions before.

    ``resumed``: it still has them.
    """
    return _judged(
        "persistence",
        known and not resumed,
        said("truth.persistence"),
        said("truth.persistence.bad"),
        said("truth.persistence.do"),
    )
