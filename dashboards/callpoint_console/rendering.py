"""Renders pages: the templates, the language of a request, the addresses of static files."""

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from callpoint_console.words.page_words import PageWords
from callpoint_gateway.words.text import LANGUAGES

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
LANGUAGE_COOKIE: Final = "language"
#: For the ``lang`` of a page.
HTML_LANGUAGES: Final = {"en": "en", "zh": "zh-CN"}


@cache
def static(name: str) -> str:
    """Return the address of a static file; it changes with the content, so it may be kept."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


@cache
def words_in(language: str) -> PageWords:
    """Return the texts of one of ``LANGUAGES``."""
    return PageWords(language)


def language_of(request: Request) -> str:
    """Return the language of a request: the account's, else the cookie's, else the browser's.

    Before the browser's comes that of ``reader``, the account to which a one-time link belongs.
    """
    account, reader = (getattr(request.state, each, None) for each in ("account", "reader"))
    cookie = request.cookies.get(LANGUAGE_COOKIE)
    for chosen in (getattr(account, "language", None), cookie, getattr(reader, "language", None)):
        if chosen in LANGUAGES:
            return str(chosen)
    accepted = request.headers.get("accept-language", "").lower()
    wanted = [part.partition(";")[0].strip()[:2] for part in accepted.split(",")]
    return next((language for language in wanted if language in LANGUAGES), LANGUAGES[0])


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["static"] = static
    return environment


#: Every template has ``t``, the texts of its language: ``{{ t("page.search") }}``.
ENVIRONMENT: Final = _environment()


def fragment(template: str, language: str, at: str, **values: Any) -> str:
    """Return a template rendered in a language. UndefinedError: a value is missing.

    ``at``: what stands before every address of the console's own pages, see ``Console``.
    """
    return ENVIRONMENT.get_template(template).render(
        t=words_in(language), language=language, at=at, **values
    )


class Frame(NamedTuple):
    """What all pages of an application have around them.

    ``at``: what stands before their addresses. ``navigation``: the template of the menu.
    ``strip``: whether ``/strip`` says what stands above every page. ``people``: whether there are
    pages about people; ``household``: at least one of who lives where an alarm is open.
    """

    at: str = ""
    navigation: str = "parts/navigation.html"
    strip: bool = True
    people: bool = True
    household: bool = True


def frame_of(request: Request) -> Frame:
    """Return what the pages among which a request was made have around them."""
    frame: Frame = request.app.state.frame
    return frame


@cache
def macro(template: str, name: str, language: str) -> Callable[..., str]:
    """Return a macro of a template in a language, without its site: for what is rendered often."""
    values = {"t": words_in(language), "language": language, "at": ""}
    found: Callable[..., str] = getattr(
        ENVIRONMENT.get_template(template).make_module(values), name
    )
    return found


def at_of(request: Request) -> str:
    """Return what stands before the addresses of the pages among which a request was made."""
    return frame_of(request).at


def go_to(
    request: Request, path: str, headers: Mapping[str, str] | None = None
) -> RedirectResponse:
    """Send a browser to another of the pages among which its request was made."""
    return RedirectResponse(at_of(request) + path, 303, headers)


def page(
    request: Request,
    template: str,
    status: int = 200,
    *,
    body_class: str = "",
    live: str = "",
    **values: Any,
) -> HTMLResponse:
    """Return a whole page, which extends ``base.html``, in the language of the request.

    ``live``: the page of ``/live/...`` whose changes it takes; none if empty.
    Beside ``values`` it has ``request``, ``account`` (None before somebody signs in),
    ``csrf_token`` and ``here`` (the page's own path and query).
    """
    language = language_of(request)
    query = f"?{request.url.query}" if request.url.query else ""
    content = fragment(
        template,
        language,
        at_of(request),
        request=request,
        frame=frame_of(request),
        html_language=HTML_LANGUAGES[language],
        account=getattr(request.state, "account", None),
        csrf_token=getattr(request.state, "csrf_token", ""),
        here=request.url.path + query,
        body_class=body_class,
        live=live,
        **values,
    )
    # A page of an alarm system is never shown from a store.
    headers = {"Cache-Control": "no-store", "Content-Language": HTML_LANGUAGES[language]}
    return HTMLResponse(content, status, headers)
