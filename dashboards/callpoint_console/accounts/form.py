"""What the handlers of the accounts' pages need of a request."""

from starlette.requests import Request

from callpoint_console.accounts.assembly import Accounts
from callpoint_console.accounts.sign_in import Browser, Refusal, Refused
from callpoint_console.rendering import language_of, words_in
from callpoint_console.security.cookies import device_token


def accounts_of_request(request: Request) -> Accounts:
    """Return the accounts of the console that serves a request."""
    accounts: Accounts = request.app.state.accounts
    return accounts


async def given(request: Request, field: str) -> str:
    """Return a field of the form that was sent, "" if it has none."""
    if request.method != "POST":
        return ""
    value = (await request.form()).get(field)
    return value if isinstance(value, str) else ""


def browser_of(request: Request) -> Browser:
    """Return where a request comes from."""
    address = request.client.host if request.client else ""
    return Browser(address, request.headers.get("user-agent", ""), device_token(request))


def text_of(request: Request, key: str, **values: object) -> str:
    """Return a sentence in the language of the request."""
    return words_in(language_of(request))(key, **values)


def refused_text(request: Request, refused: Refused, wrong: str) -> str:
    """Return why nobody was signed in; ``wrong``: the key of what was typed wrong."""
    keys = {
        Refusal.WRONG: wrong,
        Refusal.WAIT: "sign_in.wait",
        Refusal.BUSY: "sign_in.busy",
    }
    return text_of(request, keys[refused.why], seconds=refused.wait_s)
