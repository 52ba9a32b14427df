"""Serves the page to a browser of this machine: 127.0.0.1 only, where Web Serial is allowed."""

import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from string import Template
from typing import Final, NamedTuple

from callpoint_gateway.words.text import LANGUAGES
from callpoint_gateway.words.words import Words
from callpoint_technician.chips import CHIPS
from callpoint_technician.image.parts import FlashPart

HOST: Final = "127.0.0.1"
_HERE: Final = Path(__file__).parent
_TOOLS: Final = _HERE / "esp-web-tools"
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Permissions-Policy": "serial=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_NAMES: Final = {"en": "English", "zh": "中文"}


class Answer(NamedTuple):
    """What is at an address."""

    kind: str
    content: bytes


def answers(images: Mapping[str, Sequence[FlashPart]]) -> dict[str, Answer]:
    """Return all that is served, by path. ``images``: parts by chip; never an identity."""
    found = {
        f"/tools/{file.name}": Answer("text/javascript", file.read_bytes())
        for file in _TOOLS.glob("*.js")
    }
    found["/page.css"] = Answer("text/css", (_HERE / "page.css").read_bytes())
    builds = []
    for chip, parts in images.items():
        listed = []
        for part in parts:
            if part.data:
                path = f"/parts/{chip}/{part.offset:06x}.bin"
                found[path] = Answer("application/octet-stream", part.data)
                listed.append({"path": path, "offset": part.offset})
        builds.append({"chipFamily": CHIPS[chip].title, "parts": listed})
    manifest = {
        "name": "Callpoint",
        "version": version("callpoint"),
        # What an earlier device left in its flash is not in the parts.
        "new_install_prompt_erase": True,
        # The firmware has no identity yet, so it offers nothing to set.
        "new_install_improv_wait_time": 0,
        "builds": builds,
    }
    found["/manifest.json"] = Answer("application/json", json.dumps(manifest).encode())
    for language in LANGUAGES:
        found[f"/{language}"] = Answer("text/html; charset=utf-8", _page(language, images))
    return found


def _page(language: str, images: Mapping[str, Sequence[FlashPart]]) -> bytes:
    words = Words(language)
    other = next(each for each in LANGUAGES if each != language)
    texts = {
        "title": words("flash.web.title"),
        "what": words("flash.web.what"),
        "without": words("flash.web.without"),
        "plug": words("flash.web.plug"),
        "choose": words("flash.web.choose"),
        "button": words("flash.web.button"),
        "unsupported": words("flash.web.unsupported"),
        "not_allowed": words("flash.web.not_allowed"),
        "parts": words("flash.web.parts"),
        "language": language,
        "other": other,
        "other_name": _NAMES[other],
    }
    rows = [
        f"<li>{CHIPS[chip].title}, {part.offset:#x}, {part.name}: SHA-256 "
        f"<code>{hashlib.sha256(part.data).hexdigest()}</code></li>"
        for chip, parts in images.items()
        for part in parts
        if part.data
    ]
    filled = {name: html.escape(text) for name, text in texts.items()}
    template = Template((_HERE / "page.html").read_text(encoding="utf-8"))
    return template.substitute(filled, images="\n".join(rows)).encode()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, served: Mapping[str, Answer], first: str, *given: object) -> None:
        self._served, self._first = served, first
        super().__init__(*given)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer what is served, and nothing to who came by another name (DNS rebinding)."""
        assert isinstance(self.server, ThreadingHTTPServer)
        port = self.server.server_port
        if self.headers.get("Host") not in (f"{HOST}:{port}", f"localhost:{port}"):
            self._answer(403, Answer("text/plain", b""))
        elif self.path == "/":
            self._answer(200, self._served[self._first])
        elif self.path in self._served:
            self._answer(200, self._served[self.path])
        else:
            self._answer(404, Answer("text/plain", b""))

    def _answer(self, status: int, answer: Answer) -> None:
        self.send_response(status)
        headers = {"Content-Type": answer.kind, "Content-Length": str(len(answer.content))}
        for name, value in (headers | _HEADERS).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *_: object) -> None:
        """Write no line for each request."""


def server(
    images: Mapping[str, Sequence[FlashPart]], language: str, port: int = 0
) -> ThreadingHTTPServer:
    """Return the server on a port of this machine, 0: any; ``serve_forever`` runs it. OSError."""
    handler = partial(_Handler, answers(images), f"/{language}")
    return ThreadingHTTPServer((HOST, port), handler)
