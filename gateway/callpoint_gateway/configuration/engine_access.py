"""How a district's engine (NATS) is reached: the keys that gateway and district have in common."""

import ssl
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from callpoint_gateway.configuration import host_name, http_server
from callpoint_gateway.words.said import Said, of, said, said_by

_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


class EngineAccess(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The engine's servers, and the certificates of the connection (files in PEM form).

    ``renewal`` is the address HOST:PORT of the district's enrolment service, which gives a later
    certificate before this one ends; without it a person must see to that.
    """

    servers: Annotated[list[str], Meta(min_length=1)]
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    renewal: str | None = None

    @property
    def renewal_place(self) -> tuple[str, int] | None:
        """Host and port of ``renewal``, which was checked when it was loaded."""
        return None if self.renewal is None else place_of(self.renewal)

    @property
    def tls(self) -> ssl.SSLContext | None:
        """The TLS context of the connection; None: the engine is on this machine, without TLS.

        OSError: a file cannot be used.
        """
        if self.ca_file is None:
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate_file is not None:
            # Without a password nobody is asked for it: a service has no terminal.
            context.load_cert_chain(self.certificate_file, self.key_file, password="")
        return context

    def access_mistake(self) -> tuple[str, Said] | None:
        """Return the key and what is wrong with it; None if nothing."""
        for server in self.servers:
            host = _host(server)
            if host is None:
                return "servers", of("servers", said("upstream.server", server=server))
            if self.ca_file is None and host not in _THIS_MACHINE:
                return "ca_file", of("ca_file", said("upstream.in_clear"))
        if self.renewal is not None and place_of(self.renewal) is None:
            return "renewal", of("renewal", said("upstream.place", place=self.renewal))
        if (self.certificate_file is None) != (self.key_file is None):
            return "certificate_file", of("certificate_file", said("config.pair"))
        for key in ("ca_file", "certificate_file", "key_file"):
            file = getattr(self, key)
            try:
                if file is not None:
                    Path(file).read_bytes()
            except OSError as error:
                return key, of(key, said("config.file", field=key, file=file, why=said_by(error)))
        if wrong := http_server.mistake(None, self.ca_file):
            return wrong
        try:
            self.tls  # noqa: B018 - a certificate that cannot be used must show now
        except OSError:  # SSLError is one
            return "certificate_file", of("certificate_file", said("upstream.no_pair"))
        return None


def place_of(text: str) -> tuple[str, int] | None:
    """Return host and port of ``HOST:PORT``; None: it is no such. IPv6 stands in brackets."""
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or not port or parts.netloc != text or parts.username is not None:
        return None
    return None if host_name.mistake(host) else (host, port)


def _host(server: str) -> str | None:
    """Return the host of ``nats://host:port`` or ``tls://host:port``; None: it is no such."""
    try:
        parts = urlsplit(server)
        _ = parts.port  # ValueError: it is no number, or none of a port
    except ValueError:
        return None
    bare = parts.hostname
    rest = parts.path or parts.query or parts.fragment or parts.username is not None
    if parts.scheme not in ("nats", "tls") or not bare or rest or host_name.mistake(bare):
        return None
    return bare
