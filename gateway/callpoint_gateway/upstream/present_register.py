"""The register of a site as its district is to have it: with the action plans of its own."""

import asyncio
import sqlite3
from collections.abc import Iterator
from itertools import chain

from callpoint_gateway.configuration import revision
from callpoint_gateway.configuration.site import Site
from callpoint_gateway.upstream.own_plans.file import FILE, OwnPlansFile
from callpoint_gateway.upstream.own_plans.plan import lines_of
from callpoint_gateway.upstream.register_sender import Lines, Unreadable
from callpoint_gateway.words.said import said, said_by


class PresentRegister:
    """``news`` is set when there are other plans; the rest changes with a reload only."""

    def __init__(self, site: Site, own_plans: OwnPlansFile) -> None:
        """Read nothing yet."""
        self.news = asyncio.Event()
        self._site, self._own_plans = site, own_plans

    def lines(self) -> Lines:
        """Return the lines of the present register. Unreadable: the plans cannot be read.

        What it returned before goes on to return the register of then.
        """
        try:
            plans = self._own_plans.read()
        except (sqlite3.Error, OSError) as error:
            raise Unreadable(said("own_plan.file", file=FILE, why=said_by(error))) from error

        def lines() -> Iterator[bytes]:
            return chain(revision.lines(self._site.config, self._site.register), lines_of(plans))

        return lines
