"""``[[centre]]``: one alarm centre, how it is reached, and what it is told.

A centre with one path says ``host`` and ``port`` (or ``url``) itself; with several each has a
``[[centre.path]]``, the preferred one first. ``ways`` gives both forms as one. Keys that only
one protocol has, except DC-09's, stand in a table of that protocol.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from callpoint_gateway.dc09.cipher import key_from_text
from callpoint_gateway.dc09.message import Encoding
from callpoint_gateway.secret_file import secret
from callpoint_protocol import names

Port = Annotated[int, Meta(ge=1, le=65535)]
Account = Annotated[str, Meta(pattern="^[0-9A-Fa-f]{3,16}$")]

# What a path of each protocol needs: ("host", "port") or ("url",). ``carriers`` opens them.
PROTOCOLS: Final[dict[str, tuple[str, ...]]] = {
    "dc09": ("host", "port"),
}


class CentrePath(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to a centre: a host and a port, or a URL for what goes over HTTPS."""

    host: str | None = None
    port: Port | None = None
    transport: Literal["tcp", "udp"] = "tcp"
    url: str | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of a path that was checked to have them."""
        assert self.host is not None
        assert self.port is not None
        return self.host, self.port


class Centre(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One alarm centre, and what is routed to it."""

    name: Annotated[str, Meta(pattern="^[a-z0-9_-]{1,32}$")]
    protocol: str = "dc09"
    host: str | None = None
    port: Port | None = None
    transport: Literal["tcp", "udp"] = "tcp"
    url: str | None = None
    path: list[CentrePath] = []
    account: Account | None = None
    encoding: Encoding = Encoding.SIA_DCS
    key_file: str | None = None
    receiver: Annotated[str, Meta(pattern="^[0-9A-Fa-f]{1,6}$")] | None = "0"
    prefix: Annotated[str, Meta(pattern="^[0-9A-Fa-f]{1,6}$")] = "0"
    timestamps: bool = True
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 4.0
    supervision_s: Annotated[float, Meta(ge=0, le=86_400)] = 60.0
    blocks: Annotated[str, Meta(pattern="^[ILORSXY]*$")] = "I"
    utf8: bool = False
    category: Annotated[str, Meta(pattern="^(SP[1-6]|DP[1-4]|C)$")] | None = None
    kinds: list[str] = msgspec.field(default_factory=lambda: list(names.KINDS.values()))

    @property
    def ways(self) -> list[CentrePath]:
        """The paths, the preferred one first."""
        flat = CentrePath(host=self.host, port=self.port, transport=self.transport, url=self.url)
        return self.path or [flat]

    @property
    def key(self) -> bytes | None:
        """The AES key, read when it is used; None: frames go in clear."""
        text = secret(self.key_file)
        # An empty file is a mistake: it must not switch the encryption off without a word.
        return None if text is None else key_from_text(text)


def complaint(centre: Centre) -> tuple[tuple[str | int, ...], str] | None:
    """Return the key and what is wrong about how the centre is reached; None if nothing."""
    needed = PROTOCOLS.get(centre.protocol)
    if needed is None:
        valid = ", ".join(PROTOCOLS)
        return ("protocol",), f"protocol: no '{centre.protocol}'; valid are {valid}"
    if centre.path and (centre.host or centre.port or centre.url):
        return ("path",), "path: host, port and url stand in each [[centre.path]], not beside it"
    if centre.protocol == "dc09" and centre.account is None:
        return (), "missing key `account`"
    for number, way in enumerate(centre.ways):
        place = ("path", number) if centre.path else ()
        for key in ("host", "port", "url"):
            if (getattr(way, key) is not None) != (key in needed):
                what = f"missing key `{key}`" if key in needed else f"{key}: not used"
                return (*place, key), f"{what} for protocol {centre.protocol}"
    return None
