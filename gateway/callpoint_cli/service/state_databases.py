"""The databases that the site's processes keep in the state folder beside the journals."""

from typing import Final

from callpoint_gateway.journal.state_databases import StateDatabase

DATABASES: Final = (
    StateDatabase(file="people/people.sqlite3", beside=("people/people.key",), secret=True),
    StateDatabase(file="notify/notify.sqlite3", lock="notify/notify.lock"),
)
