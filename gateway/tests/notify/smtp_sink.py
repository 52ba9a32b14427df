"""A mail server that keeps what it gets."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Smtp:
    """A mail server that keeps each message (RFC 5321, without extensions)."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, str]] = []  # recipient, content
        self.port = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipient = ""

        async def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        await say("220 here")
        while line := (await reader.readline()).decode().strip():
            match line[:4].upper():
                case "RCPT":
                    recipient = line.partition("<")[2].rstrip(">")
                    await say("250 ok")
                case "DATA":
                    await say("354 go on")
                    content = (await reader.readuntil(b"\r\n.\r\n")).decode()
                    self.mails.append((recipient, content))
                    await say("250 ok")
                case "QUIT":
                    await say("221 bye")
                    break
                case _:
                    await say("250 ok")
        writer.close()

    @contextmanager
    def running(self) -> Iterator["Smtp"]:
        """Serve as long as the block lasts, in a loop of its own."""
        loop = asyncio.new_event_loop()
        ready, ended = threading.Event(), asyncio.Event()

        async def serve() -> None:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            async with server:
                await ended.wait()

        thread = threading.Thread(target=lambda: _run(loop, serve()), daemon=True)
        thread.start()
        assert ready.wait(60)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(ended.set)
            thread.join()


def _run(loop: asyncio.AbstractEventLoop, work: Any) -> None:
    try:
        loop.run_until_complete(work)
    finally:
        loop.close()
