"""Listens to what the database tells all processes of a district."""

import psycopg

from callpoint_district.database import Database, tell_all

_END = "end"


class Listener:
    """Hears of which gateways it is told on a channel, from now on."""

    def __init__(self, address: str, channel: str) -> None:
        self._connection = psycopg.connect(address, autocommit=True)
        self._connection.execute(f"LISTEN {channel}")
        self._channel = channel

    def heard(self, database: Database) -> list[str]:
        """Return the gateways that were told since the last time."""
        with database.transaction() as connection:
            tell_all(connection, self._channel, [_END])
        gateways: list[str] = []
        for notice in self._connection.notifies():
            if notice.payload == _END:
                break
            gateways.append(notice.payload)
        return gateways

    def close(self) -> None:
        self._connection.close()
