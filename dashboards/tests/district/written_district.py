"""Gateways whose journals a test writes, kept in a real database as a district keeps them."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from callpoint_district.database import Database
from callpoint_district.journal.keeping import Keeper, Sent
from callpoint_district.journal.notices import Copied
from callpoint_district.sites import registers
from callpoint_gateway.configuration.register import Device, Place, Zone
from callpoint_gateway.configuration.revision import Revision
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.chain import Chain
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    Cause,
    EventBody,
    FaultBody,
    Mark,
    NewEntry,
    Quality,
    Stored,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.upstream import UrgentCopy
from callpoint_gateway.upstream.parcels import pack
from callpoint_protocol import names

WAIT_S: Final = 60.0
CITY: Final = "Hangzhou"
XIHU, GONGSHU = "Xihu", "Gongshu"


class WrittenGateway:
    """A journal, and how far the district has it."""

    def __init__(self, folder: Path, name: str, number: int) -> None:
        self.name = name
        self.epoch = f"{number:015x}"
        folder.mkdir(parents=True)
        self.file = folder / "alarms.db"
        self.journal = Journal(self.file, SystemClock(), chained=True)
        self.kept = 0
        self.seq = 0


class WrittenDistrict:
    """Writes what gateways send."""

    def __init__(self, folder: Path, address: str) -> None:
        """``address``: an empty database."""
        self.address = address
        self.clock = SystemClock()
        self.database = Database(address)
        self.database.migrate()
        self._folder = folder
        self._keeper = Keeper(self.database, self.clock)
        self.gateways: dict[str, WrittenGateway] = {}

    def close(self) -> None:
        """Close everything."""
        for gateway in self.gateways.values():
            gateway.journal.close()
        self.database.close()

    def site(
        self,
        name: str,
        grids: Sequence[Sequence[str]],
        at: tuple[float, float] | None = None,
    ) -> None:
        """Add a gateway with a place for each of ``grids`` (community, building, room below the
        district), and a button there: ``button-1``, ``button-2``.
        """
        gateway = WrittenGateway(self._folder / name, name, len(self.gateways) + 1)
        self.gateways[name] = gateway
        places, devices = [], []
        for number, grid in enumerate(grids, 1):
            parts = dict(
                zip(
                    ("city", "district", "street", "community", "building", "room"),
                    grid,
                    strict=False,
                )
            )
            latitude, longitude = at or (None, None)
            place = Place(id=f"p{number}", latitude=latitude, longitude=longitude, **parts)
            places.append(place)
            zones = [Zone(zone=1, kind="panic"), Zone(zone=2, kind="smoke")]
            devices.append(Device(id=f"button-{number}", place=place.id, zone=zones))
        revision = Revision(
            site=f"site-{name}", time_zone="Asia/Shanghai", place=places, device=devices
        )
        now_ms = self.clock.wall_ms()
        with self.database.transaction() as connection:
            registers.keep(connection, name, revision, f"digest-{name}", now_ms)
            connection.execute(
                "INSERT INTO gateways (gateway, program, heard_ms, speaks) "
                "VALUES (%s, '1.5.0', %s, 1)",
                (name, now_ms),
            )

    def event(
        self,
        name: str,
        device: int = 1,
        kind: int = names.PANIC,
        mark: Mark = Mark.REAL,
        state: int = names.ALARM,
    ) -> int:
        """Have a device of a gateway send an event; return its position."""
        return self.store(name, self.new_event(name, device, kind, mark, state))

    def new_event(
        self,
        name: str,
        device: int = 1,
        kind: int = names.PANIC,
        mark: Mark = Mark.REAL,
        state: int = names.ALARM,
    ) -> NewEntry:
        """Return the next event of a device."""
        gateway = self.gateways[name]
        gateway.seq += 1
        now_ms, zone = self.clock.wall_ms(), 2 if kind == names.SMOKE else 1
        body = EventBody(
            f"site-{name}",
            kind,
            state,
            zone,
            0,
            1,
            0,
            now_ms,
            Quality.AGE,
            f"p{device}",
            mark=mark,
        )
        return NewEntry(Type.EVENT, body, f"button-{device}", 1, gateway.seq)

    def act(self, name: str, alarm: int, action: Action, cause: Cause | None = None) -> None:
        """Have a person of the site do something about an alarm."""
        body = ActionBody(action, "desk-7", "cli", cause)
        self.store(name, NewEntry(Type.ACTION, body, about=alarm))

    def fault(self, name: str, source: str = "clock") -> None:
        """Have a part of a gateway fail."""
        self.store(name, NewEntry(Type.FAULT, FaultBody(source, True, "away", "start it")))

    def store(self, name: str, entry: NewEntry) -> int:
        """Write an entry, and have the district keep it."""
        position = self.write(name, entry)
        self.deliver(name)
        return position

    def write(self, name: str, entry: NewEntry) -> int:
        """Write an entry that the district does not get yet; return its position."""
        stored: list[Stored] = []
        done = threading.Event()

        def remember(result: Sequence[Stored]) -> None:
            stored.extend(result)
            done.set()

        self.gateways[name].journal.submit([entry], remember)
        assert done.wait(WAIT_S)
        return stored[-1].position

    def deliver(self, name: str) -> None:
        """Have the district keep what it does not have of a gateway."""
        gateway = self.gateways[name]
        chain = Chain(gateway.file)
        try:
            while rows := chain.after(gateway.kept, 256):
                self._keeper.keep([Sent(name, pack(rows, gateway.epoch, chain))])
                gateway.kept = rows[-1].position
        finally:
            chain.close()

    def copy(self, name: str, position: int) -> None:
        """Have the district show the copy of an entry ahead of its turn."""
        gateway = self.gateways[name]
        chain = Chain(gateway.file)
        try:
            row = chain.after(position - 1, 1)[0].row
        finally:
            chain.close()
        copy = UrgentCopy(epoch=gateway.epoch, row=msgspec.Raw(row))
        self._keeper.notices.show([Copied(name, copy)])

    def silent(self, name: str, finding: int, ago_ms: int = 120_000) -> None:
        """Have the district note that a gateway is not heard."""
        with self.database.transaction() as connection:
            connection.execute(
                "INSERT INTO silences (gateway, since_ms, finding) VALUES (%s, %s, %s)",
                (name, self.clock.wall_ms() - ago_ms, finding),
            )
