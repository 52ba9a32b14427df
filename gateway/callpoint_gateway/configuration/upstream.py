"""``[upstream]``: the district that gets the alarms journal, and what it may ask in return."""

from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from callpoint_gateway.protocols.upstream import Name
from callpoint_gateway.words.said import Said, of, said, said_by

#: What a district may ask unless the configuration says otherwise: what people do about an alarm.
ALARMS: Final = ("alarm", "alarms")


class Upstream(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The engine (NATS) of the district, and the certificate that the district has signed.

    ``gateway`` is this gateway's name there. ``questions`` are those of the control socket that
    the district may ask; each is then judged by the role of the district's operator.
    """

    district: Name
    gateway: Name
    servers: Annotated[list[str], Meta(min_length=1)]
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    questions: list[str] = msgspec.field(default_factory=lambda: list(ALARMS))
    away_after_s: Annotated[int, Meta(ge=1, le=86_400)] = 60

    def mistake(self) -> tuple[str, Said] | None:
        """Return the key and what is wrong with it; None if nothing."""
        for server in self.servers:
            scheme, _, host = server.partition("://")
            if scheme not in ("nats", "tls") or not host or "/" in host or "@" in host:
                return "servers", of("servers", said("upstream.server", server=server))
            on_this_machine = host.rsplit(":", 1)[0] in ("127.0.0.1", "localhost", "[::1]")
            if self.ca_file is None and not on_this_machine:
                return "ca_file", of("ca_file", said("upstream.in_clear"))
        if (self.certificate_file is None) != (self.key_file is None):
            return "certificate_file", of("certificate_file", said("config.pair"))
        for key in ("ca_file", "certificate_file", "key_file"):
            file = getattr(self, key)
            try:
                if file is not None:
                    Path(file).read_bytes()
            except OSError as error:
                return key, of(key, said("config.file", field=key, file=file, why=said_by(error)))
        return None
