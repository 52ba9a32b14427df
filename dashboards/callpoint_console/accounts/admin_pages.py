"""The pages of the admin: all accounts, and who looked at people's records."""

import asyncio
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from callpoint_console.accounts.account import Kind, login_name
from callpoint_console.accounts.assembly import Accounts
from callpoint_console.accounts.form import accounts_of_request, given, text_of
from callpoint_console.accounts.looks import KINDS
from callpoint_console.accounts.role_names import grants_text, role_names, typed_grant
from callpoint_console.accounts.roles import Grant, GrantMistake, grant
from callpoint_console.accounts.store import LastAdmin, LoginTaken, NoAccount
from callpoint_console.rendering import language_of, page
from callpoint_console.security.endpoints import WHOLE_SITE, for_roles
from callpoint_gateway.control.roles import Role
from callpoint_gateway.words.text import LANGUAGES

ADMINS: Final = frozenset({Role.ADMIN})
_SHOWN: Final = 100


class Mistake(ValueError):
    """What was typed cannot be done; the text says why, in the language of the request."""


async def _list(request: Request, said: str = "", link: str = "", link_for: str = "") -> Response:
    accounts = accounts_of_request(request)
    return page(
        request,
        "accounts/list.html",
        409 if said else 200,
        said=said,
        link=link,
        link_for=link_for,
        accounts=await accounts.database.in_thread(accounts.store.all),
        roles=role_names(language_of(request)),
        granted=lambda grants: grants_text(grants, language_of(request)),
    )


def _grants(request: Request, accounts: Accounts, text: str, kind: Kind) -> list[Grant]:
    """Return the roles that were typed. Mistake: one is none."""
    try:
        parts = [part.strip() for part in text.replace("，", ",").replace("、", ",").split(",")]
        grants = [grant(typed_grant(part)) for part in parts if part]
    except GrantMistake as wrong:
        roles = role_names(language_of(request))
        raise Mistake(text_of(request, "accounts.bad_role", text=wrong, roles=roles)) from None
    if not grants:
        raise Mistake(text_of(request, "accounts.no_role"))
    for _, place in grants:
        if place and place not in accounts.tree:
            raise Mistake(text_of(request, "accounts.bad_place", place=place))
    if kind is Kind.SCREEN and {role for role, _ in grants} != {Role.VIEWER}:
        raise Mistake(text_of(request, "accounts.only_viewer"))
    return grants


@for_roles(ADMINS, place=WHOLE_SITE)
async def accounts(request: Request) -> Response:
    """Show every account, and add one."""
    if request.method != "POST":
        return await _list(request)
    known = accounts_of_request(request)
    kind = Kind.SCREEN if await given(request, "kind") == Kind.SCREEN else Kind.PERSON
    login, language = login_name(await given(request, "login")), await given(request, "language")
    if login is None:
        return await _list(request, text_of(request, "accounts.bad_login"))
    try:
        typed = await given(request, "roles")
        grants = await asyncio.to_thread(_grants, request, known, typed, kind)
        chosen = language if language in LANGUAGES else language_of(request)
        token = await known.database.in_thread(known.store.add, login, grants, chosen, kind)
    except Mistake as wrong:
        return await _list(request, str(wrong))
    except LoginTaken:
        return await _list(request, text_of(request, "accounts.taken", login=login))
    return await _list(request, link=known.link(token, kind), link_for=login)


@for_roles(ADMINS, place=WHOLE_SITE)
async def change(request: Request) -> Response:
    """Change one account."""
    login = request.path_params["login"]
    try:
        return await _changed(request, login, await given(request, "do"))
    except Mistake as wrong:
        return await _list(request, str(wrong))
    except LastAdmin:
        return await _list(request, text_of(request, "accounts.last_admin"))
    except NoAccount:
        return await _list(request, text_of(request, "accounts.gone", login=login))


async def _changed(request: Request, login: str, what: str) -> Response:
    known = accounts_of_request(request)
    in_thread, store = known.database.in_thread, known.store
    account = await in_thread(store.find, login)
    if what == "roles":
        typed = await given(request, "roles")
        wanted = await asyncio.to_thread(_grants, request, known, typed, account.kind)
        taken = [each for each in account.grants if each not in wanted]
        await in_thread(store.regrant, login, wanted, taken)
    elif what == "log-out":
        await in_thread(store.log_out, login)
    elif what in ("disable", "enable"):
        await in_thread(store.disable, login, disabled=what == "disable")
    elif what in ("link", "link-and-factor"):
        token = await in_thread(store.reset, login, factor=what == "link-and-factor")
        return await _list(request, link=known.link(token, account.kind), link_for=login)
    return await _list(request)


@for_roles(ADMINS, place=WHOLE_SITE)
async def looks(request: Request) -> Response:
    """Show who looked at people's records, the newest look first."""
    known, query = accounts_of_request(request), request.query_params
    by, place, before = query.get("by", ""), query.get("place", ""), query.get("before", "")
    start = int(before) if before.isdecimal() and len(before) < 16 else None
    found = await known.database.in_thread(known.looks.looks, by, place, start, _SHOWN)
    more = {"by": by, "place": place, "before": found[-1].number} if len(found) == _SHOWN else None
    return page(
        request,
        "accounts/looks.html",
        by=by,
        place=place,
        looks=found,
        kinds=KINDS,
        older=f"/looks?{urlencode(more)}" if more else "",
        time=known.time,
    )
