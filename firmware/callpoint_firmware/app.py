"""The application: builds everything on a board and runs it until something is wrong.

A task that ends, for whatever reason, restarts the board: a device that still blinks but no
longer sends is worse than one that is away for a second. In safe mode (see ``starts``) only
buttons are wired, with the settings of the device itself.
"""

import asyncio
import gc
import os
import sys
from binascii import crc32

from callpoint_firmware.answers import Answers
from callpoint_firmware.build import VERSION
from callpoint_firmware.commands import Commands
from callpoint_firmware.configuration import Configuration
from callpoint_firmware.events import Events
from callpoint_firmware.forget import forget
from callpoint_firmware.inputs import Inputs
from callpoint_firmware.link import Link
from callpoint_firmware.mqtt import Client
from callpoint_firmware.settings import contents
from callpoint_firmware.spool import Spool
from callpoint_firmware.starts import SETTLED_MS, Starts
from callpoint_firmware.store import CERTIFICATE, MAX_VALUE, OTHER_WIFI, Store
from callpoint_firmware.supervisor import WATCHDOG_MS, Supervisor
from callpoint_protocol import messages
from callpoint_protocol.names import (
    BATTERY,
    CFG,
    CMD,
    CRT,
    DEVICE,
    IMG,
    LOST,
    STATUS,
    TROUBLE,
    TROUBLE_RESTORE,
)
from callpoint_protocol.topics import topic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from callpoint_firmware.board import Beat, Board
    from callpoint_firmware.second_path import SecondPath
    from callpoint_firmware.settings import Settings
    from callpoint_firmware.sleeper import Sleeper
    from callpoint_firmware.spool import Event
    from callpoint_firmware.update import Update
    from callpoint_firmware.wifi_change import WifiChange

_START_ONLY = (
    "callpoint_firmware.identity",
    "callpoint_firmware.settings_check",
    "callpoint_firmware.wiring",
    "callpoint_protocol.device_settings",
    "callpoint_protocol.loop_presets",
)
LOW_BATTERY_MV = 2_900
_RESTORED_MV = 3_100
_CARE_MS = 1_000
_PATIENCE_MS = 10_000  # with a task; a scan for networks alone holds up all for seconds
_PATIENCE_SEND_MS = 15_000  # a write may take the link's deadline
_RESTART_MS = 1_000  # time to tell that the command was obeyed


class Application:
    """Everything that runs on one board. Nothing happens before ``run``."""

    def __init__(self, board: Board, settings: Settings) -> None:
        clock = board.clock
        self.board = board
        self.settings = settings
        owner = crc32((settings.site + "/" + settings.device).encode())
        self.store = Store(board.state)
        self.store.keep_for(owner.to_bytes(4, "big"))
        self.starts = Starts(self.store, board.reset_cause)
        self.spool = Spool(board.flash, _random_u16, owner)
        safe = self.starts.safe
        self.answers = Answers(board.lamp, board.sounder, clock, settings.values)
        self._mark = self._certificate()
        self.client = self._client()
        self.link = Link(
            *(self.client, settings, self.spool, self.answers, clock),
            *(self.readings, self.birth, self._second_path()),
        )
        self.events = Events(self.spool, clock, self._raised)
        self.configuration = Configuration(
            self.store, settings, self.events, self.link, clock, safe
        )
        self.update = self._updater()
        self.wifi_change = self._wifi_changer() if self.store.get(OTHER_WIFI) else None
        self.commands = Commands(
            *(self.store, self.events, self.answers, self.link.report, self._restart),
            self.update.start if self.update else None,
            self._change_wifi if board.wifi else None,
        )
        self.link.listen(CMD, self.commands.obey)
        self.link.listen(CFG, self.configuration.take)
        if self._mark:
            self.link.listen(CRT, self._try_certificate)
        self.inputs = Inputs(clock, settings.values, board.edge_flag())
        from callpoint_firmware.wiring import wire

        wire(board, settings, self.inputs, self.events, self.answers, self.store, safe)
        self.sleeper = self._sleeper()
        self.supervisor = Supervisor(board.watchdog(WATCHDOG_MS), clock)
        self._low_battery = False
        self.restart_at = 0

    def _client(self) -> Client:
        settings = self.settings
        context, hostname = settings.ssl_context()
        host, port = settings.broker()
        return Client(
            host,
            port,
            settings.device,
            topic(settings.site, settings.device, STATUS),
            messages.encode_status(LOST, self.spool.boot),
            ssl=context,
            server_hostname=hostname,
            user=settings.user,
            password=settings.password,
            dns=self.board.dns,
        )

    def _certificate(self) -> int:
        """Take a renewed certificate for the identity's; return its mark, 0 without one in DER."""
        tls = self.settings.tls
        if not tls or "cert" not in tls:
            return 0
        own = contents(tls["cert"])
        kept = self.store.get(CERTIFICATE)
        if kept:
            from callpoint_firmware.certificate import renews

            if renews(own, kept):  # else another identity has been written
                own = tls["cert"] = kept
        return 0 if own.startswith(b"-----") else crc32(own)

    def _try_certificate(self, body: bytes) -> None:
        """Try a new certificate, if it may take the place of the present one."""
        new = bytes(body)
        if self.client.trial or crc32(new) == self._mark or len(new) > MAX_VALUE:
            return
        from callpoint_firmware.certificate import Trial, renews

        if not renews(contents(self.settings.tls["cert"]), new):
            return
        try:
            context = self.settings.ssl_context(new)[0]
        except (OSError, ValueError, MemoryError):
            return  # the gateway sends it again
        self.client.trial = Trial(
            self.client, self.board.clock, context, lambda: self._keep_certificate(new)
        )

    def _keep_certificate(self, new: bytes) -> None:
        try:
            self.store.put(CERTIFICATE, new)
        except OSError:
            return  # it serves until the next start, and the gateway sends it again
        self.settings.tls["cert"] = new
        self._mark = crc32(new)
        self.link.report()

    # Parts that some devices have; the others do not load them.

    def _second_path(self) -> SecondPath | None:
        if not self.settings.second:
            return None
        from callpoint_firmware.second_path import SecondPath

        return SecondPath(self.settings)

    def _updater(self) -> Update | None:
        if not self.settings.update or not self.board.images:
            return None
        from callpoint_firmware.update import Update

        update = Update(
            self.board, self.settings, self.store, self.events, self.link, self._restart
        )
        self.link.listen(IMG, update.take)
        return update

    def _wifi_changer(self) -> WifiChange | None:
        if not self.board.wifi:
            return None
        from callpoint_firmware.wifi_change import WifiChange

        return WifiChange(self.store, self.board.wifi, self.link, self.board.clock)

    def _change_wifi(self, body: bytes, seconds: int) -> None:
        if not self.wifi_change:
            self.wifi_change = self._wifi_changer()
        if self.wifi_change:
            self.wifi_change.take(body, seconds)

    def _sleeper(self) -> Sleeper | None:
        if not self.settings.sleep or not self.board.can_sleep or self.starts.safe:
            return None
        from callpoint_firmware.sleeper import Sleeper

        return Sleeper(
            *(self.board, self.settings, self.link, self.inputs, self.spool),
            *(self._is_busy, self._settle),
        )

    # What the parts ask of the whole.

    def _is_busy(self) -> bool:
        parts = (self.update, self.wifi_change)
        return bool(self.client.trial) or any(part and part.busy for part in parts)

    def birth(self) -> tuple[str, int]:
        """Return the firmware's version and why the device started."""
        return VERSION, self.board.reset_cause

    def readings(self) -> dict[str, int]:
        """Return what telemetry tells, by key of ``names.READINGS``."""
        values = {
            "up": self.board.clock.monotonic_ms() // 1000,
            "hf": gc.mem_free(),
            "sd": min(self.spool.depth, 0xFFFF),
            "rc": self.board.reset_cause,
            "ci": self.commands.last,
            "cr": self.configuration.revision,
        }
        if self._mark:
            values["ce"] = self._mark
        change = self.wifi_change and self.wifi_change.state
        if change:
            values["wn"] = change
        supply = self.board.supply_mv()
        if supply is not None:
            values["mv"] = min(supply, 0xFFFF)
        strength = self.board.rssi()
        if strength is not None:
            values["rs"] = max(-127, min(strength, 0))
        return values

    def _raised(self, event: Event) -> None:
        self.link.raised(event)
        self.board.raised(event)

    def _healthy(self) -> bool:
        """Say whether a new image may stay: it has lived for a minute and reached the broker."""
        return self.board.clock.monotonic_ms() > SETTLED_MS and self.link.proven

    def _restart(self) -> None:
        self.starts.intend()
        self.restart_at = self.board.clock.monotonic_ms() + _RESTART_MS

    async def _care(self) -> None:
        """Look after the device itself."""
        for fault in self.starts.faults():
            self.events.raise_event(DEVICE, TROUBLE, 0, fault)
        while True:
            now = self.board.clock.monotonic_ms()
            self.supervisor.beat("care")
            if self.restart_at and now >= self.restart_at:
                return
            if now > SETTLED_MS:
                self._settle()
            self._check_supply()
            self.spool.note()
            self.configuration.check()
            if self.wifi_change:
                self.wifi_change.step()
            if self.client.trial:
                await self.client.trial.step(self.link.idle)
            self.events.check_loss()
            fault = self.events.loss or self.configuration.refused
            self.answers.set_conditions(self.events.on_test, fault, self._low_battery)
            await asyncio.sleep_ms(_CARE_MS)

    def _settle(self) -> None:
        self.starts.settle(
            lambda fault: self.events.raise_event(DEVICE, TROUBLE_RESTORE, 0, fault)
        )

    def _check_supply(self) -> None:
        supply = self.board.supply_mv()
        if supply is None:
            return
        if not self._low_battery and supply < LOW_BATTERY_MV:
            self._low_battery = True
            self.events.raise_event(BATTERY, TROUBLE, 0, supply)
        elif self._low_battery and supply > _RESTORED_MV:
            self._low_battery = False
            self.events.raise_event(BATTERY, TROUBLE_RESTORE, 0, supply)

    def _expected(self, name: str, patience_ms: int) -> Beat:
        """Have the supervisor wait for a task; return what the task calls at every turn."""
        self.supervisor.expect(name, patience_ms)
        return lambda: self.supervisor.beat(name)

    async def run(self) -> str:
        """Run every task; return the name of the first that ends."""
        forget(*_START_ONLY)
        ended = asyncio.Event()
        names: list[str] = []
        self.supervisor.expect("care", _PATIENCE_MS)
        running = [
            ("inputs", self.inputs.run(self._expected("inputs", _PATIENCE_MS))),
            ("answers", self.answers.run(self._expected("answers", _PATIENCE_MS))),
            ("send", self.link.send(self._expected("send", _PATIENCE_SEND_MS))),
            ("link", self.link.run()),
            ("care", self._care()),
            ("supervisor", self.supervisor.run()),
        ]
        if self.settings.second:
            running.append(("second", self.link.run_second()))
        if self.update:
            running.append(("update", self.update.run(self._healthy)))
        if self.sleeper:
            running.append(("sleeper", self.sleeper.run()))
        if self.board.provisioning:
            from callpoint_firmware import improv

            line = improv.serve(self.board, self.settings, self.store, VERSION)
            running.append(("improv", line))
        running.extend(self.board.tasks(self))
        tasks = [asyncio.create_task(_watched(name, task, names, ended)) for name, task in running]
        try:
            await ended.wait()
        finally:
            for task in tasks:
                task.cancel()
        return names[0]


def _random_u16() -> int:
    """Return a random number for the generation of a new spool."""
    return int.from_bytes(os.urandom(2), "little")


async def _watched(
    name: str, task: Coroutine[Any, Any, None], names: list[str], ended: asyncio.Event
) -> None:
    try:
        await task
    except asyncio.CancelledError:
        raise
    except Exception as error:  # the one place where any fault at all must end in a restart
        sys.print_exception(error, sys.stderr)  # type: ignore[arg-type]
    names.append(name)
    ended.set()


async def run(board: Board, settings: Settings) -> None:
    """Run the firmware on a board until a part of it ends, then sleep or start the board anew."""
    application = Application(board, settings)
    ended = await application.run()
    sleeper = application.sleeper
    # A restart that was ordered is no sleep: a new image must be started by a reset.
    if sleeper and sleeper.wait_ms and not application.restart_at:
        sleeper.sleep()
    sys.stderr.write("ended: %s %s\n" % (ended, application.supervisor.silent or ""))
    board.reset()
