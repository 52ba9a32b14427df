"""What the tests of accounts share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from callpoint_console.accounts.routes import ROUTES
from callpoint_console.rendering import Frame
from callpoint_console.security.endpoints import check_declared
from callpoint_console.security.middleware import Security

from .office import ManualClock, Office, open_database
from .steps import home
from .web import Web


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still."""
    return ManualClock()


@pytest.fixture
def office(tmp_path: Path, clock: ManualClock) -> Iterator[Office]:
    """Return accounts on disk."""
    opened = Office(open_database(tmp_path), clock)
    yield opened
    opened.close()


@pytest.fixture
def open_browser(office: Office) -> Callable[[], Web]:
    """Return what opens another browser at the pages of accounts."""
    routes = [*ROUTES, Route("/", home), Route("/wall", home)]
    check_declared(routes)
    settings = office.accounts.settings
    app = Starlette(routes=routes, middleware=[Middleware(Security, settings=settings)])
    app.state.accounts = office.accounts
    app.state.frame = Frame()
    return lambda: Web(app)


@pytest.fixture
def web(open_browser: Callable[[], Web]) -> Web:
    """Return a browser."""
    return open_browser()
