"""Checks the URL of an HTTP server and the certificate authorities for it.

The check of the configuration and the connection (``transport.http``) use the same functions, so
a URL that has passed the check can be used.
"""

import ipaddress
import ssl
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from callpoint_gateway.host.loopback import on_this_machine
from callpoint_gateway.words.said import Said, of, said, said_by

# The beginning of a valid URL, without user and password.
PATTERN: Final = r"^https?://[^/\s@]+"


class HttpServer(msgspec.Struct, frozen=True):
    """A checked URL, in ASCII. ``base``: without its query. ``host``: IPv6 without brackets."""

    url: str
    base: str
    host: str

    @property
    def secure(self) -> bool:
        """Whether it is reached over TLS."""
        return self.url.startswith("https:")

    @property
    def on_this_machine(self) -> bool:
        """Whether the host is a loopback address or ``localhost``."""
        return on_this_machine(self.host)


def http_server(url: str) -> HttpServer:
    """Return a checked URL. ValueError: it says why the URL cannot be used.

    Characters beyond ASCII are percent-encoded (RFC 3986, 2.1), those of the host by IDNA.
    """
    if not url.isprintable():
        raise ValueError(said("url.unprintable"))
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(said("url.begins"))
    if parts.username is not None:
        raise ValueError(said("url.user"))
    host = _host(parts)
    bracketed = f"[{host}]" if ":" in host else host
    if parts.port == 0:
        raise ValueError(said("url.port_0"))
    port = "" if parts.port is None else f":{parts.port}"
    try:
        whole = parse_url(parts._replace(netloc=f"{bracketed}{port}", fragment="").geturl())
    except LocationParseError as error:
        raise ValueError(said("url.no_url")) from error
    return HttpServer(whole.url, whole._replace(query=None).url, host)


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if ":" in host:
        ipaddress.IPv6Address(host)
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError as error:
        raise ValueError(said("url.no_host", host=host)) from error


def trust(ca_file: str | None) -> ssl.SSLContext:
    """Return a context that trusts the authorities in ``ca_file``; None: the system's.

    ValueError: the file cannot be used.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError as error:
        raise ValueError(said("ca.no_pem", file=str(ca_file))) from error
    except OSError as error:
        raise ValueError(said("ca.unreadable", file=str(ca_file), why=said_by(error))) from error


def mistake(url: str | None, ca_file: str | None) -> tuple[str, Said] | None:
    """Return the key (``url`` or ``ca_file``) and what is wrong with it; None if nothing."""
    if url is not None:
        try:
            http_server(url)
        except ValueError as error:
            return "url", of("url", said_by(error))
    if ca_file is not None:
        try:
            trust(ca_file)
        except ValueError as error:
            return "ca_file", of("ca_file", said_by(error))
    return None
