"""The sites whose pages are open: each is opened when somebody looks, and closed again later."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Final

from starlette.applications import Starlette

from callpoint_console.accounts.assembly import Accounts
from callpoint_console.accounts.roles import PlaceTree
from callpoint_console.app import mounted_app
from callpoint_console.console import Console
from callpoint_district.console import household_page
from callpoint_district.console.desk import GatewayDesk
from callpoint_district.console.live.snapshot import revision_in
from callpoint_district.console.site_addresses import address_of
from callpoint_district.console.site_grants import SiteGrants
from callpoint_district.console.site_plans import SitePlans
from callpoint_district.database import Database
from callpoint_district.settings import District
from callpoint_district.sites.asking import AskingLine
from callpoint_district.sites.site import DistrictSite, opened
from callpoint_district.sites.watching import Watch
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import Clock

#: Sites that are open at once, at most.
MOST: Final = 64
#: A site is closed when nobody has looked at it for so long, in seconds.
IDLE_S: Final = 120.0
LOOK_S: Final = 1.0
#: How long the first page of a site waits for what it shows, in seconds.
READ_S: Final = 5.0
_NAVIGATION: Final = "district/site_navigation.html"


class TooMany(Exception):
    """So many sites are open, and each of them is looked at, that no other can be opened."""


@dataclass
class OpenSite:
    """The pages of one site. ``users``: the requests that are under way, streams among them."""

    site: DistrictSite
    console: Console
    app: Starlette
    grants: SiteGrants
    users: int = 0
    used: float = field(default_factory=time.monotonic)

    def leave(self) -> None:
        """Note that a request is over."""
        self.users -= 1
        self.used = time.monotonic()

    @property
    def idle_s(self) -> float:
        """How long nobody has looked at it."""
        return 0.0 if self.users else time.monotonic() - self.used


class OpenSites:
    """Opens and closes sites. Use it in one event loop."""

    def __init__(self, settings: District, database: Database, clock: Clock) -> None:
        """``start`` begins; until then nothing is opened."""
        self._settings, self._database, self._clock = settings, database, clock
        self._watch = Watch(database)
        self._line = AskingLine(settings)
        self._open: dict[str, OpenSite] = {}
        self._opening = asyncio.Lock()
        self._tending: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to watch what is opened later."""
        self._watch.start()
        self._tending = asyncio.get_running_loop().create_task(self._tend())

    async def close(self) -> None:
        """Close every site."""
        if self._tending is not None:
            self._tending.cancel()
        await asyncio.gather(*map(self._close, list(self._open)))
        await self._line.close()
        await asyncio.to_thread(self._watch.close)

    def end_streams(self) -> None:
        """End the streams of all open pages."""
        for each in self._open.values():
            each.console.end_streams()

    @property
    def open(self) -> frozenset[str]:
        """The gateways whose sites are open."""
        return frozenset(self._open)

    async def enter(
        self, gateway: str, accounts: Accounts, streams: Counter[int]
    ) -> OpenSite | None:
        """Return the pages of a site, opened if they are not; None: there is no such site.

        They stay open until ``leave`` was called of what is returned.
        ``accounts``: the district's. TooMany: no other can be opened. psycopg.Error.
        """
        async with self._opening:
            found = self._open.get(gateway)
            if found is None:
                await self._make_room()
                found = await self._opened(gateway, accounts, streams)
            if found is not None:
                found.users += 1
        if found is not None:
            try:
                await found.console.broadcaster.first(READ_S)
            except BaseException:
                found.leave()
                raise
        return found

    async def _opened(
        self, gateway: str, accounts: Accounts, streams: Counter[int]
    ) -> OpenSite | None:
        watch, zone = self._watch, self._settings.zone
        site = None
        try:
            await asyncio.to_thread(watch.watch, gateway)
            site = await asyncio.to_thread(
                opened, self._database, watch, gateway, zone, self._clock
            )
        finally:
            if site is None:
                watch.leave(gateway)
        if site is None:
            return None
        name = site.kept.site if site.kept else gateway
        desk = GatewayDesk(self._database, self._line, self._clock, gateway)
        console = Console(
            name,
            site,
            desk,
            at=address_of(gateway),
            elsewhere=True,
            plans=SitePlans(self._database, gateway, site.register),
            revision=revision_in(site.kept.digest) if site.kept else "",
        )
        grants = SiteGrants(gateway, site.register)
        places = (site.register or Register([], [])).places()
        here = replace(accounts, site=name, tree=PlaceTree(places), zone=site.zone, here=grants.of)
        app = mounted_app(console, here, _NAVIGATION, streams, household_page.ROUTES)
        console.start()
        self._open[gateway] = OpenSite(site, console, app, grants)
        return self._open[gateway]

    async def _make_room(self) -> None:
        if len(self._open) < MOST:
            return
        longest = max(self._open, key=lambda gateway: self._open[gateway].idle_s)
        if self._open[longest].users:
            raise TooMany
        await self._close(longest)

    async def _tend(self) -> None:
        """Close what nobody looks at, and what another register was told of."""
        while True:
            await asyncio.sleep(LOOK_S)
            async with self._opening:
                for gateway, each in list(self._open.items()):
                    if each.idle_s > IDLE_S or each.site.outdated:
                        await self._close(gateway)

    async def _close(self, gateway: str) -> None:
        """Close a site; pages that are open ask again, and so open it again."""
        each = self._open.pop(gateway)
        await each.console.closed()
        self._watch.leave(gateway)
