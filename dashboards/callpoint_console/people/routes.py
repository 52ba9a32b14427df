"""The routes of the pages about people."""

from typing import Final

from callpoint_console.people import (
    card_pages,
    contact_pages,
    household_pages,
    link_pages,
    message_pages,
    rota_pages,
)

ROUTES: Final = [
    *card_pages.ROUTES,
    # Before the page of one contact, whose address is a pattern.
    *household_pages.ROUTES,
    *contact_pages.ROUTES,
    *link_pages.ROUTES,
    *message_pages.ROUTES,
    *rota_pages.ROUTES,
]
