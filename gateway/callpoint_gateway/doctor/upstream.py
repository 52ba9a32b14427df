"""Examines the line to the district: whether its engine is there and lets this gateway in."""

import socket
import ssl
import time
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import msgspec

from callpoint_gateway.configuration.engine_access import EngineAccess
from callpoint_gateway.doctor.findings import Finding, bad, ok, warn
from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.words.said import said, said_by

#: How long a server may take, in seconds.
WITHIN_S: Final = 5.0
_PORT: Final = 4222
_MOST: Final = 64 * 1024


class Introduced(msgspec.Struct, frozen=True):
    """What an engine says of itself to each client (INFO of the NATS client protocol)."""

    server_id: str = ""
    version: str = ""
    jetstream: bool = False


class Refuses(OSError):
    """The engine has answered that it does not let this client in."""


def line(upstream: EngineAccess | None) -> Iterator[Finding]:
    """Examine each server of the engine, and whether somebody renews the certificate."""
    if upstream is None:
        return
    for server in upstream.servers:
        what = said("doctor.engine", server=server)
        try:
            found = introduced(server, upstream.tls)
        except Refuses as error:
            yield bad(what, said("doctor.engine_refuses", why=str(error)), _ENROL)
        except ssl.SSLError as error:
            why = said("doctor.engine_tls", why=error.reason or str(error))
            yield bad(what, why, _ENROL)
        except OSError as error:
            yield bad(what, said_by(error), said("upstream.away.do"))
        else:
            if found.jetstream:
                yield ok(what, said("doctor.engine_lets_in", version=found.version))
            else:
                yield bad(what, said("doctor.no_store"), said("doctor.engine_config.do"))
    if upstream.certificate_file is not None and upstream.renewal is None:
        text = said("doctor.upstream_not_renewed")
        yield warn(said("doctor.upstream_renewal"), text, said("doctor.upstream_not_renewed.do"))


_ENROL: Final = said("doctor.engine_refuses.do")


def introduced(server: str, context: ssl.SSLContext | None) -> Introduced:
    """Connect as a client does (NATS client protocol: INFO, CONNECT, PING, PONG). OSError.

    Return what the engine says of itself.
    """
    parts = urlsplit(server)
    host = parts.hostname or ""
    until = time.monotonic() + WITHIN_S
    with socket.create_connection((host, parts.port or _PORT), WITHIN_S) as plain:
        if context is None:
            return _greeted(plain, b'CONNECT {"verbose":false}\r\nPING\r\n', until)
        with context.wrap_socket(plain, server_hostname=host) as tls:
            return _greeted(
                tls, b'CONNECT {"verbose":false,"tls_required":true}\r\nPING\r\n', until
            )


def _greeted(opened: socket.socket, words: bytes, until: float) -> Introduced:
    opened.sendall(words)
    received = b""
    while b"PONG\r\n" not in received:
        opened.settimeout(max(0.01, until - time.monotonic()))
        more = opened.recv(4096)
        received += more
        if b"-ERR" in received:
            text = received.partition(b"-ERR")[2].partition(b"\r\n")[0]
            raise Refuses(text.decode(errors="replace").strip(" '"))
        if not more or len(received) > _MOST:
            raise ConnectionResetError(104, "the engine has closed the connection")
    text = received.partition(b"INFO ")[2].partition(b"\r\n")[0]
    try:
        return msgspec.json.decode(text, type=Introduced)
    except NOT_JSON:
        raise ConnectionError("what answers is no engine") from None
