"""A virtual board as a process: the real firmware under the real MicroPython interpreter.

Its pins are driven and its lamp is read over a local socket, one JSON object a line; see
``firmware/callpoint_boards/README.md``.
"""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from callpoint_rig.part import START_S, RigError, not_up
from callpoint_rig.rig_words import rig_said
from callpoint_rig.tools import MORTAL, tool, virtual_board_program

HEAP_32 = "160k"


class Moment(msgspec.Struct, frozen=True):
    """A line that a board sent unasked. ``at_ms``: the host's monotonic time when it came."""

    at_ms: float
    lamp: str = ""
    event: tuple[int, int, int, int, int] | None = None  # boot, seq, kind, state, zone


def now_ms() -> float:
    """Return the host's monotonic time in milliseconds."""
    return time.monotonic() * 1000


class VirtualBoard:
    """A board. ``settings`` is the firmware's settings.json as a dict."""

    def __init__(
        self, folder: Path, settings: dict[str, Any], interpreter: str = "micropython"
    ) -> None:
        """Write the settings; nothing runs before ``start``. The flash is in ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        self.device: str = settings["device"]
        self._interpreter = interpreter
        from_slots = "slots" in settings.get("board", {})
        #: The program that the interpreter runs; its stderr goes into ``log``.
        self.program = virtual_board_program("virtual_boot.py" if from_slots else "virtual.py")
        self.settings = folder / f"{self.device}.json"
        self.settings.write_text(json.dumps(settings), encoding="utf-8")
        self.log = folder / f"{self.device}.log"
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._listening: asyncio.Task[None] | None = None
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._news = asyncio.Condition()
        self.moments: list[Moment] = []
        self.on_moment: Callable[[Moment], None] | None = None
        self.lamp = "idle"

    async def start(self) -> None:
        """Start the process. RigError with what it printed if it does not come up."""
        heap = ("-X", f"heapsize={HEAP_32}") if self._interpreter == "micropython32" else ()
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *MORTAL,
                str(tool(self._interpreter)),
                *heap,
                str(self.program),
                str(self.settings),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                stdin=asyncio.subprocess.DEVNULL,
            )
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(START_S):
                line = await self._process.stdout.readline()
            port = json.loads(line)["control"]
        except TimeoutError:
            await self.kill()
            raise RigError(not_up(self.device, self.log.read_text(errors="replace"))) from None
        except (ValueError, KeyError) as error:
            printed = line.decode(errors="replace") + self.log.read_text(errors="replace")
            await self.kill()
            why = rig_said("part.ended", name=self.device, printed=printed.strip())
            raise RigError(why) from error
        reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        self._listening = asyncio.create_task(self._listen(reader))

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            message = json.loads(line)
            if "ok" in message or "error" in message:
                self._answers.put_nowait(message)
                continue
            moment = Moment(
                now_ms(),
                message.get("lamp", ""),
                tuple(message["event"]) if "event" in message else None,
            )
            self.lamp = moment.lamp or self.lamp
            self.moments.append(moment)
            if self.on_moment:
                self.on_moment(moment)
            async with self._news:
                self._news.notify_all()

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send one request line and return the answer. RigError if it was refused."""
        if self._writer is None:
            raise RigError(rig_said("part.off", name=self.device))
        self._writer.write(json.dumps(request).encode() + b"\n")
        answer = await self._answers.get()
        if "error" in answer:
            raise RigError(rig_said("board.refuses", name=self.device, why=answer["error"]))
        return answer

    async def set(self, input: str, level: int) -> None:
        """Set the level of an input."""
        await self.ask({"set": input, "to": level})

    async def press(self, input: str, level: int = 1) -> float:
        """Set the level of an input; return the host's monotonic time just before, ms."""
        at_ms = now_ms()
        await self.set(input, level)
        return at_ms

    async def state(self) -> dict[str, Any]:
        """Return the present pins, lamp, spool depth and link of the board."""
        return await self.ask({"get": "state"})

    async def until(
        self, condition: Callable[[Moment], bool], within_s: float, after: int = 0
    ) -> Moment:
        """Return the first moment, from index ``after`` on, that fulfils the condition."""
        async with asyncio.timeout(within_s), self._news:
            seen = after
            while True:
                for moment in self.moments[seen:]:
                    if condition(moment):
                        return moment
                seen = len(self.moments)
                await self._news.wait()

    async def until_lamp(self, name: str, within_s: float, after: int = 0) -> Moment:
        """Wait for the lamp to show an answer."""
        return await self.until(lambda moment: moment.lamp == name, within_s, after)

    async def until_up(self, within_s: float) -> None:
        """Wait for the board's link to the broker."""
        async with asyncio.timeout(within_s):
            while not (await self.state())["up"]:  # noqa: ASYNC110 - the board pushes no such news
                await asyncio.sleep(0.02)

    async def ended(self, within_s: float) -> int:
        """Wait until the board ends by itself; return its exit code (70 asks to be restarted)."""
        if self._process is None:
            raise RigError(rig_said("part.off", name=self.device))
        async with asyncio.timeout(within_s):
            return await self._process.wait()

    async def kill(self) -> None:
        """Cut the power: SIGKILL. The flash stays."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._listening is not None:
            self._listening.cancel()
            self._listening = None
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
            # asyncio does not close the transport of the pipe by itself.
            self._process._transport.close()  # type: ignore[attr-defined]
            self._process = None
