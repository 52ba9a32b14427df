"""What all boards of a site are told: broker, Wi-Fi, time, update keys. It holds passwords."""

import stat
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from callpoint_gateway.configuration.toml_file import ConfigError, read, refuse
from callpoint_gateway.words.said import of, said, said_by
from callpoint_gateway.words.unknown import near
from callpoint_protocol.device_settings import MAX_PORT

FILE: Final = "boards.toml"


class Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A Wi-Fi network; the password is empty for an open one."""

    ssid: str
    password: str = ""


class UpdateKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose updates boards take, as the ``update`` of a device's settings."""

    keys: list[str]
    product: str
    hardware: int


class BoardsFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. The first network is that of boards whose line names none.

    ``second_host``: address of the gateway for the second path over CoAP.
    """

    host: str
    port: Annotated[int, Meta(ge=1, le=MAX_PORT)] | None = None
    ntp: str | None = None
    second_host: str | None = None
    network: list[Network] = []
    update: UpdateKeys | None = None

    def network_called(self, ssid: str) -> Network | None:
        """Return a network by its name, the first for an empty name; None: there is none."""
        if not ssid:
            return self.network[0] if self.network else None
        return next((network for network in self.network if network.ssid == ssid), None)

    def near(self, ssid: str) -> str:
        """Return names of networks that may have been meant."""
        return near(ssid, [network.ssid for network in self.network])

    def settings(self) -> dict[str, Any]:
        """Return what is the same in the settings of every device, but for Wi-Fi and keys."""
        found: dict[str, Any] = {"host": self.host}
        if self.port is not None:
            found["port"] = self.port
        if self.update is not None:
            found["update"] = msgspec.to_builtins(self.update)
        return found


def load(path: Path) -> BoardsFile:
    """Return the file. ConfigError: it is wrong, or others may read it; no value is shown."""
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(said("secret.open", path=str(path)), path)
    except OSError as error:
        raise ConfigError(said("plan.no_boards", why=said_by(error)), path) from None
    found = read(path, BoardsFile)
    for number, network in enumerate(found.network):
        if any(network.ssid == other.ssid for other in found.network[:number]):
            raise refuse(path, ("network", number), of("ssid", said("plan.network_twice")))
    return found
