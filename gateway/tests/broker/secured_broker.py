"""A real Mosquitto with the generated configuration, and clients with certificates."""

import getpass
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import NamedTuple

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from callpoint_gateway.broker.authority import Authority, Issued
from callpoint_gateway.broker.configuration import write_configuration
from callpoint_gateway.broker.installation import installed
from callpoint_gateway.configuration.config import Broker
from callpoint_gateway.configuration.names import GATEWAY_USER
from callpoint_gateway.host.clock import SystemClock
from callpoint_rig.ports import free_port

from ..mosquitto_process import running

SITE = "estate"
SOON_S = 60.0


class Secured(NamedTuple):
    """A running broker and the authority of its site."""

    authority: Authority
    port: int
    gateway_port: int
    folder: Path
    process: "Popen[str]"

    def issued(self, name: str) -> Issued:
        """Return a certificate of this name, made once."""
        found = Issued(
            self.authority.folder / f"{name}.pem", self.authority.folder / f"{name}.key"
        )
        return found if found.key_file.exists() else self.authority.client(name)

    def as_gateway(self) -> Broker:
        """Return how the gateway is configured."""
        issued = self.issued(GATEWAY_USER)
        return Broker(
            port=self.gateway_port,
            ca_file=str(self.authority.ca_file),
            certificate_file=str(issued.certificate_file),
            key_file=str(issued.key_file),
        )


@contextmanager
def secured(
    folder: Path, program: str, wall: str | None = None, *, overheard: bool = False
) -> Iterator[Secured]:
    """Run a broker of the site ``SITE`` with TLS and ACL. ``wall``: what its clock says.

    ``overheard``: the gateway may read everything, so that a test hears what should be denied.
    """
    authority = Authority(folder / "certificates", SystemClock(), SITE)
    port, gateway_port = free_port(), free_port()
    here = folder / "broker"
    tls = installed(authority, here, gateway_port)
    path = write_configuration(here, port, tls=tls, user=getpass.getuser())
    if overheard:
        acl, user = here / "acl", f"user {GATEWAY_USER}\n"
        acl.write_text(acl.read_text().replace(user, f"{user}topic read #\n"))
    with running(path, gateway_port, program, wall) as process:
        yield Secured(authority, port, gateway_port, here, process)


class Peer:
    """A connected client that knows what it has been granted and what it heard.

    The gateway comes to its own listener, everybody else to that of devices.
    """

    def __init__(self, broker: Secured, name: str, client_id: str | None = None) -> None:
        """Connect, or fail."""
        issued = broker.issued(name)
        self.heard: list[str] = []
        self.bodies: list[bytes] = []
        self.heard_one = threading.Event()
        self.done = threading.Event()
        self.gone = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id or name)
        self._client.tls_set(
            str(broker.authority.ca_file), str(issued.certificate_file), str(issued.key_file)
        )
        self._client.on_message = lambda _client, _data, message: self._hear(message)
        self._subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        connected = threading.Event()
        self._client.on_connect = lambda *_: connected.set()
        self._client.on_disconnect = lambda *_: self.gone.set()
        port = broker.gateway_port if name == GATEWAY_USER else broker.port
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert connected.wait(SOON_S)

    def _hear(self, message: paho.MQTTMessage) -> None:
        topic = message.topic
        self.heard.append(topic)
        self.bodies.append(bytes(message.payload))
        self.heard_one.set()
        if topic.endswith("/end"):
            self.done.set()

    def subscribe(self, topic: str) -> None:
        """Subscribe and wait until that is granted."""
        self._subscribed.clear()
        self._client.subscribe(topic, 1)
        assert self._subscribed.wait(SOON_S)

    def say(self, topic: str, body: bytes = b"x") -> None:
        """Publish and wait for the acknowledgement."""
        self._client.publish(topic, body, qos=1).wait_for_publish(SOON_S)

    def try_to_say(self, topic: str, body: bytes = b"x") -> None:
        """Publish; Mosquitto may acknowledge what it denies, or hang up: wait for either."""
        over = threading.Event()
        self._client.on_publish = lambda *_: over.set()
        self._client.on_disconnect = lambda *_: (self.gone.set(), over.set())
        self._client.publish(topic, body, qos=1)
        assert over.wait(SOON_S)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()
        # Nothing may refer to itself: only a client that goes at once closes all its sockets.
        self._client.on_message = self._client.on_subscribe = self._client.on_connect = None
        self._client.on_publish = self._client.on_disconnect = None
        del self._client


@contextmanager
def peer(broker: Secured, name: str, client_id: str | None = None) -> Iterator[Peer]:
    """Connect for as long as a test needs it."""
    made = Peer(broker, name, client_id)
    try:
        yield made
    finally:
        made.close()
