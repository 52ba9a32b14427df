"""A host as it stands in the configuration: a name or an address, and nothing around it."""

import re
from typing import Final

from callpoint_gateway.words.said import Said, of, said

# What no name and no address has (RFC 952; RFC 4291, 2.2; a zone, RFC 4007, 11). Whether a
# character beyond ASCII can be in a name is for IDNA to say.
_FOREIGN: Final = re.compile("[^A-Za-z0-9._:%\u0080-\U0010ffff-]")


def mistake(host: str) -> Said | None:
    """Return what is wrong with a name or address, and what to write; None if nothing."""
    if not host.strip():
        return of("host", said("host.empty"))
    if any(char.isspace() for char in host):
        return of("host", said("host.blank", host=host))
    if "://" in host or "/" in host:
        return of("host", said("host.url", host=host))
    if "[" in host or "]" in host:
        return of("host", said("host.brackets", host=host))
    if foreign := _FOREIGN.search(host):
        return of("host", said("host.character", host=host, character=foreign[0]))
    try:
        host.encode("idna")  # as the resolver does, which raises no OSError of it
    except UnicodeError:
        return of("host", said("host.no_name", host=host))
    return None
