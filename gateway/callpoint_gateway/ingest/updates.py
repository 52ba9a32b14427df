"""Serves update packages to devices over MQTT, part by part, on a session of its own.

A device asks on ``get``. The answer on ``img`` is the package's number (u32), the offset (u32)
and the bytes. Number 0 without bytes: there is no newer package. A known number without bytes:
that package is no longer offered. Only files with a valid signature are offered, so that no
device fills its flash in vain; the device verifies the signature itself. A device that asks
faster than it can write its flash is answered at ``PARTS_PER_S`` at most.
"""

import logging
import os
import struct
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from zlib import crc32

from cryptography.hazmat.primitives.asymmetric import rsa

from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.token_bucket import TokenBucket
from callpoint_gateway.ingest import device_messages
from callpoint_gateway.ingest.ingest import Message
from callpoint_gateway.protocols import update_package
from callpoint_gateway.words.said import said
from callpoint_protocol import names, topics

PARTS_PER_S = 100.0  # of one device; a board writes some 50 to its flash
BURST = 400  # parts that one device may ask for at once after a pause

log = logging.getLogger(__name__)

_Stamp = tuple[int, int, int]


def _stamp(status: os.stat_result) -> _Stamp:
    """Return modification time, size and inode: they change when the file's content does."""
    return status.st_mtime_ns, status.st_size, status.st_ino


class _Offer:
    """A package on disk whose signature was verified once; parts are read on request."""

    def __init__(self, path: Path, stamp: _Stamp, package: update_package.Package) -> None:
        self.manifest = package.manifest
        self.number = crc32(package.head + package.signature) or 1
        self._path = path
        self._stamp = stamp

    def part(self, offset: int, length: int) -> bytes:
        """Return ``length`` bytes at ``offset``. OSError: the file has changed since its check."""
        with self._path.open("rb") as file:
            if _stamp(os.fstat(file.fileno())) != self._stamp:
                raise OSError(f"{self._path.name}: has changed")
            file.seek(offset)
            return file.read(length)


class UpdatePackages:
    """Offers the packages of a folder. Files may be added and deleted meanwhile."""

    def __init__(
        self,
        folder: Path,
        key: rsa.RSAPublicKey,
        site: str,
        register: Register,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Offer the ``*.cpfw`` files of ``folder`` that are signed with ``key``.

        ``now()`` returns monotonic seconds.
        """
        self._folder = folder
        self._key = key
        self._site = site
        self._register = register
        self._publish: Callable[[str, bytes], bool] = lambda topic, body: False
        self._now = now
        # At most one per device of the register.
        self._buckets: dict[str, TokenBucket] = {}
        self._offers: dict[Path, tuple[_Stamp, _Offer | None]] = {}

    def publish_over(self, publish: Callable[[str, bytes], bool]) -> None:
        """Answer through ``publish`` of the session whose requests this takes."""
        self._publish = publish

    def take(self, source: str, messages: Sequence[Message], finished: Callable[[], None]) -> None:
        """Answer requests; a malformed request gets no answer."""
        finished()
        for message in messages:
            self._answer(message)

    def _answer(self, message: Message) -> None:
        try:
            site, device, channel = topics.split(message.topic)
            request = device_messages.decode_get(message.body)
        except ValueError as error:
            log.warning("update: request refused: %s", error)
            return
        known = site == self._site and self._register.device(device) is not None
        if not known or channel != names.GET or not self._bucket(device).take():
            return
        reply = self._reply(request)
        self._publish(topics.topic(site, device, names.IMG), reply)

    def _bucket(self, device: str) -> TokenBucket:
        bucket = self._buckets.get(device)
        if bucket is None:
            bucket = self._buckets[device] = TokenBucket(BURST, PARTS_PER_S, self._now)
        return bucket

    def _reply(self, request: device_messages.Get) -> bytes:
        offer = self._wanted(request)
        number, part = request.package, b""
        if offer is not None:
            try:
                number, part = offer.number, offer.part(request.offset, request.length)
            except OSError as error:
                log.warning("update: %s", error)
        return struct.pack("<II", number, request.offset) + part

    def _wanted(self, request: device_messages.Get) -> _Offer | None:
        if request.package == 0 or not self._offers:
            self._look()
        offers = [offer for _, offer in self._offers.values() if offer is not None]
        if request.package:
            return next((offer for offer in offers if offer.number == request.package), None)
        fitting = [
            offer
            for offer in offers
            if offer.manifest.product == request.product
            and request.hardware in offer.manifest.hardware
            and offer.manifest.sequence > request.sequence
        ]
        return max(fitting, key=lambda offer: offer.manifest.sequence, default=None)

    def _look(self) -> None:
        """Read the new and changed files of the folder."""
        offers: dict[Path, tuple[_Stamp, _Offer | None]] = {}
        for path in sorted(self._folder.glob("*.cpfw")):
            try:
                stamp = _stamp(path.stat())
                before = self._offers.get(path)
                if before is None or before[0] != stamp:
                    before = stamp, self._read(path, stamp)
                offers[path] = before
            except OSError as error:
                log.warning("update: %s: %s", path.name, error.strerror)
        self._offers = offers

    def _read(self, path: Path, stamp: _Stamp) -> _Offer | None:
        try:
            if stamp[1] > update_package.MAX_SIZE + names.IMAGE_CHUNK:
                why = said("package.too_large", most=update_package.MAX_SIZE)
                raise update_package.PackageError("size", why)
            package = update_package.read(path.read_bytes())
            update_package.verify(package, self._key)
        except update_package.PackageError as error:
            log.warning("update: %s is not offered: %s", path.name, error)
            return None
        return _Offer(path, stamp, package)
