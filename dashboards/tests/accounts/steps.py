"""What people do on the pages of accounts, as the tests take it."""

import asyncio
import re

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from callpoint_console.security.endpoints import signed_in

from .office import ADMIN, PASSWORD, Office
from .web import HERE, Web

ORIGIN = {"Origin": HERE}
OTHER = "eight loud herons"


@signed_in()
async def home(request: Request) -> Response:
    return PlainTextResponse(f"home of {request.state.account.login}")


def sign_in(web: Web, login: str, password: str = PASSWORD, to: str = "") -> str:
    """Type login name and password; return where that leads, or what the page says."""
    answer = web.submit("/login", f"/login?next={to}", login=login, password=password, next=to)
    return answer.headers["location"] if answer.status_code == 303 else alert(answer.text)


def alert(text: str) -> str:
    found = re.search(r'class="said-here" role="alert">(.*?)<', text, re.S)
    return found[1] if found else ""


def sign_in_fully(web: Web, office: Office, login: str, secret: str | None) -> None:
    assert secret
    assert sign_in(web, login) == "/"
    answer = web.submit("/second-factor", code=office.code(secret))
    assert answer.headers["location"] == "/"
    office.clock.advance(30)


def admin(web: Web, office: Office) -> None:
    sign_in_fully(web, office, "boss", asyncio.run(office.hire("boss", ADMIN, factor=True)))
