"""Who may connect to the engine, and what each may write and read: parts of its configuration.

The name of a client comes from its certificate (``verify_and_map``), and its key must be one of
those that are enrolled (``pinned_certs``). The engine knows no list of revoked certificates, so
without the second a revoked key would be let in again once its gateway's name is enrolled anew.
"""

import functools
import hashlib
from collections.abc import Iterable
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from callpoint_gateway.broker.book import Book, in_use
from callpoint_gateway.protocols.upstream import downward_of_member, inbox_of, upward_of_member

#: The client name of the district's own processes.
PROCESSES: Final = "district-processes"


def gateways(book: Book) -> list[str]:
    """Return the gateways that may connect, by name."""
    made = book.by_name()
    return [name for name in sorted(made) if name != PROCESSES and in_use(made[name])]


def users(district: str, gateways: Iterable[str]) -> str:
    """Return the part of the engine's configuration that names who may say what.

    A gateway may write what is its own and read what is for it, and nothing else, not even the
    engine's own interface. A district that is a gateway of its city may do so for whatever it
    relays, below its own name. Who is asked something may answer once, by ``allow_responses``.
    """
    lines = ["authorization {", "  users: [", f'    {{ user: "CN={PROCESSES}" }}']
    for gateway in gateways:
        says = ", ".join(f'"{subject}"' for subject in upward_of_member(district, gateway))
        hears = downward_of_member(district, gateway)
        lines += [
            f'    {{ user: "CN={gateway}", permissions {{',
            f"        publish {{ allow: [{says}] }}",
            f'        subscribe {{ allow: ["{hears}", "{inbox_of(gateway)}.>"] }}',
            "        allow_responses: true",
            "    } }",
        ]
    return "\n".join([*lines, "  ]", "}", ""])


def keys(book: Book) -> str:
    """Return the part that names the keys of all who are let in (SHA-256, RFC 7469, 2.4)."""
    points = sorted({known.key for known in book.certificates if known.key and not known.revoked})
    lines = [f'  "{_pin(point)}"' for point in points]
    return "\n".join(["pinned_certs: [", *lines, "]", ""])


@functools.cache  # reading a point takes longer than all else, and a gateway's stays for years
def _pin(point: str) -> str:
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes.fromhex(point))
    return hashlib.sha256(
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).hexdigest()
