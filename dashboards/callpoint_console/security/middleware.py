"""The outermost layer of the pages: refuses strangers' requests, and adds the headers."""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callpoint_console.security.hosts import Hosts, Stranger
from callpoint_console.words.refusals import REFUSALS
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.words.text import LANGUAGES

#: Nothing from elsewhere, nothing inline (CSP level 3).
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # "no-referrer" would make browsers send the console's own forms with the origin "null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_YEAR_S: Final = 31_536_000


class Security:
    """Passes on what is meant for this console. Websockets are refused: no page uses any."""

    def __init__(self, app: ASGIApp, settings: ConsoleSettings) -> None:
        """Stand before ``app``."""
        self._app = app
        self._hosts = Hosts(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        https = scope["scheme"] == "https"

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                if https:
                    headers.setdefault("Strict-Transport-Security", f"max-age={_YEAR_S}")
            await send(message)

        refused = self._hosts.refused(scope["method"], scope["scheme"], Headers(scope=scope))
        app = self._app if refused is None else _refusal(refused)
        await app(scope, receive, with_headers)


def _refusal(refused: Stranger) -> PlainTextResponse:
    """Answer in both languages: who asks has no page of this console in a language."""
    text = REFUSALS[refused]
    both = "\n".join(text.in_(language) for language in LANGUAGES)
    return PlainTextResponse(f"{both}\n", 421 if refused is Stranger.HOST else 403)
