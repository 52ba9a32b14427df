"""Sends to an SMS or voice gateway: one request, made of the templates in a file.

The file is TOML and only its owner may read it::

    url = "https://sms.example/v1/send"
    content_type = "application/json"
    body = '{"to": "{address}", "text": "{body}", "reference": "{id}"}'
    success = '"code": *0'
    headers = { Authorization = "Bearer secret" }

``{address}``, ``{title}``, ``{body}`` and ``{id}`` are filled in as the content type wants them.
The URL has none: addresses belong into no server's log. For a gateway that takes nothing else,
``method = "GET"`` with a ``query`` in the place of the body makes them a part of the address; the
notifier itself writes that nowhere. Without ``success``, a regular expression
that the answer must have, every status 2xx counts. ``callpoint_gateway.transport.http`` bounds the
exchange and follows no redirect.
"""

import json
import logging
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import quote_plus
from xml.sax.saxutils import escape

import msgspec
from msgspec import Meta

from callpoint_gateway.configuration.http_server import PATTERN
from callpoint_gateway.configuration.toml_file import ConfigError, read
from callpoint_gateway.transport.http import Post
from callpoint_gateway.transport.unreachable import Unreachable
from callpoint_notify.channels.channel import ChannelUnusable, Outgoing, Undelivered

_SILENT: Final = logging.CRITICAL + 1
_FIELD: Final = re.compile(r"\{(address|title|body|id)\}")


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


_ESCAPES: Final[Mapping[str, Callable[[str], str]]] = {
    "application/json": _in_json,
    "application/x-www-form-urlencoded": quote_plus,
    "application/xml": lambda text: escape(text, {'"': "&quot;"}),
    "text/xml": lambda text: escape(text, {'"': "&quot;"}),
    "text/plain": str,
}


class _Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: Annotated[str, Meta(pattern=PATTERN)]
    method: Literal["POST", "GET"] = "POST"
    body: str | None = None
    query: str | None = None
    content_type: str = "application/json"
    success: str | None = None
    headers: dict[str, str] = {}
    ca_file: str | None = None


def _read(path: Path) -> _Request:
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ChannelUnusable("channel.open", path=path)
        return read(path, _Request)
    except OSError as error:
        raise ChannelUnusable("channel.unreadable", path=path, reason=error.strerror) from None
    except ConfigError as error:
        raise ChannelUnusable("sent.said", answer=error) from None


class HttpRequest:
    """One gateway for SMS or voice."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        """Read the templates. ChannelUnusable: they cannot be used."""
        request = _read(path)
        self._request = request
        self._timeout_s = timeout_s
        self._mark = "&" if "?" in request.url else "?"
        kind = request.content_type.partition(";")[0].strip().lower()
        if kind not in _ESCAPES:
            raise ChannelUnusable("channel.content_type", path=path, valid=", ".join(_ESCAPES))
        self._escape = _ESCAPES[kind]
        # Of a GET the library would log the whole address, with what was filled in.
        logging.getLogger("urllib3").setLevel(_SILENT)
        if (request.query is None) != (request.method == "POST"):
            raise ChannelUnusable("channel.query", path=path)
        if (request.body is None) != (request.method == "GET"):
            raise ChannelUnusable("channel.body", path=path)
        if _FIELD.search(request.url):
            raise ChannelUnusable("channel.url_fields", path=path)
        try:
            self._success = re.compile(request.success or "")
            Post(request.url, timeout_s, request.ca_file)
        except re.error:
            raise ChannelUnusable("channel.no_pattern", path=path) from None
        except ValueError as error:
            raise ChannelUnusable("channel.unreadable", path=path, reason=error) from None

    def check(self, address: str) -> None:
        """Nothing: all that can be seen without a request was seen when it was built."""

    def _filled(self, template: str, message: Outgoing, escape: Callable[[str], str]) -> str:
        values = msgspec.structs.asdict(message)
        return _FIELD.sub(lambda field: escape(values[field[1]]), template)

    def send(self, message: Outgoing) -> None:
        """Send one request. Undelivered: the gateway did not take it."""
        request = self._request
        headers = {}
        for name, template in request.headers.items():
            headers[name] = self._filled(template, message, lambda text: text)
        post = Post(request.url, self._timeout_s, request.ca_file)
        try:
            if request.query is not None:
                query = self._filled(request.query, message, quote_plus)
                answer = post.get(f"{request.url}{self._mark}{query}", headers)
            else:
                assert request.body is not None
                body = self._filled(request.body, message, self._escape).encode()
                headers = {"Content-Type": request.content_type} | headers
                answer = post.post(request.url, body, headers)
        except Unreachable as error:
            answered = str(error).removeprefix(f"{post.server.base}: ")
            raise Undelivered("sent.said", answer=answered) from None
        finally:
            post.close()
        if not 200 <= answer.status < 300:
            raise Undelivered("sent.http", status=answer.status)
        if not self._success.search(answer.text):
            raise Undelivered("sent.unlike", status=answer.status)
