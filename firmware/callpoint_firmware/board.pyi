"""What the application needs of a board: any object with these attributes.

Read by the type checker and by people who port the firmware; no device loads it.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, Protocol, overload

from callpoint_firmware.app import Application
from callpoint_firmware.clock import Clock
from callpoint_firmware.spool import Event

Values = dict[str, int]
"""The settings that a configuration may change, by key (``names.SETTINGS``)."""

Beat = Callable[[], None]
"""What a task calls at every turn, so that the supervisor knows that it is alive."""

Changed = Callable[[bool, int, int], None]
"""Takes a change of a line: active or not, the edges that it stands for, its monotonic ms."""

Task = tuple[str, Coroutine[Any, Any, None]]

class Pin(Protocol):
    """An input. ``irq``'s callback takes the pin and may run between any two bytecodes."""

    def value(self) -> int:
        """Return the level, 0 or 1."""
    def irq(self, callback: Callable[[Any], None]) -> None:
        """Have the callback called at each edge."""

class Loop(Protocol):
    """A supervised loop."""

    def read(self) -> int:
        """Return its share of the supply, 0 to 1000 thousandths, in well under a ms."""

class Flag(Protocol):
    """ThreadSafeFlag where interrupts are real."""

    def set(self) -> None:
        """Wake who waits; safe in an interrupt."""
    def wait(self) -> Awaitable[object]:
        """Wait until the flag is set, and clear it."""

class Shown(Protocol):
    """A lamp or a sounder."""

    def show(self, name: str, on: bool) -> None:
        """Take the answer that is shown now, and whether it is lit or heard at this moment."""

class Flash(Protocol):
    """A raw partition: the block protocol of MicroPython. A program clears bits, no more."""

    @overload
    def readblocks(self, number: int, buf: Any, /) -> object:
        """Fill ``buf`` from a sector."""
    @overload
    def readblocks(self, number: int, buf: Any, offset: int, /) -> object: ...
    @overload
    def writeblocks(self, number: int, buf: Any, /) -> object:
        """Program ``buf`` into a sector."""
    @overload
    def writeblocks(self, number: int, buf: Any, offset: int, /) -> object: ...
    def ioctl(self, op: int, arg: int, /) -> Any:
        """Return the number of sectors (4) or the bytes of a sector (5); erase a sector (6)."""

class Images(Protocol):
    """The two places of the firmware (see ``update``)."""

    @property
    def flash(self) -> Flash:
        """The place that does not run."""
    @property
    def running(self) -> int:
        """The place that runs, 0 or 1."""
    def activate(self) -> None:
        """Have the other place started next, on trial; OSError if it holds no image."""
    def confirm(self) -> None:
        """Keep the running image."""

class Line(Protocol):
    """A serial line; neither method waits."""

    def read(self) -> bytes | None:
        """Return what has come, None if nothing has."""
    def write(self, data: bytes) -> None:
        """Send; what the line has no room for is lost."""

class Wifi(Protocol):
    """What Improv needs of a network; see ``improv``."""

    def connect(self, ssid: bytes, password: bytes) -> None:
        """Start to join a network."""
    def rejoin(self) -> None:
        """Give that up for the stored network."""
    def status(self) -> int:
        """Return 0 idle, 1 joining, 2 online, 3 failed for good."""
    def current(self) -> tuple[bytes, bytes]:
        """Return name and password of the network that is tried or used."""
    def scan(self) -> Any:
        """Return (ssid, dBm, secured) of each network, or a coroutine that does."""
    def address(self) -> str | None:
        """Return the device's address as text."""

class Watchdog(Protocol):
    """A running watchdog."""

    def feed(self) -> None:
        """Put off the restart."""

class Board(Protocol):
    """One board. Parts that it does not have are None or empty."""

    @property
    def inputs(self) -> dict[str, Any]:
        """Each ``Pin`` by its name."""
    @property
    def loops(self) -> dict[str, Any]:
        """Each ``Loop`` by its name."""
    @property
    def wifi(self) -> Wifi | None:
        """The network that can be changed."""
    @property
    def woken_by(self) -> str | None:
        """The name of the input that woke the chip from sleep."""
    @property
    def lamp(self) -> Shown: ...
    @property
    def sounder(self) -> Shown: ...
    @property
    def flash(self) -> Flash:
        """The partition for events (see ``spool``)."""
    @property
    def state(self) -> Flash:
        """The partition for what the device must remember (see ``store``)."""
    @property
    def images(self) -> Images | None: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def reset_cause(self) -> int:
        """One of ``callpoint_protocol.names.CAUSES``."""
    @property
    def unique_id(self) -> bytes:
        """Bytes that no other board has."""
    @property
    def provisioning(self) -> tuple[Line, Wifi, str] | None:
        """The line, the network and the name of the chip, for Improv."""
    @property
    def can_sleep(self) -> bool:
        """Whether ``sleep`` can wake by a contact."""
    def edge_flag(self) -> Flag:
        """Make a flag that an interrupt may set."""
    def supply_mv(self) -> int | None:
        """Return millivolts of the supply, if the board can measure it."""
    def rssi(self) -> int | None:
        """Return the received signal strength in dBm."""
    def dns(self) -> tuple[str, int] | None:
        """Return (address, port) of a DNS server, None where name resolution does not block."""
    def watchdog(self, ms: int) -> Watchdog:
        """Start the watchdog: unless it is fed, the board restarts after that time."""
    def tasks(self, application: Application) -> Iterable[Task]:
        """Return (name, coroutine) of what the board itself must run: Wi-Fi, time."""
    def raised(self, event: Event) -> None:
        """Take note of an event that is stored."""
    def sleep(self, names: list[str], ms: int) -> None:
        """Sleep until one of these inputs moves or the time is over.

        Returns only if an input has moved since it was last read.
        """
    def reset(self) -> None:
        """Start the board anew; does not return."""
