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

_PAIR: Final = ("certificate_file", "key_file")
_PUBLIC: Final = "public_url: the address in the browser, such as https://console.example"


class ConsoleSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The pages that people work on. ``idle_s`` and ``absolute_s``: seconds.

    ``public_url`` is what people type; without it only this machine is served. ``proxies`` are the
    addresses and networks whose ``X-Forwarded-*`` headers count.
    """

    listen: str = "127.0.0.1"
    port: Port = 8480
    public_url: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    proxies: list[str] = []
    idle_s: Annotated[int, Meta(ge=60, le=86_400)] = 1_800
    absolute_s: Annotated[int, Meta(ge=300, le=604_800)] = 43_200

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

    def mistake(self) -> tuple[str, str] | None:
        """Return the key and what is wrong with it; None if nothing."""
        try:
            here = ipaddress.ip_address(self.listen).is_loopback
        except ValueError:
            return "listen", f"listen: '{self.listen}' is no address, such as 127.0.0.1 or 0.0.0.0"
        for given, other in (_PAIR, _PAIR[::-1]):
            if getattr(self, given) is not None and getattr(self, other) is None:
                return given, f"{given}: certificate_file and key_file belong together"
        for proxy in self.proxies:
            try:
                ipaddress.ip_network(proxy)
            except ValueError:
                return "proxies", f"proxies: '{proxy}' is no address and no network"
        if self.absolute_s < self.idle_s:
            return "absolute_s", "absolute_s: at least idle_s"
        if not here and not self.tls and not self.proxies:
            return "listen", (
                "listen: passwords would cross the network unencrypted; set certificate_file and "
                "key_file, or proxies and a proxy that speaks TLS"
            )
        return self._wrong_url(here)

    def _wrong_url(self, here: bool) -> tuple[str, str] | None:
        if self.public_url is None:
            return None if here else ("listen", f"listen: also needs {_PUBLIC}")
        try:
            server = http_server.http_server(self.public_url)
        except ValueError as error:
            return "public_url", f"public_url: {error}"
        if server.url.removesuffix("/").count("/") > 2 or "?" in server.url:
            return "public_url", f"{_PUBLIC}, without a path"
        if not server.secure and not server.on_this_machine:
            return "public_url", "public_url: https only; a password is typed there"
        if server.secure and not self.tls and not self.proxies:
            return "public_url", (
                "public_url: nobody speaks TLS here; set certificate_file and key_file, or the "
                "address of the proxy that does in proxies"
            )
        return None
