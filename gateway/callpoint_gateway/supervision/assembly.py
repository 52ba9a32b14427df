"""Builds the supervision of the devices, the clock, the disk and the gateway's own parts."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from callpoint_gateway.configuration.site import Site
from callpoint_gateway.host.clock_sync import synchronised
from callpoint_gateway.journal.disk_reserve import SOURCE as DISK
from callpoint_gateway.journal.disk_reserve import DiskRoom
from callpoint_gateway.supervision.clock_watch import ClockWatch
from callpoint_gateway.supervision.devices import Supervision
from callpoint_gateway.supervision.faults import Faults
from callpoint_gateway.supervision.inhibits import Inhibits
from callpoint_gateway.supervision.journal_watch import JournalWatch
from callpoint_gateway.supervision.levels import Levels
from callpoint_gateway.supervision.misconduct import Misconduct
from callpoint_gateway.supervision.notifier_watch import NotifierWatch


@dataclass(frozen=True)
class Supervisors:
    """The supervisors of a gateway, each by the name of what it supervises."""

    faults: Faults
    inhibits: Inhibits
    levels: Levels
    devices: Supervision
    misconduct: Misconduct
    clock: ClockWatch
    disk: DiskRoom
    journals: JournalWatch
    notifier: NotifierWatch

    def work(self) -> list[Coroutine[Any, Any, None]]:
        """Return the coroutines of the supervisors; each runs until cancelled."""
        return [
            self.disk.run(),
            self.devices.run(),
            self.misconduct.run(),
            self.faults.run(),
            self.inhibits.run(),
            self.levels.run(),
            self.clock.run(),
            self.journals.run(),
            self.notifier.run(),
        ]


def open_supervision(site: Site, listening: Callable[[str | None], bool]) -> Supervisors:
    """Return the supervisors; they know the faults of earlier runs from the journal.

    ``listening``: see ``Supervision``.
    """
    register, clock, settings = site.register, site.clock, site.config.supervision
    alarms, telemetry = site.journals.alarms, site.journals.telemetry
    faults = Faults(alarms, clock)
    faults.declare(DISK, 0)
    inhibits = Inhibits(register, alarms, clock)
    site.journals.when_closed(inhibits.close)
    levels = Levels(register, alarms, clock)
    site.journals.when_closed(levels.close)
    sooner = {level.level: level.silent_after for level in site.config.level}
    return Supervisors(
        faults=faults,
        inhibits=inhibits,
        levels=levels,
        devices=Supervision(
            site.id,
            register,
            alarms,
            clock,
            listening,
            settings,
            inhibits.worked_on,
            inhibits.covers,
            lambda place: sooner.get(levels.now(place), 1.0),
        ),
        misconduct=Misconduct(alarms, clock),
        clock=ClockWatch(
            alarms,
            telemetry,
            clock,
            synchronised,
            faults.supervise("clock", settings.clock_s),
            faults.supervise("clock/step", 0),
        ),
        disk=DiskRoom(site.journals.state_dir, alarms, telemetry),
        journals=JournalWatch(faults, alarms, telemetry),
        notifier=NotifierWatch(site.id, site.config.notify, alarms, clock, faults),
    )
