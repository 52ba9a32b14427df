"""Which addresses the console answers under, and from whose pages it takes forms.

A page of a stranger may send a form here, or have its own name point to this machine (DNS
rebinding). The first shows in ``Origin`` (RFC 6454, 7; Fetch, 3.2), the second in ``Host``.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from callpoint_gateway.configuration.console import ConsoleSettings

_HERE: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Stranger(StrEnum):
    """What is wrong with a request; the values are keys of ``words.refusals``."""

    HOST = "stranger.host"  # it is for another address
    SCHEME = "stranger.scheme"  # it came unencrypted, though people type https://
    ORIGIN = "stranger.origin"  # a page of somebody else sent it


class Hosts:
    """The addresses of one console."""

    def __init__(self, settings: ConsoleSettings) -> None:
        """Take the public address and the one it listens on."""
        public = urlsplit(settings.url)
        self._public = public.netloc.lower()
        self._scheme = public.scheme
        self._origin = f"{public.scheme}://{self._public}"
        host = f"[{settings.listen}]" if ":" in settings.listen else settings.listen
        self._names = _HERE | {host}

    def refused(self, method: str, scheme: str, headers: Mapping[str, str]) -> Stranger | None:
        """Return what is wrong with a request; None: nothing. ``scheme``: http or https."""
        host = headers.get("host", "").lower()
        if host == self._public:
            if scheme != self._scheme:
                return Stranger.SCHEME
        elif _without_port(host) not in self._names:
            return Stranger.HOST
        if method in ("GET", "HEAD", "OPTIONS"):
            return None
        origin = headers.get("origin")
        if origin is None:
            # Every browser of the last years sends one of the two with a form.
            same = headers.get("sec-fetch-site") == "same-origin"
            return None if same else Stranger.ORIGIN
        return None if origin.lower() in (self._origin, f"{scheme}://{host}") else Stranger.ORIGIN


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host


def local_path(text: str, otherwise: str = "/") -> str:
    """Return a path of this console to go on to, or ``otherwise`` for any other address.

    Browsers take a backslash for a slash, and skip tabs and line ends (URL, 4.4).
    """
    if len(text) > 1000 or not text.startswith("/") or text.startswith(("//", "/\\")):
        return otherwise
    return text if text.isprintable() and "\\" not in text else otherwise
