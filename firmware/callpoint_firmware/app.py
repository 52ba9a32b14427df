"""The application: builds everything on a board and runs it until something is wrong.

A task that ends, for whatever reason, restarts the board: a device that still blinks but no
longer sends is worse than one that is away for a second.
"""

import asyncio
import sys

from callpoint_firmware.answers import Answers
from callpoint_firmware.board import random_u16
from callpoint_firmware.button import Button
from callpoint_firmware.commands import Commands
from callpoint_firmware.contact import Contact, FaultContact
from callpoint_firmware.events import Events
from callpoint_firmware.inputs import Inputs
from callpoint_firmware.link import Link
from callpoint_firmware.mqtt import Client
from callpoint_firmware.spool import Spool
from callpoint_protocol import messages
from callpoint_protocol.names import (
    BATTERY,
    CAUSE_WATCHDOG,
    DEVICE,
    FAULT_RESTART,
    LOST,
    MEDICAL,
    PANIC,
    STATUS,
    TROUBLE,
    TROUBLE_RESTORE,
)
from callpoint_protocol.topics import topic

LOW_BATTERY_MV = 2_900
_RESTORED_MV = 3_100
_CARE_MS = 5_000
_SETTLED_MS = 60_000


class Application:
    """Everything that runs on one board. Nothing happens before ``run``."""

    def __init__(self, board, settings):
        self.board = board
        self.settings = settings
        self.spool = Spool(board.flash, random_u16)
        self.answers = Answers(board.lamp, board.sounder, board.clock, settings.values)
        self.events = Events(self.spool, board.clock, self.answers, board.raised)
        self.commands = Commands(board, settings, self.spool, self.events, self.answers)
        self.link = Link(
            self._client(), settings, self.spool, self.answers, board.clock, self.commands
        )
        self.events.wake = self.link.wake
        self.commands.report = self._report
        self.inputs = Inputs(board.clock, settings.values, board.edge_flag())
        for zone in settings.zones:
            self._wire(zone)
        self._low_battery = False
        self._restarted = board.reset_cause == CAUSE_WATCHDOG

    def _client(self):
        settings = self.settings
        context, hostname = settings.ssl_context()
        return Client(
            settings.host,
            settings.port,
            settings.device,
            topic(settings.site, settings.device, STATUS),
            messages.encode_status(LOST, self.spool.boot),
            ssl=context,
            server_hostname=hostname,
            user=settings.user,
            password=settings.password,
        )

    def _report(self):
        self.link.report = True

    def _pin(self, name):
        if name not in self.board.inputs:
            raise ValueError("input: this board has no %s" % name)
        return self.board.inputs[name]

    def _wire(self, zone):
        pin = self._pin(zone.input)
        if zone.kind in (PANIC, MEDICAL):
            button = Button(
                zone.kind, zone.number, self.events, self.settings.values, self.answers.touched
            )
            self.inputs.add(pin, zone.active, button.changed)
            self.inputs.add_timed(button.due)
            return
        contact = Contact(zone.kind, zone.number, self.events)
        self.inputs.add(pin, zone.active, contact.changed)
        if zone.fault:
            fault = FaultContact(zone.kind, zone.number, self.events)
            self.inputs.add(self._pin(zone.fault), zone.active, fault.changed)

    async def _care(self):
        """Look after the device itself."""
        if self._restarted:
            self.events.raise_event(DEVICE, TROUBLE, 0, FAULT_RESTART)
        while True:
            now = self.board.clock.monotonic_ms()
            if self._restarted and now > _SETTLED_MS:
                self._restarted = False
                self.events.raise_event(DEVICE, TROUBLE_RESTORE, 0, FAULT_RESTART)
            self._check_supply()
            self.events.check_loss()
            self.answers.on_test = now < self.events.test_until
            self.answers.low_battery = self._low_battery
            self.answers.fault = self.events.loss or self.commands.configuration_refused
            self.answers.show()
            await asyncio.sleep_ms(_CARE_MS)

    def _check_supply(self):
        supply = self.board.supply_mv()
        if supply is None:
            return
        if not self._low_battery and supply < LOW_BATTERY_MV:
            self._low_battery = True
            self.events.raise_event(BATTERY, TROUBLE, 0, supply)
        elif self._low_battery and supply > _RESTORED_MV:
            self._low_battery = False
            self.events.raise_event(BATTERY, TROUBLE_RESTORE, 0, supply)

    async def run(self):
        """Run every task; return the name of the first that ends."""
        ended = asyncio.Event()
        names = []
        tasks = [
            asyncio.create_task(_watched(name, task, names, ended))
            for name, task in (
                ("inputs", self.inputs.run()),
                ("answers", self.answers.run()),
                ("send", self.link.send()),
                ("link", self.link.run()),
                ("care", self._care()),
            )
        ]
        try:
            await ended.wait()
        finally:
            for task in tasks:
                task.cancel()
        return names[0]


async def _watched(name, task, names, ended):
    try:
        await task
    except asyncio.CancelledError:
        raise
    except Exception as error:  # the one place where any fault at all must end in a restart
        sys.print_exception(error, sys.stderr)  # type: ignore[arg-type]
    names.append(name)
    ended.set()


async def run(board, settings):
    """Run the firmware on a board until a part of it fails, then restart the board."""
    application = Application(board, settings)
    board.application = application
    await application.run()
    board.reset()
