"""The settings, keys and images of the devices of a plan."""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import UNSET

from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.broker.book import Known
from callpoint_gateway.words.said import Said, said
from callpoint_technician.identity import board_settings, device_settings, image
from callpoint_technician.identity.device_settings import DeviceSettings, SettingsError
from callpoint_technician.plan import columns
from callpoint_technician.plan.boards_file import BoardsFile
from callpoint_technician.plan.units import Unit

KEY_BYTES: Final = 16
# What stands for a key until it is made, so that everything else can be checked.
_NO_KEY: Final = "00" * KEY_BYTES


class Built(msgspec.Struct, frozen=True):
    """What was made for one device. ``known``: the line of the book, None: the key is as it was.

    ``coap_key`` is in hex, empty without a second path.
    """

    device: str
    image: bytes
    known: Known | None
    certificate: bytes
    coap_key: str


class Wanted:
    """The settings of each device with a board, checked; ``mistakes`` says what is wrong."""

    def __init__(
        self, site: str, units: Iterable[Unit], boards: BoardsFile, coap: bool, now_s: int
    ) -> None:
        """``coap``: the gateway listens for the second path. ``now_s``: Unix seconds."""
        self.mistakes: list[Said] = []
        self.settings: dict[str, DeviceSettings] = {}
        self._site = site
        self._boards = boards
        self._second = boards.second_host if coap else None
        for unit in units:
            if unit.device and unit.board and unit.zones:
                self._take(unit, now_s)

    def marks(self) -> dict[str, str]:
        """Return what tells whether an identity is another one, of each device; no secrets."""
        return {device: _mark(settings) for device, settings in self.settings.items()}

    def _take(self, unit: Unit, now_s: int) -> None:
        try:
            content = self._content(unit)
            if content is None:
                return
            found = device_settings.parse(json.dumps(content).encode())
            board_settings.check(found, now_s)
        except SettingsError as error:
            what = said("plan.identity", device=unit.device, why=error.why)
            self.mistakes.append(unit.line.wrong(columns.WIRING, what))
            return
        self.settings[unit.device] = found

    def _content(self, unit: Unit) -> dict[str, Any] | None:
        network = self._boards.network_called(unit.network)
        if network is None:
            what = said("plan.no_network", near=self._boards.near(unit.network))
            self.mistakes.append(unit.line.wrong(columns.NETWORK, what))
            return None
        board: dict[str, Any] = {"map": unit.board, "ssid": network.ssid}
        if network.password:
            board["password"] = network.password
        if self._boards.ntp is not None:
            board["ntp"] = self._boards.ntp
        content = self._boards.settings() | {
            "site": self._site,
            "device": unit.device,
            "zones": [wired.settings() for wired in unit.zones or ()],
            "board": board,
        }
        if unit.of_device.get("power") == "battery":
            content["sleep"] = {}
        if self._second is not None:
            content["second"] = {"host": self._second, "key": _NO_KEY}
        return content


def _mark(settings: DeviceSettings) -> str:
    """Return a digest of what is not secret. A password is told over the air when it changes."""
    board = {key: given for key, given in (settings.board or {}).items() if key != "password"}
    plain = msgspec.structs.replace(settings, board=board, made=UNSET, tls=UNSET)
    return hashlib.sha256(msgspec.json.encode(plain)).hexdigest()[:16]


def read_image(folder: Path, device: str) -> DeviceSettings | None:
    """Return the identity of a device that is still here; None: it is not, or unreadable."""
    try:
        return image.read((folder / f"{device}.bin").read_bytes())
    except (OSError, image.ImageError):
        return None


class Maker:
    """Makes images. Nothing is written: what it makes counts when it was put in place."""

    def __init__(
        self, authority: Authority, wanted: Wanted, coap_keys: Mapping[str, bytes], now_s: int
    ) -> None:
        """``coap_keys``: of the gateway; a device that has one keeps it."""
        self._authority = authority
        self._wanted = wanted
        self._coap_keys = coap_keys
        self._now_s = now_s

    def make(self, device: str, before: DeviceSettings | None) -> Built:
        """Make one identity. ``before``: the one that is still here; its keys are kept.

        SettingsError: it does not fit.
        """
        settings = self._wanted.settings[device]
        coap_key = ""
        if settings.second:
            there = self._coap_keys.get(device)
            coap_key = there.hex() if there else secrets.token_hex(KEY_BYTES)
            second = msgspec.structs.replace(settings.second, key=coap_key)
            settings = msgspec.structs.replace(settings, second=second)
        known, certificate = None, b""
        if before is not None and before.tls and before.tls.key:
            tls = before.tls
        else:
            signer, known = self._authority.made(device)
            tls = image.in_image([self._authority.ca], [signer.certificate], signer.key)
            certificate = signer.pem
        full = msgspec.structs.replace(settings, tls=tls, made=self._now_s)
        packed = image.build(full, image.PARTITION_SIZE)
        return Built(device, packed, known, certificate, coap_key)
