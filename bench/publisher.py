"""A process that publishes prepared messages, at a rate or as fast as a broker takes them.

    python publisher.py flood PORT EACH DEVICES BOOT
    python publisher.py pace PORT EACH DEVICES BOOT EVENTS_PER_S READINGS_PER_S
    python publisher.py trace PORT EACH DEVICES BOOT EVENTS_PER_S READINGS_PER_S
    python publisher.py echo PORT [CA CERTIFICATE KEY]
    python publisher.py bare PORT COUNT

EACH events and readings of DEVICES devices at QoS 1. ``flood`` waits for a line on standard input,
then publishes both in turn with at most WINDOW unacknowledged. ``pace`` publishes at the rates,
listens for the gateway's answers, and prints for each event how long each answer took; ``trace``
prints when it was published and when each answer came, in monotonic seconds. ``echo``
answers every event at once in the gateway's place, reads the readings as well, and stores
nothing; ``bare`` is a paho subscriber that counts to COUNT. Both are floors: no gateway may run
beside them.
The client is a bare socket, so that the publisher is never the slowest part.
"""

import json
import select
import socket
import ssl
import sys
import time
from collections.abc import Iterator, Sequence

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from callpoint_gateway.ingest.device_messages import decode_event
from callpoint_gateway.transport.mqtt_packets import (
    Published,
    Stream,
    connect,
    pubacks,
    publish,
    subscribe,
)
from callpoint_protocol import messages, names, topics

WINDOW = 1000
SITE = "estate"
ANSWER_S = 30.0
ROUND_PAUSE_S = 0.005
_SHORT = 4  # bytes of CONNACK and of PUBACK


def device_id(number: int) -> str:
    """Return the id of a simulated device."""
    return f"b{number:04d}"


def event(device: int, boot: int, seq: int) -> tuple[str, bytes]:
    """Return topic and body of an event."""
    what = (names.DOOR, names.NOTICE, 1, names.OPEN if seq % 2 else names.CLOSED)
    body = messages.encode_event(boot, seq, *what, age_ms=0)
    return topics.topic(SITE, device_id(device), names.EVENT), body


def reading(device: int, boot: int, seq: int) -> tuple[str, bytes]:
    """Return topic and body of a heartbeat."""
    readings = {"up": seq, "mv": 3_300 - seq % 100, "rs": -40 - device % 50, "tc": 215, "sd": 0}
    body = messages.encode_telemetry(boot, seq, readings)
    return topics.topic(SITE, device_id(device), names.TELEMETRY), body


def connected(port: int, files: Sequence[str] = ()) -> socket.socket:
    """Return a socket to the broker after its CONNACK.

    ``files``, for TLS: the authority's certificate, the client's certificate and its key.
    """
    link = socket.create_connection(("127.0.0.1", port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if files:
        context = ssl.create_default_context(cafile=files[0])
        context.load_cert_chain(files[1], files[2])
        link = context.wrap_socket(link, server_hostname="127.0.0.1")
    link.sendall(connect(f"publisher-{time.monotonic_ns()}", 0, kept=False))
    welcome = b""
    while len(welcome) < _SHORT:
        welcome += link.recv(_SHORT - len(welcome))
    return link


def packets(each: int, devices: int, boot: int) -> Iterator[bytes]:
    """Yield events and readings in turn."""
    for number in range(each):
        device, seq = number % devices, number // devices + 1
        yield publish(2 * number % 65_000 + 1, *event(device, boot, seq))
        yield publish(2 * number % 65_000 + 2, *reading(device, boot, seq))


def flood(port: int, prepared: list[bytes]) -> None:
    """Publish all messages; return when the broker has acknowledged the last."""
    link = connected(port)
    sent = acknowledged = received = 0
    while acknowledged < len(prepared):
        room = min(WINDOW - (sent - acknowledged), len(prepared) - sent)
        if room > WINDOW // 2 or (room and sent + room == len(prepared)):
            link.sendall(b"".join(prepared[sent : sent + room]))
            sent += room
        received += len(link.recv(65_536))
        acknowledged = received // _SHORT
    link.close()


class Pace:
    """Publishes at rates and notes when each event was answered."""

    def __init__(self, port: int, devices: int, boot: int) -> None:
        """Connect and listen."""
        self._link = connected(port)
        self._link.sendall(subscribe(1, [f"{names.ROOT}/{SITE}/+/{names.ACK}"]))
        self._devices, self._boot = devices, boot
        self._stream = Stream()
        self._numbers = {device_id(number): number for number in range(devices)}
        self.moments: dict[int, float] = {}
        self.took: dict[int, dict[int, float]] = {names.STORED: {}, names.CENTRE: {}}

    def run(self, each: int, events_per_s: float, readings_per_s: float) -> None:
        """Publish all messages, then wait for the answers to every event."""
        start = time.monotonic() + 0.5
        due = [(n / events_per_s, True, n) for n in range(each)]
        due += [
            (n / readings_per_s, False, n)
            for n in range(int(each * readings_per_s / events_per_s))
        ]
        for number, (after_s, is_event, index) in enumerate(sorted(due)):
            self._listen(start + after_s)
            make = event if is_event else reading
            device, seq = index % self._devices, index // self._devices + 1
            packet = publish(number % 65_000 + 1, *make(device, self._boot, seq))
            if is_event:
                self.moments[index] = time.monotonic()
            self._link.sendall(packet)
        until = time.monotonic() + ANSWER_S
        while any(len(took) < each for took in self.took.values()) and time.monotonic() < until:
            self._listen(min(until, time.monotonic() + 0.1))

    def trace(self) -> list[tuple[str, int, int, dict[str, float]]]:
        """Return device, boot and seq of each event, and when it was published and answered."""
        found = []
        for index, at in self.moments.items():
            times = {"published": at}
            for stage, step in ((names.STORED, "heard"), (names.CENTRE, "centre heard")):
                if index in self.took[stage]:
                    times[step] = at + self.took[stage][index] / 1000
            device, seq = device_id(index % self._devices), index // self._devices + 1
            found.append((device, self._boot, seq, times))
        return found

    def _listen(self, until: float) -> None:
        while (left := until - time.monotonic()) > 0:
            if select.select([self._link], [], [], left)[0]:
                portion = self._link.recv(65_536)
                now = time.monotonic()
                answers = [
                    packet
                    for packet in self._stream.feed(portion)
                    if isinstance(packet, Published)
                ]
                for answer in answers:
                    self._answered(answer, now)
                self._link.sendall(pubacks(answer.identifier for answer in answers))

    def _answered(self, packet: Published, now: float) -> None:
        _, device, _ = topics.split(packet.topic.decode())
        try:
            stage, boot, last, count = messages.decode_ack(packet.body)
        except ValueError:
            return  # the gateway tries what the broker lets it say
        if boot != self._boot or stage not in self.took:
            return
        for seq in range(last - count + 1, last + 1):
            index = (seq - 1) * self._devices + self._numbers[device]
            self.took[stage].setdefault(index, (now - self.moments[index]) * 1000)


def round_trips(port: int, files: Sequence[str], count: int) -> list[float]:
    """Return ms from publication to the first answer of an ``echo``, one at a time."""
    link = connected(port, files)
    link.sendall(subscribe(1, [topics.topic(SITE, device_id(0), names.ACK)]))
    stream = Stream()
    took = []
    for seq in range(1, count + 1):
        started = time.monotonic()
        link.sendall(publish(seq + 1, *event(0, 1, seq)))
        answers: list[Published] = []
        while len(answers) < len((names.STORED, names.CENTRE)):
            packets = stream.feed(link.recv(65_536))
            answers += [packet for packet in packets if isinstance(packet, Published)]
            if answers and len(took) < seq:
                took.append((time.monotonic() - started) * 1000)
        link.sendall(pubacks(answer.identifier for answer in answers))
        time.sleep(ROUND_PAUSE_S)
    link.close()
    return took


def echo(port: int, files: Sequence[str]) -> None:
    """Answer events until killed."""
    link = connected(port, files)
    wanted = [f"{names.ROOT}/{SITE}/+/{channel}" for channel in (names.EVENT, names.TELEMETRY)]
    link.sendall(subscribe(1, wanted))
    stream = Stream()
    print("ready", flush=True)
    while portion := link.recv(65_536):
        for packet in stream.feed(portion):
            if isinstance(packet, Published):
                site, device, channel = topics.split(packet.topic.decode())
                if channel != names.EVENT:
                    link.sendall(pubacks([packet.identifier]))
                    continue
                event = decode_event(packet.body)
                answers = [
                    messages.encode_ack(stage, event.boot, event.seq)
                    for stage in (names.STORED, names.CENTRE)
                ]
                topic = topics.topic(site, device, names.ACK)
                replies = b"".join(publish(1, topic, answer) for answer in answers)
                link.sendall(pubacks([packet.identifier]) + replies)


def bare(port: int, count: int) -> None:
    """Count messages with paho, automatic acknowledgement, nothing stored; print the seconds."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bare")
    client.max_inflight_messages_set(1000)
    seen, first = 0, 0.0

    def on_message(_client: object, _data: object, _message: object) -> None:
        nonlocal seen, first
        seen += 1
        if seen == 1:
            first = time.monotonic()
        if seen == count:
            print(time.monotonic() - first, flush=True)
            client.disconnect()

    client.on_message = on_message
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.connect("127.0.0.1", port)
    client.subscribe([(f"{names.ROOT}/+/+/{up}", 1) for up in (names.EVENT, names.TELEMETRY)])
    client.loop_forever()


def main(mode: str, *words: str) -> None:
    """Do what the command line says."""
    if mode == "echo":
        echo(int(words[0]), words[1:])
        return
    if mode == "bare":
        bare(int(words[0]), int(words[1]))
        return
    port, each, devices, boot = (int(word) for word in words[:4])
    if mode in ("pace", "trace"):
        pace = Pace(port, devices, boot)
        pace.run(each, float(words[4]), float(words[5]))
        took = [list(took.values()) for took in pace.took.values()]
        print(json.dumps(took if mode == "pace" else pace.trace()), flush=True)
        return
    prepared = list(packets(each, devices, boot))
    print("ready", flush=True)
    sys.stdin.readline()
    flood(port, prepared)


if __name__ == "__main__":
    main(*sys.argv[1:])
