"""Where a console listens, and with which certificate."""

import ssl
from collections.abc import Callable
from socket import socket

import msgspec

from callpoint_cli.errors import MISSING, fail
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.words.said import Said, said, said_by


def listening_on(chosen: ConsoleSettings, listener: Callable[[str, int], socket]) -> socket:
    """Return the socket of the pages; end the command if the address cannot be had."""
    try:
        return listener(chosen.listen, chosen.port)
    except OSError as error:
        why = said("console.port", address=chosen.listen, port=chosen.port, why=said_by(error))
        fail(why, MISSING)


def certificate_mistake(chosen: ConsoleSettings) -> Said | None:
    """Return why the certificate cannot be used; None: it can, or there is none."""
    if chosen.certificate_file is None:
        return None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            chosen.certificate_file, chosen.key_file
        )
    except (OSError, ssl.SSLError) as error:
        return said(
            "console.certificate",
            certificate=chosen.certificate_file,
            key_file=str(chosen.key_file),
            why=said_by(error),
        )
    return None


def addresses(chosen: ConsoleSettings) -> str:
    """Return where it listens and, where people type something else, that as well."""
    here = msgspec.structs.replace(chosen, public_url=None).url
    return f"{here}/" if chosen.public_url is None else f"{here}/ ({chosen.url}/)"
