"""Who this device is, where its broker is and what is wired to it, from one JSON file.

``Settings(content)`` refuses a wrong value with a ValueError that starts with the key.
``README.md`` lists the keys.
"""

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from callpoint_firmware.board import Values


def contents(value: Any) -> bytes:
    """Certificates may stand in the file as a path, or be handed over as bytes."""
    if isinstance(value, bytes):
        return value
    with open(value, "rb") as file:
        return file.read()


class Zone:
    """One sensed thing: on ``input``, the board's name of a pin, or on a supervised ``loop``.

    ``active`` is the alarm level of the pin and of the pin of the fault contact. ``loop`` is
    (the board's name of the loop, borders of its windows, their classes).
    """

    number: int
    kind: int
    loop: tuple[str, list[int], bytes] | None
    input: str | None
    active: int
    fault: str | None
    debounce: int | None
    left_open_s: int
    release: str | None
    release_active: int
    latch_s: int


class Settings:
    site: str
    device: str
    host: str
    port: int
    user: str | None
    password: str | None
    tls: dict[str, Any] | None
    board: dict[str, Any]
    made: int
    sleep: tuple[int, int] | None
    second: dict[str, Any] | None
    update: dict[str, Any] | None
    zones: list[Zone]
    values: Values
    defaults: Values

    def __init__(self, content: dict[str, Any]) -> None:
        from callpoint_firmware.settings_check import fill

        fill(self, content)

    def apply(self, values: Values) -> None:
        """Put the values of a configuration in force, and defaults for what it leaves out."""
        self.values.clear()
        self.values.update(self.defaults)
        self.values.update(values)

    def broker(self) -> tuple[str, int]:
        """Return (host, port) of the broker in force: the configuration's, else its own."""
        address = self.values["ip"]
        host = self.host
        if address:
            host = ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))
        return host, self.values["po"] or self.port

    def ssl_context(self, certificate: bytes | None = None) -> tuple[Any, str | None]:
        """Return the context for TLS and the name to verify, or (None, None) without TLS.

        ``certificate``: instead of the one in the settings.
        """
        if self.tls is None:
            return None, None
        import tls

        context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(contents(self.tls["ca"]))
        if "cert" in self.tls:
            own = certificate or contents(self.tls["cert"])
            context.load_cert_chain(own, contents(self.tls["key"]))
        return context, self.tls.get("hostname", self.host)


def load(path: str) -> Settings:
    """Read settings from a file; ValueError says what is wrong with them."""
    with open(path) as file:
        return Settings(json.load(file))
