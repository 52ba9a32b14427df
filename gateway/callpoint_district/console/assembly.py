"""Joins what the console of a district consists of."""

from callpoint_console.accounts.assembly import Accounts, accounts_in
from callpoint_console.database import Database as ConsoleFile
from callpoint_district.console.places import GridPlaces
from callpoint_district.database import Database
from callpoint_district.settings import District
from callpoint_gateway.host.clock import Clock


def accounts_of(
    file: ConsoleFile, settings: District, database: Database, clock: Clock
) -> Accounts:
    """Return the accounts of a district in its console's open file."""
    places = GridPlaces(database)
    return accounts_in(file, settings.district, settings.console, places, settings.zone, clock)
