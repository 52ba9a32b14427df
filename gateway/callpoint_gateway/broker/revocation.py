"""Brings what the authority has revoked to a running Mosquitto, and proves that it counts.

A reload (SIGHUP) makes Mosquitto read its list of revoked certificates and its ACL, and leaves
every connection as it is, that of the revoked device too. So:

1. a certificate made for this is put on the list; once the broker turns it away, the list counts;
2. the ACL denies the device everything: a connection that was made before, and has not said yet
   who it is, is worth nothing;
3. its session is taken over under its client id, which only the gateway's listener allows, and
   ended with all that was left in it.
"""

import os
import signal
import socket
import ssl
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from callpoint_gateway.broker import private_files
from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.broker.book import Place
from callpoint_gateway.broker.certificates import Signer
from callpoint_gateway.broker.configuration import pid_file
from callpoint_gateway.broker.installation import write_lists
from callpoint_gateway.configuration.names import GATEWAY_USER
from callpoint_gateway.words.said import Said, said, said_by

PATIENCE_S = 20.0
_AGAIN_S = 0.1
_HOST = "127.0.0.1"


class NotInForce(Exception):
    """The broker does not know of it yet; ``why`` says why and what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


def enforce(authority: Authority, place: Place, names: Iterable[str]) -> None:
    """Make the broker read the lists again, then end the sessions of ``names``.

    NotInForce when it does not run here, cannot be told or goes on letting revoked ones in.
    What is written counts from its next start in any case.
    """
    canary = authority.canary()
    write_lists(authority, place)
    _tell(Path(place.folder))
    until = time.monotonic() + PATIENCE_S
    while _let_in(authority, place, canary):
        if time.monotonic() > until:
            raise NotInForce(said("revocation.not_counted"))
        time.sleep(_AGAIN_S)
    for name in names:
        _end_session(authority, place, name)


def _tell(folder: Path) -> None:
    file = pid_file(folder)
    restart = said("revocation.restart")
    try:
        number = int(file.read_text())
        if b"mosquitto" not in Path(f"/proc/{number}/cmdline").read_bytes():
            raise NotInForce(said("revocation.old_pid", file=str(file)))
        os.kill(number, signal.SIGHUP)
    except FileNotFoundError as error:
        raise NotInForce(
            said("revocation.not_running", file=str(folder / "mosquitto.conf"), restart=restart)
        ) from error
    except (OSError, ValueError) as error:
        raise NotInForce(said("revocation.untold", why=said_by(error), restart=restart)) from error


@contextmanager
def _trusted(authority: Authority, who: Signer) -> Iterator[ssl.SSLContext]:
    """Yield a context that speaks for ``who``; its key is on disk for this long only."""
    context = ssl.create_default_context(cafile=str(authority.ca_file))
    with tempfile.TemporaryDirectory() as folder:
        chain, key = Path(folder, "chain.pem"), Path(folder, "key.pem")
        private_files.write(chain, who.pem)
        private_files.write(key, who.key_pem)
        context.load_cert_chain(chain, key)
    yield context


def _let_in(authority: Authority, place: Place, who: Signer) -> bool:
    with _trusted(authority, who) as context:
        # At TLS 1.3 a client knows only after the handshake whether it was turned away.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        try:
            with (
                socket.create_connection((_HOST, place.gateway_port), PATIENCE_S) as plain,
                context.wrap_socket(plain, server_hostname=_HOST),
            ):
                return True
        except ConnectionRefusedError as error:
            raise NotInForce(said("revocation.ended")) from error
        except ssl.SSLCertVerificationError as error:
            raise NotInForce(said("revocation.other_broker", port=place.gateway_port)) from error
        except OSError:
            return False


def _end_session(authority: Authority, place: Place, name: str) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=True)
    refused: list[str] = []

    def connected(
        client: paho.Client,
        _data: object,
        _flags: object,
        reason: ReasonCode,
        _properties: object,
    ) -> None:
        if reason.is_failure:
            refused.append(str(reason))
        client.disconnect()

    client.on_connect = connected
    with _trusted(authority, authority.messenger(GATEWAY_USER)) as context:
        client.tls_set_context(context)
        try:
            client.connect(_HOST, place.gateway_port)
            client.loop_forever(retry_first_connection=False)
        except OSError as error:
            refused.append(str(error))
        finally:
            client.on_connect = None
    if refused:
        raise NotInForce(said("revocation.session", name=name, why=refused[0]))
