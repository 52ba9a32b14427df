"""Builds the guard of the partitions, and its panels over MQTT if they are configured."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from callpoint_gateway.alarms.desk import Desk
from callpoint_gateway.arming.guard import Guard, Others
from callpoint_gateway.arming.keypad import Keypads
from callpoint_gateway.arming.panel import OFFLINE, Panels
from callpoint_gateway.arming.panel_memory import PanelMemory
from callpoint_gateway.arming.panel_topics import availability, commands
from callpoint_gateway.configuration.site import Site
from callpoint_gateway.host.part_report import PartReport
from callpoint_gateway.protocols.report import WRONG_CODE
from callpoint_gateway.supervision.assembly import Supervisors
from callpoint_gateway.supervision.faults import Faults
from callpoint_gateway.words.said import Said

if TYPE_CHECKING:
    from callpoint_gateway.sources.paho_session import PahoSession


@dataclass(frozen=True)
class Arming:
    """The guard; the panels and their session with the broker, None without panels."""

    guard: Guard
    panels: Panels | None
    session: "PahoSession | None"

    @property
    def sessions(self) -> "list[PahoSession]":
        """The sessions with the broker."""
        return [] if self.session is None else [self.session]

    @contextmanager
    def started(self) -> Iterator[None]:
        """Show the panels and take their commands until the end; then show them as offline."""
        if self.panels is None or self.session is None:
            yield
            return
        self.session.start()
        try:
            yield
        finally:
            self.panels.leave()
            self.session.stop()


async def open_arming(site: Site, supervision: Supervisors, desk: Desk) -> Arming:
    """Return the guard, with the state of every partition, and its panels."""
    others = Others(
        supervision.devices.silent, supervision.inhibits.covers, desk.mark, lambda: desk.ages
    )
    settings = site.config.arming
    guard = Guard(site.id, site.register, settings, site.journals.alarms, site.clock, others)
    site.journals.when_closed(guard.close)
    await guard.prepare()
    alarms, memory = site.journals.alarms, PanelMemory(site.journals.alarms)
    if not settings.mqtt and memory.empty:
        return Arming(guard, None, None)
    keypads = Keypads(
        settings.codes,
        alarms,
        lambda: desk.ages,
        lambda name: guard.report(name, WRONG_CODE),
        supervision.faults.supervise,
    )
    site.journals.when_closed(keypads.close)
    keypads.prepare()
    panels = Panels(site.id, guard, keypads, settings, memory)
    session = _session(site, panels, supervision.faults)
    panels.publish_over(session.publish, session.withdraw)
    guard.watch(panels.show)
    return Arming(guard, panels, session)


class _ToPanels:
    """A ``PartReport`` that also tells the panels when their session is up."""

    def __init__(self, report: PartReport, panels: Panels) -> None:
        self._report, self._panels = report, panels

    def up(self, reason: Said) -> None:
        self._report.up(reason)
        self._panels.connected()

    def down(self, reason: Said, remedy: Said) -> None:
        self._report.down(reason, remedy)


def _session(site: Site, panels: Panels, faults: Faults) -> "PahoSession":
    # Imported here, so that only a site with panels pays for the library's memory.
    from callpoint_gateway.sources.paho_session import PahoSession

    report = faults.supervise("broker/panels", site.config.supervision.broker_s)
    # Panels that are not wanted any more are only withdrawn.
    wanted = site.config.arming.mqtt
    return PahoSession(
        site.config.broker,
        f"callpoint-{site.id}-panels",
        [commands(site.id)] if wanted else [],
        panels.take,
        _ToPanels(report, panels),
        (availability(site.id), OFFLINE) if wanted else None,
    )
