"""The routes of the accounts' pages."""

from typing import Final

from starlette.routing import Route

from callpoint_console.accounts import admin_pages, factor_pages, pages, password_pages

_BOTH: Final = ["GET", "POST"]

ROUTES: Final = [
    Route("/login", pages.login, methods=_BOTH),
    Route("/logout", pages.logout, methods=["POST"]),
    Route("/second-factor", pages.second_factor, methods=_BOTH),
    Route("/second-factor/set-up", factor_pages.set_up, methods=_BOTH),
    Route("/password", password_pages.password, methods=_BOTH),
    Route("/welcome/{token}", password_pages.welcome, methods=_BOTH),
    Route("/screen/{token}", password_pages.screen, methods=_BOTH),
    Route("/account", pages.account),
    Route("/account/sessions", pages.end_sessions, methods=["POST"]),
    Route("/account/second-factor", factor_pages.renew, methods=["POST"]),
    Route("/accounts", admin_pages.accounts, methods=_BOTH),
    Route("/accounts/{login}", admin_pages.change, methods=["POST"]),
    Route("/looks", admin_pages.looks),
]
