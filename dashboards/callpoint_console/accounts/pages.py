"""The pages on which people sign in, and look after their own account."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from callpoint_console.accounts.account import Kind
from callpoint_console.accounts.form import accounts_of_request, browser_of, given, refused_text
from callpoint_console.accounts.role_names import grants_text
from callpoint_console.accounts.sessions import Stage
from callpoint_console.accounts.sign_in import Refused, SignedIn
from callpoint_console.rendering import language_of, page
from callpoint_console.security.cookies import forget_session, set_cookies
from callpoint_console.security.endpoints import public, signed_in
from callpoint_console.security.hosts import local_path

ANY_STAGE: Final = tuple(Stage)
FIRST_LINE: Final = "callpoint user add admin --role admin"


async def onward(request: Request) -> str:
    """Return where somebody wants to go after this page."""
    asked = (await given(request, "next")) or request.query_params.get("next", "")
    return local_path(asked)


def entered(request: Request, signed: SignedIn, to: str, *, screen: bool = False) -> Response:
    """Go on with a new cookie; what the session must do first comes before ``to``."""
    response = RedirectResponse(to, 303)
    set_cookies(request, response, signed, screen=screen)
    return response


async def _login_page(
    request: Request, said: str = "", login: str = "", status: int = 200
) -> Response:
    accounts = accounts_of_request(request)
    return page(
        request,
        "accounts/login.html",
        status,
        said=said,
        login=login,
        next=await onward(request),
        first=await accounts.database.in_thread(accounts.store.empty),
        command=FIRST_LINE,
    )


@public()
async def login(request: Request) -> Response:
    """Ask for login name and password; or, as long as nobody has any, say what to type."""
    if request.method != "POST":
        session = request.state.session
        if session is not None and session.stage is Stage.FULL:
            return RedirectResponse(await onward(request), 303)
        return await _login_page(request)
    accounts = accounts_of_request(request)
    name = await given(request, "login")
    answer = await accounts.sign_in.with_password(
        name, await given(request, "password"), browser_of(request)
    )
    if isinstance(answer, Refused):
        text = refused_text(request, answer, "sign_in.wrong")
        status = 429 if answer.wait_s else 403
        return await _login_page(request, text, name[:64], status)
    if (before := request.state.session) is not None:
        end = accounts.sessions.end
        await accounts.database.in_thread(end, before.account.id, before.number)
    return entered(request, answer, await onward(request))


@signed_in(*ANY_STAGE)
async def logout(request: Request) -> Response:
    """End the session."""
    accounts, session = accounts_of_request(request), request.state.session
    await accounts.database.in_thread(accounts.sessions.end, session.account.id, session.number)
    response = RedirectResponse("/login", 303)
    forget_session(request, response)
    return response


@signed_in(Stage.FACTOR)
async def second_factor(request: Request) -> Response:
    """Ask for a code."""
    said, status = "", 200
    if request.method == "POST":
        answer = await accounts_of_request(request).sign_in.with_factor(
            request.state.session, await given(request, "code"), browser_of(request)
        )
        if isinstance(answer, SignedIn):
            return entered(request, answer, await onward(request))
        said = refused_text(request, answer, "sign_in.wrong_code")
        status = 429 if answer.wait_s else 403
    return page(
        request, "accounts/second_factor.html", status, said=said, next=await onward(request)
    )


@signed_in(*ANY_STAGE)
async def account(request: Request) -> Response:
    """Show the account's own roles, second factor and sessions."""
    return await _account_page(request)


async def _account_page(request: Request, said: str = "", status: int = 200) -> Response:
    accounts, session = accounts_of_request(request), request.state.session
    in_thread = accounts.database.in_thread
    return page(
        request,
        "accounts/mine.html",
        status,
        said=said,
        roles=grants_text(session.account.grants, language_of(request)),
        person=session.account.kind is Kind.PERSON,
        codes_left=await in_thread(accounts.credentials.recovery_codes_left, session.account.id),
        sessions=await in_thread(accounts.sessions.of, session.account.id),
        this=session.number,
        time=accounts.time,
    )


@signed_in(screens=False)
async def end_sessions(request: Request) -> Response:
    """End another session of the account, or all others."""
    accounts, session = accounts_of_request(request), request.state.session
    which = await given(request, "end")
    in_thread = accounts.database.in_thread
    if which == "others":
        await in_thread(accounts.sessions.end_others, session)
    elif which.isdecimal() and len(which) < 16:
        await in_thread(accounts.sessions.end, session.account.id, int(which))
    return RedirectResponse("/account", 303)
