"""Opens the people's store for one page at a time, and puts each look on the console's record.

The store is opened for each call and closed again: a key that is put back works at once, and a
key that is missing is one sentence on the pages that need it, and nothing on the others.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from callpoint_console.accounts.limits import GrowingWait
from callpoint_console.accounts.looks import LookStore
from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.notify import NotifySettings
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import Clock
from callpoint_people.cells import Cells
from callpoint_people.database import FILE, FOLDER
from callpoint_people.looks import Look, RecordLook
from callpoint_people.responsible import Responsible
from callpoint_people.store import PeopleStore
from callpoint_people.words import PeopleError

#: The same look of one account on a page that shows itself anew is one look for this long.
SAME_LOOK_MS: Final = 900_000
#: What pages show by themselves; every other look is one that a person asked for.
BY_ITSELF: Final = frozenset({"responsible", "rota"})

#: Links that are not valid, of one network, before the first wait; a whole house may have one.
_FREE_LINKS: Final = 30
_MOST_S: Final = 300

T = TypeVar("T")


@dataclass(frozen=True)
class Who:
    """Who looks: the account, and the alarm for which it looks, if it is for one."""

    account: str
    alarm: int | None = None


@dataclass(frozen=True)
class People:
    """The people of one site, for the pages. ``looks``: None where the console has no accounts.

    ``tries``: links that were not valid, by network.
    """

    state_dir: Path
    register: Register
    zone: ZoneInfo
    notify: NotifySettings
    looks: LookStore | None
    clock: Clock
    tries: GrowingWait
    _seen: dict[tuple[object, ...], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def now(self) -> datetime:
        """The present moment."""
        return datetime.fromtimestamp(self.clock.wall_ms() / 1000, UTC)

    @property
    def today(self) -> date:
        """The site's date."""
        return self.now.astimezone(self.zone).date()

    @property
    def cells(self) -> Cells:
        """The cells of the register."""
        return Cells(self.register)

    @property
    def is_there(self) -> bool:
        """Whether anybody was ever stored."""
        return (self.state_dir / FOLDER / FILE).exists()

    @contextmanager
    def opened(self, who: Who) -> Iterator[PeopleStore]:
        """Yield the store, which is made if there is none. PeopleError: it cannot be used.

        DatabaseFault: a look cannot be recorded, and so nobody is shown.
        """
        look = self._recorded(who) if self.looks else None
        try:
            with PeopleStore(self.state_dir, look, self.clock) as store:
                yield store
        except sqlite3.Error as error:
            file = self.state_dir / FOLDER / FILE
            raise PeopleError("file.unusable", path=file, reason=error) from None

    async def ask(self, who: Who, work: Callable[[PeopleStore], T]) -> T:
        """Return what ``work`` returns of the open store, in a thread. Errors as ``opened``."""

        def call() -> T:
            with self.opened(who) as store:
                return work(store)

        return await asyncio.to_thread(call)

    def responsible(self, store: PeopleStore) -> Responsible:
        """Return what says who is responsible where."""
        return Responsible(store, self.register, self.zone)

    def _recorded(self, who: Who) -> RecordLook:
        def record(look: Look) -> None:
            assert self.looks is not None
            key = (who, look.what, look.cell, look.persons, look.person)
            if look.what in BY_ITSELF and self._again(key):
                return
            self.looks.record_look(
                who.account,
                look.what,
                look.cell,
                who.alarm,
                persons=look.persons,
                why=look.person,
            )
            with self._lock:
                self._seen[key] = self.clock.monotonic_ms()

        return record

    def _again(self, key: tuple[object, ...]) -> bool:
        now_ms = self.clock.monotonic_ms()
        with self._lock:
            for old in [k for k, at in self._seen.items() if now_ms - at >= SAME_LOOK_MS]:
                del self._seen[old]
            return key in self._seen


def people_of(
    state_dir: Path, config: Config, register: Register, clock: Clock, looks: LookStore | None
) -> People:
    """Return the people of a configured site."""
    tries = GrowingWait(_FREE_LINKS, _MOST_S, clock)
    return People(state_dir, register, config.gateway.zone, config.notify, looks, clock, tries)
