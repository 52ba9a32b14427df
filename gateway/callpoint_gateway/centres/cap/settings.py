"""``[centre.cap]``: what only CAP needs."""

from typing import Annotated

import msgspec
from msgspec import Meta

from callpoint_gateway.configuration import http_server, secret_file
from callpoint_gateway.words.said import Said, of, said_by

NoSpace = Annotated[str, Meta(pattern=r"^[^\s,<&]+$")]


class CapSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only CAP needs. ``sender`` identifies the gateway, ``addresses`` who is meant.

    ``token_file``: sent as a bearer token. ``ca_file``: whom to trust instead of the system's.
    """

    sender: NoSpace
    addresses: str
    token_file: str | None = None
    ca_file: str | None = None

    @property
    def token(self) -> str:
        """The token, read when it is used."""
        return secret_file.token(self.token_file)

    def mistake(self) -> tuple[str, Said] | None:
        """Return the key and what is wrong with it; None if nothing."""
        try:
            self.token  # noqa: B018 - a token that cannot be used must show now
        except ValueError as error:
            return "token_file", of("token_file", said_by(error))
        return http_server.mistake(None, self.ca_file)
