"""What the broker really does, tried out on connections of its own.

A broker that is configured wrongly loses or delays messages and acknowledges them all the same,
so each property that the gateway relies on is tried: nothing is believed. It happens on a topic
that only the gateway may read and that no wildcard hears, and on those of a device that cannot be.
"""

import ipaddress
import socket
import ssl
import statistics
from collections.abc import Callable, Iterator
from typing import NamedTuple

from callpoint_gateway.broker.configuration import CHECK, IN_FLIGHT, LARGEST_PACKET
from callpoint_gateway.broker.probe import PATIENCE_S, Denied, Probe, probe
from callpoint_gateway.configuration.config import Broker
from callpoint_gateway.transport.mqtt_packets import Published
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
    text: str
    remedy: str = ""


def _judged(name: str, wrong: bool, good: str, bad: str, remedy: str) -> Truth:
    return Truth(name, False, bad, remedy) if wrong else Truth(name, True, good)


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
        f"it sends {window} messages before the first is acknowledged",
        f"it sends only {window} messages before it waits for an acknowledgement, which is slow",
        f"set max_inflight_messages {IN_FLIGHT}",
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
    remedy = (
        "set max_queued_messages 1000000 and bound max_queued_bytes instead"
        if seen
        else "set per_listener_settings false"
    )
    yield _judged(
        "queue",
        bool(lost),
        f"it has kept all of {PUBLISHED} messages for a client that was away",
        f"it dropped {lost} of {PUBLISHED} messages that it had acknowledged while their reader "
        "was away",
        remedy,
    )


def _nodelay(tried: Tried) -> Iterator[Truth]:
    with probe(tried.broker, tried.client_id) as peer:
        peer.subscribe(tried.own)
        gap_s = statistics.median(peer.gap_s(tried.own) for _ in range(_ROUNDS))
    yield _judged(
        "nodelay",
        gap_s >= SLOW_S,
        "a second message leaves at once",
        f"a second message waits {1000 * gap_s:.0f} ms",
        "set set_tcp_nodelay true",
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
        "the gateway may write what devices read",
        f"it does not pass on what the gateway writes to {', '.join(denied)}",
        f"give the gateway's user 'topic readwrite {names.ROOT}/{tried.site}/#' in its ACL",
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
        "it keeps retained messages",
        "it keeps no retained messages, so devices do not find their configuration",
        "set retain_available true",
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
        f"it takes messages of {LARGEST} bytes",
        f"it drops messages of {LARGEST} bytes",
        f"set max_packet_size {LARGEST_PACKET}",
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


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _anonymous(tried: Tried, outward: Callable[[], list[str]]) -> Iterator[Truth]:
    host = tried.broker.host
    # On its own machine a broker may let in whom it likes: how is it reached from elsewhere?
    addresses = outward() if _loopback(host) and not tried.broker.ca_file else [host]
    open_at = [one for one in addresses if _let_in(tried, one)]
    yield _judged(
        "anonymous",
        bool(open_at),
        "nobody without a name can write to a device",
        f"anybody who reaches {', '.join(open_at)} can send commands to devices",
        "run callpoint broker config --tls, or let it listen on 127.0.0.1 only",
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
                f"it does not pass on what the gateway writes to {CHECK}: it cannot be examined",
                f"give the gateway's user 'topic readwrite {CHECK}/#' in its ACL",
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
        "it has kept the gateway's sessions",
        "it has forgotten the gateway's sessions and what waited in them",
        "set persistence true, and persistent_client_expiration not at all",
    )
