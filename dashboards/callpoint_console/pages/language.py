"""``POST /language``: the language of a browser, where no account has chosen one."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from callpoint_console.rendering import LANGUAGE_COOKIE
from callpoint_gateway.words.text import LANGUAGES

YEAR_S = 365 * 86_400


def local(address: str) -> str:
    """Return an address of this console, ``/`` where another one was given."""
    plain = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if plain and address.isprintable() else "/"


async def choose(request: Request) -> Response:
    """Remember the language and show the same page again."""
    form = await request.form()
    answer = RedirectResponse(local(str(form.get("to", "/"))), 303)
    chosen = form.get("language")
    if chosen in LANGUAGES:
        secure = request.url.scheme == "https"
        answer.set_cookie(
            LANGUAGE_COOKIE, str(chosen), YEAR_S, secure=secure, httponly=True, samesite="lax"
        )
    return answer


ROUTES = [Route("/language", choose, methods=["POST"])]
