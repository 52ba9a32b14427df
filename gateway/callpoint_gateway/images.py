"""Serves update packages to devices over MQTT, part by part, on a session of its own.

A device asks on ``get``; the answer on ``img`` is the package's number (u32), the offset (u32)
and the bytes. Number 0 without bytes: nothing newer; a known number without bytes: that package
is not offered any more. Only files whose signature holds are offered, so that no device wastes
its flash on others; whether to trust one is the device's own decision.
"""

import logging
import struct
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

from cryptography.hazmat.primitives.asymmetric import rsa

from callpoint_gateway import package, wire
from callpoint_gateway.register import Register
from callpoint_protocol import names, topics

log = logging.getLogger(__name__)


class _Offer:
    """A package on disk, judged once; its parts are read as they are asked for."""

    def __init__(self, path: Path, one: package.Package) -> None:
        self.manifest = one.manifest
        self.number = crc32(one.head + one.signature) or 1
        self._path = path

    def part(self, offset: int, length: int) -> bytes:
        with self._path.open("rb") as file:
            file.seek(offset)
            return file.read(length)


class Images:
    """What a folder offers. Files may come and go while it serves."""

    def __init__(
        self,
        folder: Path,
        key: rsa.RSAPublicKey,
        site: str,
        register: Register,
        publish: Callable[[str, bytes], bool],
    ) -> None:
        """Packages are the ``*.cpfw`` files of ``folder`` that ``key`` has signed."""
        self._folder = folder
        self._key = key
        self._site = site
        self._register = register
        self._publish = publish
        self._offers: dict[Path, tuple[int, _Offer | None]] = {}

    def take(
        self,
        source: str,
        topic: str,
        body: bytes,
        finished: Callable[[], None],
        *,
        queued: bool = False,
    ) -> None:
        """Answer one request; one that is wrong is answered by nothing."""
        finished()
        try:
            site, device, channel = topics.split(topic)
            request = wire.decode_get(body)
        except ValueError as error:
            log.warning("update: request refused: %s", error)
            return
        known = site == self._site and self._register.device(device) is not None
        if not known or channel != names.GET:
            return
        reply = self._reply(request)
        self._publish(topics.topic(site, device, names.IMG), reply)

    def _reply(self, request: wire.Get) -> bytes:
        offer = self._wanted(request)
        number, part = request.package, b""
        if offer is not None:
            try:
                number, part = offer.number, offer.part(request.offset, request.length)
            except OSError as error:
                log.warning("update: %s", error)
        return struct.pack("<II", number, request.offset) + part

    def _wanted(self, request: wire.Get) -> _Offer | None:
        if request.package == 0 or not self._offers:
            self._look()
        offers = [offer for _, offer in self._offers.values() if offer is not None]
        if request.package:
            return next((one for one in offers if one.number == request.package), None)
        fitting = [
            one
            for one in offers
            if one.manifest.product == request.product
            and request.hardware in one.manifest.hardware
            and one.manifest.sequence > request.sequence
        ]
        return max(fitting, key=lambda one: one.manifest.sequence, default=None)

    def _look(self) -> None:
        """Read what is new or changed in the folder."""
        found: dict[Path, tuple[int, _Offer | None]] = {}
        for path in sorted(self._folder.glob("*.cpfw")):
            try:
                changed = path.stat().st_mtime_ns
                before = self._offers.get(path)
                found[path] = (
                    before
                    if before and before[0] == changed
                    else (
                        changed,
                        self._read(path),
                    )
                )
            except OSError as error:
                log.warning("update: %s: %s", path.name, error.strerror)
        self._offers = found

    def _read(self, path: Path) -> _Offer | None:
        try:
            if path.stat().st_size > package.MAX_SIZE + names.IMAGE_CHUNK:
                raise package.PackageError(f"size: over {package.MAX_SIZE} bytes")
            one = package.read(path.read_bytes())
            package.verify(one, self._key)
        except package.PackageError as error:
            log.warning("update: %s is not offered: %s", path.name, error)
            return None
        return _Offer(path, one)
