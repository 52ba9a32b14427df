"""What a person answers to ``callpoint setup``, checked by the code that will use it."""

import ssl
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from callpoint_console.accounts.account import login_name
from callpoint_gateway.broker.certificates import host_names
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.configuration.http_server import http_server
from callpoint_gateway.configuration.toml_file import ConfigError, read
from callpoint_gateway.words.said import Said, of, said, said_by
from callpoint_protocol import topics

TLS_PORT = 443
# Where systemd gives the console its certificate and key, which its own user may not read.
CREDENTIALS = Path("/run/credentials/callpoint-console.service")


class Answers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answers. A key that is left out keeps what the machine has.

    ``names``: host names and addresses under which devices reach this machine. ``public_url``:
    what people type for the console, with a certificate and its key.
    """

    site: str | None = None
    names: list[str] | None = None
    language: Literal["en", "zh"] | None = None
    time_zone: str | None = None
    account: str = "admin"
    public_url: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None

    @property
    def console(self) -> ConsoleSettings:
        """What the answers mean for ``[console]``. ValueError: ``public_url`` is none."""
        if self.public_url is None:
            return ConsoleSettings()
        return ConsoleSettings(
            listen="0.0.0.0",
            port=_port(self.public_url),
            public_url=self.public_url,
            certificate_file=str(CREDENTIALS / "console.pem"),
            key_file=str(CREDENTIALS / "console.key"),
        )

    def mistakes(self) -> list[Said]:
        """Return what is wrong with them; each names its key and says what to write."""
        checks = (self._site(), self._names(), self._time_zone(), self._account())
        return [wrong for wrong in (*checks, self._console()) if wrong is not None]

    def _site(self) -> Said | None:
        if self.site is None or topics.valid_id(self.site):
            return None
        return of("site", said("config.id"))

    def _names(self) -> Said | None:
        if self.names is None:
            return None
        if not self.names:
            return of("names", said("setup.a_name"))
        try:
            host_names(self.names)
        except ValueError as error:
            return of("names", said_by(error))
        return None

    def _time_zone(self) -> Said | None:
        try:
            ZoneInfo(self.time_zone or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return of("time_zone", said("config.time_zone", name=str(self.time_zone)))
        return None

    def _account(self) -> Said | None:
        return None if login_name(self.account) else of("account", said("setup.account"))

    def _console(self) -> Said | None:
        given = (self.public_url, self.certificate_file, self.key_file)
        if not any(given):
            return None
        if not all(given):
            return of("public_url", said("setup.three"))
        try:
            if mistake := self.console.mistake():
                return mistake[1]
        except ValueError as error:
            return of("public_url", said_by(error))
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
                str(self.certificate_file), self.key_file
            )
        except (OSError, ssl.SSLError) as error:
            return said(
                "console.certificate",
                certificate=str(self.certificate_file),
                key_file=str(self.key_file),
                why=said_by(error),
            )
        return None


def _port(url: str) -> int:
    port = http_server(url).url.removeprefix("https://").partition("/")[0].rpartition(":")
    return int(port[2]) if port[1] and port[2].isdigit() else TLS_PORT


def from_file(path: Path) -> Answers:
    """Return the answers of a TOML file. ConfigError names what is wrong and what to do."""
    answers = read(path, Answers)
    for mistake in answers.mistakes():
        raise ConfigError(mistake, path)
    return answers
