"""Orders that outlive the gateway: a file of their own, for its owner only.

An order with a Wi-Fi password is in it until its device has the password, and no longer. The file
is in no backup.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from callpoint_gateway.host.json_text import NOT_JSON

FILE: Final = "orders.json"


class KeptOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """One order. ``body`` is what the device gets, empty once it has it; times are Unix ms."""

    number: int
    device: str
    command: int
    given_ms: int
    begins_ms: int
    ends_ms: int
    body: bytes = b""
    outcome: int = 0


class KeptOrders:
    """The file of a state directory."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE

    def read(self) -> list[KeptOrder]:
        """Return what is kept. A file that cannot be read holds nothing that must be obeyed."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=list[KeptOrder])
        except (OSError, *NOT_JSON):
            return []

    def write(self, orders: Sequence[KeptOrder]) -> None:
        """Write all of them whole or not at all. OSError: that is not possible now."""
        if not orders:
            self._path.unlink(missing_ok=True)
            return
        partial = self._path.with_name(f"{FILE}.partial")
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(orders))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._path)
