"""A receiver that takes longer than the first patience of its path, in virtual time."""

import asyncio

from callpoint_gateway.centres.dc09.path import Dc09Path
from callpoint_gateway.protocols.dc09.frame import Frame, parse

from .. import virtual_time
from .test_dc09_path import ACCEPTED, NOON, REPORT, SILENT, ack, brief


class SlowLink:
    """A connection to a receiver that takes ``took_s`` for each frame, one after the other."""

    def __init__(self, took_s: float) -> None:
        self._took_s = took_s
        self._frames: asyncio.Queue[Frame] = asyncio.Queue()
        self._answers = bytearray()
        self._news = asyncio.Event()
        self._working = asyncio.create_task(self._work())
        self.ended = False

    async def _work(self) -> None:
        while True:
            frame = await self._frames.get()
            await asyncio.sleep(self._took_s)
            self._answers += ack(frame)
            self._news.set()

    def send(self, frame: bytes) -> None:
        self._frames.put_nowait(parse(frame))

    def take(self) -> bytes:
        self._news.clear()
        taken, self._answers = bytes(self._answers), bytearray()
        return taken

    async def arrival(self) -> None:
        await self._news.wait()

    def close(self) -> None:
        self.ended = True
        self._working.cancel()


def test_link_tests_between_the_tries_keep_no_event_from_a_slow_receiver() -> None:
    async def scenario() -> None:
        async def open_slow(_: str, __: int) -> SlowLink:
            return SlowLink(took_s=5)

        path = Dc09Path(
            "receiver.example",
            1,
            "1234",
            now=lambda: NOON,
            first_timeout=4,
            longest_timeout=16,
            open_link=open_slow,
        )
        assert brief(await path.send(REPORT, 1)) == SILENT
        # The answer to the first try arrives during the link test, and counts for nothing.
        assert brief(await path.supervise()) == ACCEPTED
        assert brief(await path.send(REPORT, 1)) == ACCEPTED
        await path.close()

    virtual_time.run(scenario())
