"""The pages on which people set up and renew their second factor."""

import pyotp
import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from callpoint_console.accounts.form import (
    accounts_of_request,
    browser_of,
    given,
    refused_text,
    text_of,
)
from callpoint_console.accounts.pages import entered, onward
from callpoint_console.accounts.sessions import Stage
from callpoint_console.accounts.sign_in import SignedIn
from callpoint_console.rendering import page
from callpoint_console.security.cookies import set_cookies
from callpoint_console.security.endpoints import signed_in


@signed_in(Stage.ENROL, Stage.FULL, screens=False)
async def set_up(request: Request) -> Response:
    """Show the key of a new second factor; the first code from it puts it in force."""
    accounts, session = accounts_of_request(request), request.state.session
    account = session.account
    if account.factor:
        return RedirectResponse("/account", 303)
    in_thread = accounts.database.in_thread
    said = ""
    if request.method == "POST":
        code = await given(request, "code")
        codes = await in_thread(accounts.credentials.confirm_factor, account.id, code)
        if codes is not None:
            token = await in_thread(accounts.sessions.renew, session, factor=True)
            return await _recovery_codes(request, codes, token)
        said = text_of(request, "sign_in.wrong_code")
    key = await in_thread(accounts.credentials.pending_factor, account.id)
    return page(
        request,
        "accounts/set_up_factor.html",
        403 if said else 200,
        said=said,
        key=" ".join(key[start : start + 4] for start in range(0, len(key), 4)),
        picture=_picture(key, account.login, accounts.site),
        next=await onward(request),
    )


def _picture(key: str, login: str, site: str) -> Markup:
    """Return the key as a QR code, drawn without any style that the policy forbids.

    Source: the key URI format of Google Authenticator (otpauth://totp/...).
    """
    uri = pyotp.TOTP(key, name=login, issuer=f"Callpoint {site}").provisioning_uri()
    drawn = segno.make(uri, error="m").svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True
    )
    return Markup(drawn)


async def _recovery_codes(request: Request, codes: list[str], token: str) -> Response:
    response = page(
        request, "accounts/recovery_codes.html", codes=codes, next=await onward(request)
    )
    set_cookies(request, response, SignedIn(token, ""))
    return response


@signed_in(screens=False)
async def renew(request: Request) -> Response:
    """Give new recovery codes, or begin to set up another factor; a code of the present is due."""
    accounts, session = accounts_of_request(request), request.state.session
    in_thread, account = accounts.database.in_thread, session.account
    refused = await accounts.sign_in.checked_factor(
        session, await given(request, "code"), browser_of(request)
    )
    if refused is not None:
        text = refused_text(request, refused, "sign_in.wrong_code")
        return page(request, "accounts/refused.html", 403, text=text)
    if await given(request, "do") == "anew":
        await in_thread(accounts.credentials.remove_factor, account.id)
        token = await in_thread(accounts.sessions.renew, session)
        return entered(request, SignedIn(token, ""), "/second-factor/set-up")
    codes = await in_thread(accounts.credentials.new_recovery_codes, account.id)
    token = await in_thread(accounts.sessions.renew, session)
    return await _recovery_codes(request, codes, token)
