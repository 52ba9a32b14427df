"""``[[webhook]]``: one receiver, the entries that it gets, and the shared secret."""

from typing import Annotated

import msgspec
from msgspec import Meta

from callpoint_gateway.configuration import http_server, secret_file
from callpoint_gateway.journal.entries import Type
from callpoint_gateway.words.said import Said, of, said, said_by
from callpoint_protocol import names

_SHORTEST_SECRET = 16


class Webhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[webhook]]``: the URL, the signing secret, and the entries (``types``, ``kinds``)."""

    name: Annotated[str, Meta(pattern="^[a-z0-9_-]{1,32}$")]
    url: Annotated[str, Meta(pattern=http_server.PATTERN)]
    secret_file: str
    ca_file: str | None = None
    types: list[str] = msgspec.field(default_factory=lambda: [Type.EVENT.value])
    kinds: list[str] = msgspec.field(default_factory=lambda: list(names.KINDS.values()))
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 10.0

    @property
    def secret(self) -> bytes:
        """The key of the signature, read when it is used. ValueError when it cannot be used."""
        secret = (secret_file.secret(self.secret_file) or "").encode()
        if len(secret) < _SHORTEST_SECRET:
            raise ValueError(said("secret.short", least=_SHORTEST_SECRET))
        return secret

    def complaint(self) -> tuple[str, Said] | None:
        """Return the key and what is wrong with it; None if nothing."""
        for key, known in (
            ("types", [type.value for type in Type if type is not Type.TELEMETRY]),
            ("kinds", list(names.KINDS.values())),
        ):
            if unknown := sorted(set(getattr(self, key)) - set(known)):
                none = said("config.none_such", name=unknown[0], valid=", ".join(known))
                return key, of(key, none)
        try:
            self.secret  # noqa: B018 - a secret that cannot be used must show now
        except ValueError as error:
            return "secret_file", of("secret_file", said_by(error))
        return http_server.mistake(self.url, self.ca_file)
