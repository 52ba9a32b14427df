"""A signed update: fetched in chunks into the slot that does not run, tried, kept or left.

Invariants:

1. Only the slot that does not run is written. It is started only after its bytes, read back, have
   the digest of a manifest whose signature holds.
2. How far it has come is in the store after every block, so a power cut costs one block.
3. The new image runs on trial. It is confirmed when the device is healthy and the gateway has
   answered a question for an update, so that no image stays which could not be replaced; only
   then does the stored sequence rise, below which no package is taken any more. An image that is
   not confirmed before the next start, or within ten minutes, is left by the boot loader, and
   the old one says so.
4. A device that sleeps stays awake while a part may come and while an image is on trial: waking
   is a start, and ends a trial.

The store holds (stage, package, done or sequence, slot). ``board.images`` has the ``flash`` of the
slot that does not run, ``running`` (0 or 1), ``activate()`` and ``confirm()``.
"""

import asyncio
import hashlib
import struct

from micropython import const

from callpoint_firmware import build, package
from callpoint_firmware.store import SEQUENCE, UPDATE
from callpoint_protocol import messages
from callpoint_protocol.names import (
    DEVICE,
    FAULT_UPDATE_DIGEST,
    FAULT_UPDATE_FLASH,
    FAULT_UPDATE_RETURNED,
    GET,
    IMAGE_CHUNK,
    TROUBLE,
    TROUBLE_RESTORE,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from callpoint_firmware.board import Board, Flash
    from callpoint_firmware.events import Events
    from callpoint_firmware.link import Link
    from callpoint_firmware.settings import Settings
    from callpoint_firmware.store import Store

_RECORD = "<BIIB"
_FETCHING = const(1)
_READY = const(2)  # whole and verified; about to be activated
_AGAIN = const(3)  # the same once more: power may have gone just before the activation
_ON_TRIAL = const(4)
_FAILED = const(5)  # the fault that was told stands where ``done`` does
_ASK_MS = const(5_000)
_TURN_MS = const(1_000)
_TRIAL_MS = const(600_000)
_PATIENCE_MS = const(20_000)
_PIECE = const(1_024)  # bytes read back at once; divides a block


class Update:
    def __init__(
        self,
        board: Board,
        settings: Settings,
        store: Store,
        events: Events,
        link: Link,
        restart: Callable[[], None],
    ) -> None:
        """``restart()`` is called when the new image shall start."""
        self._images = board.images
        self._clock = board.clock
        self._keys = settings.update["keys"]
        self._product = settings.update["product"]
        self._hardware = settings.update["hardware"]
        self._store = store
        self._events = events
        self._link = link
        self._restart = restart
        self._asked_for = asyncio.Event()
        self._arrived = asyncio.Event()
        self._chunk: tuple[int, int, memoryview] | None = None  # (package, offset, bytes)
        found = store.get(UPDATE) or b""
        self._progress = struct.unpack(_RECORD, found) if found else (0, 0, 0, 0)
        self._awake_until = 0
        if self._progress[0] == _FETCHING:
            self.start()

    @property
    def busy(self) -> bool:
        """Whether a sleep now would end a trial, or keep a part from coming."""
        on_trial = _FETCHING < self._progress[0] < _FAILED
        return on_trial or self._clock.monotonic_ms() < self._awake_until

    def _record(self, stage: int, identity: int, number: int, slot: int) -> None:
        self._progress = (stage, identity, number, slot)
        self._store.put(UPDATE, struct.pack(_RECORD, *self._progress))

    @property
    def _sequence(self) -> int:
        """What was confirmed here, or what runs, if a cable brought something later."""
        confirmed = int.from_bytes(self._store.get(SEQUENCE) or b"", "little")
        return max(confirmed, build.SEQUENCE)

    def start(self) -> None:
        """Ask the gateway for something newer."""
        self._awake_until = self._clock.monotonic_ms() + _PATIENCE_MS
        self._asked_for.set()

    def take(self, body: bytes) -> None:
        """Take a chunk: package u32, offset u32, bytes. Too short a body is passed over."""
        if len(body) >= 8:
            identity, offset = struct.unpack_from("<II", body, 0)
            self._chunk = (identity, offset, memoryview(body)[8:])
            self._awake_until = self._clock.monotonic_ms() + _PATIENCE_MS
            self._arrived.set()

    def _fail(self, fault: int) -> None:
        self._events.raise_event(DEVICE, TROUBLE, 0, fault)
        self._record(_FAILED, 0, fault, 0)

    async def run(self, healthy: Callable[[], bool]) -> None:
        """End what a restart interrupted, then wait for updates; ``healthy()`` ends a trial."""
        await self._after_start(healthy)
        while True:
            await self._asked_for.wait()
            self._asked_for.clear()
            if self._progress[0] == _FAILED:
                self._events.raise_event(DEVICE, TROUBLE_RESTORE, 0, self._progress[2])
                self._record(0, 0, 0, 0)
            try:
                await self._fetch()
            except package.Refused as refused:
                self._fail(refused.args[0])
            except (ValueError, KeyError, TypeError):
                self._fail(FAULT_UPDATE_DIGEST)  # signed, and yet no manifest
            except (OSError, MemoryError):
                self._fail(FAULT_UPDATE_FLASH)
            if not self._asked_for.is_set():
                self._awake_until = 0

    async def _after_start(self, healthy: Callable[[], bool]) -> None:
        stage, identity, number, slot = self._progress
        if stage not in (_READY, _AGAIN, _ON_TRIAL):
            return
        if self._images.running == slot:
            self._record(_ON_TRIAL, identity, number, slot)
            until = self._clock.monotonic_ms() + _TRIAL_MS
            while not healthy() and self._clock.monotonic_ms() < until:
                await asyncio.sleep_ms(_TURN_MS)
            if not await self._ask(0, 0, until):
                await self._restart_and_wait()  # unconfirmed: the boot loader goes back
            try:
                self._images.confirm()
            except OSError:
                pass  # power went after the confirmation and before the record: nothing is left
            self._store.put(SEQUENCE, number.to_bytes(4, "little"))
            self._record(0, 0, 0, 0)
        elif stage == _READY:
            await self._start_image(_AGAIN, identity, number, slot)
        else:
            self._fail(FAULT_UPDATE_RETURNED)

    async def _start_image(self, stage: int, identity: int, number: int, slot: int) -> None:
        self._record(stage, identity, number, slot)
        self._images.activate()
        await self._restart_and_wait()

    async def _restart_and_wait(self) -> None:
        """Wait for the restart: the slot that was activated must not be written now."""
        self._restart()
        while True:
            await asyncio.sleep_ms(_ASK_MS)

    async def _ask(
        self, identity: int, offset: int, limit: int | None = None
    ) -> tuple[int, int, memoryview] | None:
        """Return the bytes of a package from ``offset`` on, as many as come at once.

        None if the time is ``limit`` before an answer has come.
        """
        tries = 0
        body = messages.encode_get(
            identity, offset, IMAGE_CHUNK, self._sequence, self._product, self._hardware
        )
        while limit is None or self._clock.monotonic_ms() < limit:
            until = self._clock.monotonic_ms() + (_ASK_MS << min(tries, 4))
            tries += 1
            try:
                await self._link.publish(GET, body)
            except OSError:
                await asyncio.sleep_ms(_ASK_MS)
                continue
            # What answers an earlier question is passed over; asking again for it would have
            # two questions under way from then on.
            while True:
                left = until - self._clock.monotonic_ms()
                chunk, self._chunk = self._chunk, None
                if chunk and chunk[1] == offset and chunk[0] == (identity or chunk[0]):
                    return chunk
                if not chunk and (left <= 0 or not await self._arrival(left)):
                    break
        return None

    async def _arrival(self, ms: int) -> bool:
        self._arrived.clear()
        try:
            await asyncio.wait_for_ms(self._arrived.wait(), ms)
        except asyncio.TimeoutError:
            return False
        return True

    async def _fetch(self) -> None:
        identity, _, first = await self._ask(0, 0)
        if not identity:
            self._record(0, 0, 0, 0)
            return  # the gateway has nothing newer
        flash = self._images.flash
        size = flash.ioctl(5, 0)
        room = size * flash.ioctl(4, 0)
        head = bytes(first)
        start, sequence, length, digest = package.check(
            head, self._keys, self._product, self._hardware, self._sequence, room
        )
        stage, known, done, _ = self._progress
        if stage != _FETCHING or known != identity or done > length:
            done = 0
            self._record(_FETCHING, identity, 0, 0)
        while done < length:
            count = min(size, length - done)
            if not await self._write(flash, done // size, identity, start + done, count):
                self._record(0, 0, 0, 0)
                self._asked_for.set()  # the gateway has another package by now
                return
            done += count
            self._record(_FETCHING, identity, done, 0)
            await asyncio.sleep_ms(0)
        if await self._digest_of(flash, length, size) != digest:
            self._fail(FAULT_UPDATE_DIGEST)
            return
        await self._start_image(_READY, identity, sequence, 1 - self._images.running)

    async def _write(
        self, flash: Flash, block: int, identity: int, offset: int, count: int
    ) -> bool:
        """Fetch a block, each part straight into flash: a heap in use may have no 4 KiB in one
        piece. False if the gateway does not have this package any more."""
        flash.ioctl(6, block)
        filled = 0
        while filled < count:
            await asyncio.sleep_ms(0)  # an erase alone may take 100 ms
            _, _, part = await self._ask(identity, offset + filled)
            if not part:
                return False
            part = part[: count - filled]
            flash.writeblocks(block, part, filled)
            filled += len(part)
        return True

    async def _digest_of(self, flash: Flash, length: int, size: int) -> bytes:
        """Return the SHA-256 of what flash holds now."""
        sha = hashlib.sha256()
        piece = memoryview(bytearray(_PIECE))
        for at in range(0, length, _PIECE):
            view = piece[: length - at]
            flash.readblocks(at // size, view, at % size)
            sha.update(view)
            await asyncio.sleep_ms(0)
        return sha.digest()
