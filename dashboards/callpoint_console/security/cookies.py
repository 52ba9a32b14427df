"""The cookies of sessions and browsers.

Over TLS their names begin with ``__Host-``: no other name of the domain, and no page without TLS,
can set them (RFC 6265bis, 4.1.3.2). ``Lax``, so that a link in a message opens a page signed in.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from callpoint_console.accounts.credentials import DEVICE_MS
from callpoint_console.accounts.sign_in import SignedIn

_SESSION: Final = "callpoint-session"
_DEVICE: Final = "callpoint-browser"
_SCREEN_S: Final = 400 * 86_400  # browsers keep none longer (RFC 6265bis, 5.5)


def _name(request: Request, plain: str) -> str:
    return f"__Host-{plain}" if request.url.scheme == "https" else plain


def session_token(request: Request) -> str:
    """Return the token of the session's cookie, "" without one."""
    return request.cookies.get(_name(request, _SESSION), "")


def device_token(request: Request) -> str:
    """Return the token of the browser's cookie, "" without one."""
    return request.cookies.get(_name(request, _DEVICE), "")


def set_cookies(
    request: Request, response: Response, signed_in: SignedIn, *, screen: bool = False
) -> None:
    """Give the browser its session, which is over when the browser ends, except a screen's."""
    secure = request.url.scheme == "https"
    response.set_cookie(
        _name(request, _SESSION),
        signed_in.session,
        max_age=_SCREEN_S if screen else None,
        secure=secure,
        httponly=True,
        samesite="lax",
    )
    if signed_in.device:
        response.set_cookie(
            _name(request, _DEVICE),
            signed_in.device,
            max_age=DEVICE_MS // 1000,
            secure=secure,
            httponly=True,
            samesite="lax",
        )


def forget_session(request: Request, response: Response) -> None:
    """Take the session's cookie from the browser."""
    response.delete_cookie(
        _name(request, _SESSION),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
