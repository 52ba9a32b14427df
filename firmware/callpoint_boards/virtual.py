"""A board that is a process: ``micropython virtual.py settings.json``.

Pins, lamp, sounder, supply and clock are driven and read over a local socket, one JSON object
a line; its port is the first line on stdout. Flash is a file that obeys the rules of NOR flash;
a write is in the page cache when it returns, so kill -9 loses nothing. See ``README.md``.
"""

import asyncio
import gc
import json
import os
import sys
import time

_HERE = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
for _part in ("/../../protocol", "/.."):
    if _HERE + _part not in sys.path:
        sys.path.append(_HERE + _part)

gc.threshold(2048)  # sources are compiled here: collect what that leaves before it scatters

from callpoint_firmware import (  # noqa: E402 - the path must be known first
    app,
    mqtt,  # noqa: F401 - the largest first, while there is room
)
from callpoint_firmware.clock import Clock  # noqa: E402
from callpoint_firmware.settings import load  # noqa: E402
from callpoint_protocol.names import CAUSE_POWER, CAUSES  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from callpoint_firmware.event import Event

    from callpoint_boards.virtual_slots import Slots
    from callpoint_firmware.app import Application
    from callpoint_firmware.board import Task
    from callpoint_firmware.settings import Settings

_SECTOR = 4096
_LINE = 512
_SUPPLY_MV = 3_300
_FIRST_PORT = 20_000  # below the ports that the system hands out by itself
_PORTS = 12_000


class Pin:
    """A pin whose level is set from outside; each edge calls the interrupt."""

    def __init__(self, level: int) -> None:
        self._level = level
        self._callback = None

    def value(self) -> int:
        return self._level

    def irq(self, callback: Callable[[Any], None]) -> None:
        self._callback = callback

    def drive(self, level: int) -> None:
        if level != self._level:
            self._level = level
            if self._callback:
                self._callback(self)


class Loop:
    """A supervised loop whose share of the supply is set from outside."""

    def __init__(self, ratio: int) -> None:
        self.ratio = ratio

    def set_ratio(self, ratio: int) -> None:
        self.ratio = ratio

    def read(self) -> int:
        return self.ratio


class EdgeFlag:
    """Interrupts here come from a task, so an Event does. A ThreadSafeFlag would make each turn
    of the loop wait a millisecond on this port, whose poll cannot watch it and sockets at once."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.set = self._event.set

    async def wait(self) -> None:
        await self._event.wait()
        self._event.clear()


class Shown:
    """A lamp or a sounder: remembers what it was told and passes changes of answer on."""

    def __init__(self, changed: Callable[[str], None] | None = None) -> None:
        self.name = "idle"
        self.on = False
        self._changed = changed

    def show(self, name: str, on: bool) -> None:
        self.on = on
        if name != self.name:
            self.name = name
            if self._changed:
                self._changed(name)


class FileFlash:
    """Raw NOR flash in a file: programming clears bits, only an erase sets them."""

    def __init__(self, path: str, sectors: int) -> None:
        self._sectors = sectors
        try:
            size = os.stat(path)[6]
        except OSError:
            size = 0
        if size != sectors * _SECTOR:
            self._make(path, sectors)
        self._file = open(path, "r+b")  # noqa: SIM115 - open as long as the board runs
        self._old = bytearray(32)

    @staticmethod
    def _make(path: str, sectors: int) -> None:
        """Make it whole under another name: a kill leaves no short file."""
        blank = b"\xff" * 512
        with open(path + ".new", "wb") as file:
            for _ in range(sectors * _SECTOR // len(blank)):
                file.write(blank)
        os.rename(path + ".new", path)

    def readblocks(self, number: int, buf: Any, offset: int = 0) -> None:
        self._file.seek(number * _SECTOR + offset)
        self._file.readinto(buf)

    def writeblocks(self, number: int, buf: Any, offset: int) -> None:
        if len(buf) != len(self._old):
            self._old = bytearray(len(buf))
        self.readblocks(number, self._old, offset)
        for index in range(len(buf)):
            self._old[index] &= buf[index]
        self._file.seek(number * _SECTOR + offset)
        self._file.write(self._old)

    def ioctl(self, op: int, arg: int) -> int:
        if op == 4:
            return self._sectors
        if op == 5:
            return _SECTOR
        if op == 6:
            blank = b"\xff" * 512
            self._file.seek(arg * _SECTOR)
            for _ in range(_SECTOR // len(blank)):
                self._file.write(blank)
        return 0


class HastyClock(Clock):
    """A clock that can be put forward: a week passes in a test."""

    def skip(self, ms: int) -> None:
        self.monotonic_ms()
        self._elapsed += ms


class Watchdog:
    """SIGALRM ends the process when nobody has fed it in time."""

    def __init__(self, ms: int) -> None:
        import ffi

        self._seconds = ms // 1000
        self._alarm = ffi.open(None).func("I", "alarm", "I")
        self.feed()

    def feed(self) -> None:
        self._alarm(self._seconds)


class Board:
    can_sleep = True

    def __init__(self, path: str, settings: Settings, images: Slots | None) -> None:
        options = settings.board
        self.images = images
        self.inputs = {}
        self.loops = {}
        for zone in settings.zones:
            self._add(zone.input, 1 - zone.active)
            self._add(zone.fault, 1 - zone.active)
            self._add(zone.release, 1 - zone.release_active)
            if zone.loop:
                name, borders, _ = zone.loop
                self.loops[name] = Loop((borders[1] + borders[2]) // 2)
        self._set_levels(options.get("levels", {}))
        self.woken_by = options.get("woken_by")
        self.lamp = Shown(self._lamp_changed)
        self.sounder = Shown()
        self.flash = FileFlash(options.get("flash", path + ".flash"), options.get("sectors", 16))
        self.state = FileFlash(options.get("state", path + ".state"), 2)
        self.clock = HastyClock()
        self.clock.set_wall_from_system()
        self.reset_cause = options.get("reset_cause", CAUSE_POWER)
        if self.reset_cause not in CAUSES:
            raise ValueError("reset_cause: no such code")
        self.unique_id = settings.device.encode()
        self.supply = options.get("supply_mv", _SUPPLY_MV)
        self._dns = options.get("dns")
        self._watchdog_ms = options.get("watchdog_ms")
        self.late = 0  # the longest that a turn of the loop has taken, ms
        self.controllers = []
        self.application = None  # until it asks for the board's tasks
        self.provisioning = self.wifi = None
        if options.get("improv"):
            from callpoint_boards.virtual_wifi import provisioning

            self.provisioning = provisioning(self, options)
            self.wifi = self.provisioning[1]

    def _add(self, name: str, level: int) -> None:
        if name:
            self.inputs[name] = Pin(level)

    def _set_levels(self, levels: dict[str, Any]) -> None:
        """What is wired may have moved before this start."""
        for name in levels:
            if name in self.loops:
                self.loops[name].set_ratio(_ratio(levels[name]))
            elif name in self.inputs:
                self.inputs[name] = Pin(_level(levels[name]))
            else:
                raise ValueError("levels: no input or loop " + name)

    def edge_flag(self) -> EdgeFlag:
        return EdgeFlag()

    def set_supply(self, mv: int) -> None:
        self.supply = mv

    def supply_mv(self) -> int | None:
        return self.supply

    def rssi(self) -> int | None:
        return None

    def dns(self) -> tuple[str, int] | None:
        """Without a server named, name resolution is the host's and may block."""
        return self._dns and (self._dns, 53)

    def tasks(self, application: Application) -> tuple[Task, ...]:
        self.application = application
        return (("lateness", self._lateness()),)

    async def _lateness(self) -> None:
        """Measure what a task that wants every turn has to wait for the others."""
        while True:
            began = time.ticks_us()
            await asyncio.sleep_ms(1)
            self.late = max(self.late, time.ticks_diff(time.ticks_us(), began) // 1000 - 1)

    def skip(self, ms: int) -> None:
        """Put the clock forward. Nobody was silent meanwhile: there was no meanwhile."""
        self.clock.skip(ms)
        supervisor = self.application.supervisor
        for name in supervisor.expected:
            supervisor.beat(name)

    def watchdog(self, ms: int) -> Watchdog:
        return Watchdog(self._watchdog_ms or ms)

    def sleep(self, names: list[str], ms: int) -> None:
        """The process ends and says what would wake it; whoever drives it starts it again."""
        wake = {name: 1 - self.inputs[name].value() for name in names}
        print(json.dumps({"sleep": ms, "wake": wake}))
        sys.exit(71)

    def raised(self, event: Event) -> None:
        brief = (event.boot, event.seq, event.kind, event.state, event.zone)
        self.push({"event": brief})

    def reset(self) -> None:
        sys.exit(70)

    def _lamp_changed(self, name: str) -> None:
        self.push({"lamp": name, "at": self.clock.monotonic_ms()})

    def push(self, content: dict[str, Any]) -> None:
        """Tell every controller; one that has gone is noticed by its reader."""
        line = json.dumps(content) + "\n"
        for queue in self.controllers:
            queue.append(line)
            queue.wake.set()


class Controller:
    """One connection that drives the board."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._lines = []
        self.wake = asyncio.Event()

    def append(self, line: str) -> None:
        if len(self._lines) < 64:  # a controller that does not read must not fill the heap
            self._lines.append(line)

    async def serve(self, reader: Any, writer: Any) -> None:
        writer.s.setsockopt(6, 1, 1)  # TCP_NODELAY: two lines at once must not wait
        self._board.controllers.append(self)
        sender = asyncio.create_task(self._send(writer))
        try:
            while True:
                line = await reader.readline()
                if not line or len(line) > _LINE:
                    break
                self.append(json.dumps(self._answer(line)) + "\n")
                self.wake.set()
        except OSError:
            pass  # the controller has gone, which is its right
        finally:
            self._board.controllers.remove(self)
            sender.cancel()
            writer.close()
            await writer.wait_closed()

    async def _send(self, writer: Any) -> None:
        try:
            while True:
                await self.wake.wait()
                self.wake.clear()
                while self._lines:
                    writer.write(self._lines.pop(0))
                    await writer.drain()
        except OSError:
            self._lines.clear()

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            return self._do(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            return {"error": "%s: %s" % (type(error).__name__, error)}

    def _do(self, request: dict[str, Any]) -> dict[str, Any]:
        board = self._board
        if "set" in request:
            self._pin(request["set"]).drive(_level(request["to"]))
        elif "pulse" in request:
            pin = self._pin(request["pulse"])
            self._pulse = asyncio.create_task(_pulse(pin, int(request.get("ms", 5))))
        elif "loop" in request:
            if request["loop"] not in board.loops:
                raise ValueError("no loop " + str(request["loop"]))
            board.loops[request["loop"]].set_ratio(_ratio(request["ratio"]))
        elif "supply" in request:
            board.set_supply(int(request["supply"]))
        elif "clock" in request:
            if request["clock"] is None:
                board.clock.set_wall(None)
            else:
                board.clock.set_wall_from_system(int(request["clock"]))
        elif "skip" in request:
            board.skip(int(request["skip"]))
        elif "block" in request:
            time.sleep_ms(int(request["block"]))
        elif request.get("get") == "state":
            return self._state()
        else:
            raise ValueError("one of set pulse loop supply clock skip block get")
        return {"ok": True}

    def _pin(self, name: str) -> Pin:
        if name not in self._board.inputs:
            raise ValueError("no input " + str(name))
        return self._board.inputs[name]

    def _state(self) -> dict[str, Any]:
        board = self._board
        application = board.application
        gc.collect()
        return {
            "ok": True,
            "lamp": board.lamp.name,
            "lamp_on": board.lamp.on,
            "sounder": board.sounder.name if board.sounder.on else "off",
            "sounder_on": board.sounder.on,
            "pins": {name: pin.value() for name, pin in board.inputs.items()},
            "loops": {name: loop.ratio for name, loop in board.loops.items()},
            "depth": application.spool.depth,
            "lost": application.spool.lost,
            "boot": application.spool.boot,
            "seq": application.spool.seq,
            "up": application.link.up,
            "supply": board.supply,
            "wall": board.clock.wall_ms(),
            "at": board.clock.monotonic_ms(),
            "heap_free": gc.mem_free(),
            "late": board.late,
            "safe": application.starts.safe,
            "rest": application.inputs.at_rest,
            "configuration": application.configuration.revision,
        }


def _level(value: Any) -> int:
    if value not in (0, 1):
        raise ValueError("a level is 0 or 1")
    return value


def _ratio(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1000:
        raise ValueError("a ratio is 0 to 1000")
    return value


async def _pulse(pin: Pin, ms: int) -> None:
    """With 0 ms both edges come before any task can look."""
    before = pin.value()
    pin.drive(1 - before)
    if ms:
        await asyncio.sleep_ms(ms)
    pin.drive(before)


async def _listen(board: Board) -> tuple[Any, int]:
    """Take a free port. Sockets here cannot tell a port that the system chose."""

    async def serve(reader: Any, writer: Any) -> None:
        await Controller(board).serve(reader, writer)

    while True:
        port = _FIRST_PORT + int.from_bytes(os.urandom(2), "little") % _PORTS
        try:
            server = await asyncio.start_server(serve, "127.0.0.1", port)
        except OSError:
            continue
        return server, port


async def _main(path: str, images: Slots | None) -> None:
    settings = load(path)
    board = Board(path, settings, images)
    server, port = await _listen(board)
    gc.collect()
    # From here on garbage is small: collecting after each 2 KiB would cost every event ms.
    gc.threshold(16_384)
    told = {"control": port}
    if board.provisioning:
        told["serial"] = board.provisioning[0].path
    print(json.dumps(told))
    try:
        await app.run(board, settings)
    finally:
        server.close()


def _ignore_sigpipe() -> None:
    """A socket closed by its peer must not end the process; the port does not see to it."""
    import ffi

    libc = ffi.open(None)
    libc.func("p", "signal", "ip")(13, 1)


def start(path: str, images: Slots | None = None) -> None:
    """Run a board until it ends; ``images`` are its slots, if it was started from one."""
    _ignore_sigpipe()
    try:
        asyncio.run(_main(path, images))
    except (OSError, ValueError) as error:
        sys.stderr.write("%s: %s\n" % (path, error))
        sys.exit(3)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.stderr.write("usage: micropython virtual.py settings.json\n")
        sys.exit(2)
    start(sys.argv[1])
