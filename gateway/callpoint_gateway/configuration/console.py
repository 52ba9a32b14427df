"""``[console]``: where the console listens, and how long its sessions live.

The gateway checks these settings and uses none of them. It does not read the files that they name,
which only the console's own user may have to read; the console does at its start.
"""

import ipaddress
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from callpoint_gateway.configuration import http_server
from callpoint_gateway.configuration.centres import Port
from callpoint_gateway.words.said import Said, of, said, said_by

_PAIR: Final = ("certificate_file", "key_file")


class ConsoleSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The pages that people work on. ``idle_s`` and ``absolute_s``: seconds.

    ``public_url`` is what people type; without it only this machine is served. ``proxies`` are the
    addresses and networks whose ``X-Forwarded-*`` headers count. ``public_pages``: whoever has the
    address on the label of an alarm point sees without an account whether it works. Off, since it
    tells strangers which points do not.
    """

    listen: str = "127.0.0.1"
    port: Port = 8480
    public_url: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    proxies: list[str] = []
    idle_s: Annotated[int, Meta(ge=60, le=86_400)] = 1_800
    absolute_s: Annotated[int, Meta(ge=300, le=604_800)] = 43_200
    public_pages: bool = False

    @property
    def tls(self) -> bool:
        """Whether the console itself speaks TLS."""
        return self.certificate_file is not None

    @property
    def url(self) -> str:
        """What people type into their browser, without a slash at its end."""
        if self.public_url is not None:
            return http_server.http_server(self.public_url).url.rstrip("/")
        host = f"[{self.listen}]" if ":" in self.listen else self.listen
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    def mistake(self) -> tuple[str, Said] | None:
        """Return the key and what is wrong with it; None if nothing."""
        try:
            here = ipaddress.ip_address(self.listen).is_loopback
        except ValueError:
            return "listen", of("listen", said("console.no_address", address=self.listen))
        for given, other in (_PAIR, _PAIR[::-1]):
            if getattr(self, given) is not None and getattr(self, other) is None:
                return given, of(given, said("config.pair"))
        for proxy in self.proxies:
            try:
                ipaddress.ip_network(proxy)
            except ValueError:
                return "proxies", of("proxies", said("console.no_network", network=proxy))
        if self.absolute_s < self.idle_s:
            return "absolute_s", of("absolute_s", said("console.absolute"))
        if not here and not self.tls and not self.proxies:
            return "listen", of("listen", said("console.in_clear"))
        return self._wrong_url(here)

    def _wrong_url(self, here: bool) -> tuple[str, Said] | None:
        if self.public_url is None:
            return None if here else ("listen", of("listen", said("console.also_public")))
        try:
            server = http_server.http_server(self.public_url)
        except ValueError as error:
            return "public_url", of("public_url", said_by(error))
        if server.url.removesuffix("/").count("/") > 2 or "?" in server.url:
            return "public_url", of("public_url", said("console.no_path"))
        if not server.secure and not server.on_this_machine:
            return "public_url", of("public_url", said("console.https"))
        if server.secure and not self.tls and not self.proxies:
            return "public_url", of("public_url", said("console.no_tls"))
        return None
