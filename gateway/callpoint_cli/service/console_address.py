"""Where a console listens, and with which certificate."""

import ssl
from collections.abc import Callable
from socket import socket

import click
import msgspec

from callpoint_cli.errors import MISSING, fail
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.words.said import Said, said, said_by


class Unusable(Exception):
    """A console cannot listen there. ``why``: why, and what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


def of_a_console(command: Callable[..., None]) -> Callable[..., None]:
    """Add ``--listen`` and ``--port``: for a site's console and a district's the same."""
    for option in (
        click.option(
            "--port",
            type=click.IntRange(0, 65_535),
            help="Port, instead of the configuration's; 0: any free one.",
        ),
        click.option("--listen", help="Address to listen on, instead of the configuration's."),
    ):
        command = option(command)
    return command


def chosen(settings: ConsoleSettings, listen: str | None, port: int | None) -> ConsoleSettings:
    """Return the settings with what the command line says instead. Unusable."""
    found = msgspec.structs.replace(
        settings,
        listen=settings.listen if listen is None else listen,
        port=settings.port if port is None else port,
    )
    if mistake := found.mistake():
        raise Unusable(mistake[1])
    if unusable := _certificate_mistake(found):
        raise Unusable(unusable)
    return found


def listening_on(settings: ConsoleSettings, listener: Callable[[str, int], socket]) -> socket:
    """Return the socket of the pages; end the command if the address cannot be had."""
    try:
        return listener(settings.listen, settings.port)
    except OSError as error:
        why = said("console.port", address=settings.listen, port=settings.port, why=said_by(error))
        fail(why, MISSING)


def _certificate_mistake(settings: ConsoleSettings) -> Said | None:
    """Return why the certificate cannot be used; None: it can, or there is none."""
    if settings.certificate_file is None:
        return None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            settings.certificate_file, settings.key_file
        )
    except (OSError, ssl.SSLError) as error:
        return said(
            "console.certificate",
            certificate=settings.certificate_file,
            key_file=str(settings.key_file),
            why=said_by(error),
        )
    return None


def addresses(settings: ConsoleSettings) -> str:
    """Return where it listens and, where people type something else, that as well."""
    here = msgspec.structs.replace(settings, public_url=None).url
    return f"{here}/" if settings.public_url is None else f"{here}/ ({settings.url}/)"
