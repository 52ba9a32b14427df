"""``POST /language``: the language of a browser, and of the account that is signed in there."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from callpoint_console.rendering import LANGUAGE_COOKIE
from callpoint_console.security.endpoints import public
from callpoint_console.security.hosts import local_path
from callpoint_gateway.words.text import LANGUAGES

YEAR_S = 365 * 86_400


@public()
async def choose(request: Request) -> Response:
    """Remember the language and show the same page again."""
    form = await request.form()
    answer = RedirectResponse(local_path(str(form.get("to", "/"))), 303)
    chosen = form.get("language")
    if chosen in LANGUAGES:
        accounts, account = request.app.state.accounts, getattr(request.state, "account", None)
        if account is not None:
            set_language = accounts.store.set_language
            await accounts.database.in_thread(set_language, account.id, str(chosen))
        secure = request.url.scheme == "https"
        answer.set_cookie(
            LANGUAGE_COOKIE, str(chosen), YEAR_S, secure=secure, httponly=True, samesite="lax"
        )
    return answer


ROUTES = [Route("/language", choose, methods=["POST"])]
