"""``callpoint device``: ask one device to do something, and wait until it says that it has."""

import json
import secrets
import threading
from pathlib import Path

import click
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from callpoint_cli.errors import BAD, MISSING, USAGE, fail
from callpoint_cli.options import config_file
from callpoint_cli.service.run import load
from callpoint_gateway.configuration.config import Config
from callpoint_gateway.ingest import device_messages
from callpoint_protocol import messages, names, topics

CONNECT_S = 5.0
_ORDERS = {name.replace("_", "-"): code for code, name in names.COMMANDS.items()}
_TIMED = ("identify", "walk-test", "siren")


class _Conversation:
    """One command and the telemetry in which the device names its number."""

    def __init__(self, config: Config, device: str) -> None:
        self._config = config
        self._device = device
        self._number = secrets.randbelow(names.MAX_SEQ) + 1
        self._obeyed = threading.Event()
        self._ready = threading.Event()
        self._refusal = ""
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=f"callpoint-order-{secrets.token_hex(4)}"
        )
        broker = config.broker
        if broker.username:
            self._client.username_pw_set(broker.username, broker.password)
        if broker.ca_file:
            self._client.tls_set(broker.ca_file, broker.certificate_file, broker.key_file)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._on_message

    def _topic(self, channel: str) -> str:
        return topics.topic(self._config.gateway.site, self._device, channel)

    def _on_connect(
        self, client: paho.Client, data: object, flags: object, reason: object, properties: object
    ) -> None:
        if getattr(reason, "is_failure", False):
            self._refusal = str(reason)
            self._ready.set()
        else:
            client.subscribe(self._topic(names.TELEMETRY), qos=1)

    def _on_message(self, client: paho.Client, data: object, message: paho.MQTTMessage) -> None:
        try:
            telemetry = device_messages.decode_telemetry(bytes(message.payload))
        except device_messages.MessageRefused:
            return
        if telemetry.ci == self._number:
            self._obeyed.set()

    def hold(self, order: str, seconds: int, patience_s: float) -> bool:
        """Send the command; True when the device has obeyed it in time."""
        broker = self._config.broker
        where = f"{broker.host}:{broker.port}"
        try:
            self._client.connect(broker.host, broker.port)
        except OSError as error:
            fail(f"no broker answers at {where}: {error.strerror or error}", MISSING)
        self._client.loop_start()
        try:
            if not self._ready.wait(CONNECT_S):
                fail(f"the broker at {where} does not answer within {CONNECT_S:g} s", MISSING)
            if self._refusal:
                fail(f"the broker at {where} refuses: {self._refusal}", MISSING)
            body = messages.encode_command(self._number, _ORDERS[order], seconds)
            # QoS 0: the broker keeps none for a device that is away and would obey too late.
            self._client.publish(self._topic(names.CMD), body, qos=0)
            return self._obeyed.wait(patience_s)
        finally:
            self._client.disconnect()
            self._client.loop_stop()


@click.command()
@config_file
@click.argument("name", metavar="DEVICE")
@click.argument("order", type=click.Choice(list(_ORDERS)))
@click.option(
    "--seconds",
    type=click.IntRange(0, names.MAX_COMMAND_S),
    help="How long identify, walk-test or siren lasts; 0 ends it.",
)
@click.option(
    "--wait", "patience_s", type=click.FloatRange(0.1, 300), default=10.0, show_default=True
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def device(
    path: Path, name: str, order: str, seconds: int | None, patience_s: float, as_json: bool
) -> None:
    """Ask DEVICE to identify itself, test itself, restart ... and wait until it has obeyed.

    Example: callpoint device lobby walk-test --seconds 1800 -c gateway.toml
    """
    config, register = load(path)
    if register.device(name) is None:
        fail(f"device {name} is not in the register", USAGE)
    if seconds is None and order in ("walk-test", "siren"):
        fail(f"{order} needs --seconds", USAGE)
    if seconds is not None and order not in _TIMED:
        fail(f"{order} takes no --seconds", USAGE)
    obeyed = _Conversation(config, name).hold(order, seconds or 0, patience_s)
    if as_json:
        click.echo(json.dumps({"device": name, "order": order, "obeyed": obeyed}))
    elif obeyed:
        click.echo(f"{name}: {order}: done")
    if not obeyed:
        fail(f"{name} has not answered within {patience_s:g} s; is it on, and online?", BAD)
