"""The pages on which people choose a password, and one-time links."""

from starlette.requests import Request
from starlette.responses import Response

from callpoint_console.accounts.account import Kind
from callpoint_console.accounts.form import (
    accounts_of_request,
    browser_of,
    given,
    refused_text,
    text_of,
)
from callpoint_console.accounts.pages import entered, onward
from callpoint_console.accounts.passwords import LEAST, mistake, normal
from callpoint_console.accounts.sessions import Stage
from callpoint_console.accounts.sign_in import SignedIn
from callpoint_console.rendering import page
from callpoint_console.security.endpoints import public, signed_in


async def _password_page(
    request: Request, login: str, action: str, said: str = "", *, old: bool
) -> Response:
    return page(
        request,
        "accounts/password.html",
        403 if said else 200,
        login=login,
        action=action,
        said=said,
        old=old,
        least=LEAST,
        next=await onward(request),
    )


async def _chosen(request: Request, login: str) -> tuple[str, str]:
    """Return the new password and why it is refused, "" if it is not."""
    new = await given(request, "new")
    if normal(new) != normal(await given(request, "again")):
        return new, text_of(request, "password.differ")
    why = mistake(new, login)
    return new, text_of(request, why) if why else ""


@signed_in(Stage.PASSWORD, Stage.FULL, screens=False)
async def password(request: Request) -> Response:
    """Change the password; every other session of the account ends."""
    accounts, session = accounts_of_request(request), request.state.session
    account = session.account
    if request.method != "POST":
        return await _password_page(request, account.login, "/password", old=True)
    new, said = await _chosen(request, account.login)
    old = await given(request, "old")
    if not said and normal(new) == normal(old):
        said = text_of(request, "password.same")
    if not said and (refused := await accounts.sign_in.checked_password(session, old)):
        said = refused_text(request, refused, "password.wrong")
    if said:
        return await _password_page(request, account.login, "/password", said, old=True)
    signed = await accounts.sign_in.set_password(
        account, new, browser_of(request), factor=session.factor_ms is not None, link=None
    )
    assert signed is not None
    return entered(request, signed, await onward(request))


@public()
async def welcome(request: Request) -> Response:
    """Let the reader of a one-time link choose a password. Opening it uses nothing up."""
    accounts, token = accounts_of_request(request), request.path_params["token"]
    account = await accounts.database.in_thread(accounts.store.linked, token, Kind.PERSON)
    if account is None:
        return page(request, "accounts/link_over.html", 410)
    request.state.reader = account
    action = f"/welcome/{token}"
    if request.method != "POST":
        return await _password_page(request, account.login, action, old=False)
    new, said = await _chosen(request, account.login)
    if said:
        return await _password_page(request, account.login, action, said, old=False)
    signed = await accounts.sign_in.set_password(
        account, new, browser_of(request), factor=False, link=token
    )
    if signed is None:
        return page(request, "accounts/link_over.html", 410)
    return entered(request, signed, "/")


@public()
async def screen(request: Request) -> Response:
    """Let a browser on a wall show the site, once per link."""
    accounts, token = accounts_of_request(request), request.path_params["token"]
    in_thread = accounts.database.in_thread
    account = await in_thread(accounts.store.linked, token, Kind.SCREEN)
    if account is None:
        return page(request, "accounts/link_over.html", 410)
    request.state.reader = account
    if request.method != "POST":
        action = f"/screen/{token}"
        return page(request, "accounts/screen.html", login=account.login, action=action)
    if not await in_thread(accounts.credentials.use_link, token, account.id):
        return page(request, "accounts/link_over.html", 410)
    browser = browser_of(request)
    session = await in_thread(
        accounts.sessions.begin, account.id, browser.address, browser.description
    )
    return entered(request, SignedIn(session, ""), "/wall", screen=True)
