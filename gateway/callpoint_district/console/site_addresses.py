"""The addresses of the sites' pages: ``/sites/g1/``, and ``/sites/d1~g1/`` for the key ``d1/g1``.

A key has no ``~``, so it can stand for the slash, which would end the part of an address.
"""

from typing import Final

SITES: Final = "/sites"


def code_of(gateway: str) -> str:
    """Return a gateway's key as a part of an address."""
    return gateway.replace("/", "~")


def gateway_of(code: str) -> str:
    """Return the key of the gateway that a part of an address means."""
    return without_nul(code.replace("~", "/"))


def without_nul(text: str) -> str:
    """Return a text of an address as the database takes it: nothing there has a NUL."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def address_of(gateway: str) -> str:
    """Return what stands before the addresses of a site's pages."""
    return f"{SITES}/{code_of(gateway)}"
