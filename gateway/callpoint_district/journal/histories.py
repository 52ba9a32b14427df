"""What the database has of one gateway's history, within a transaction."""

from collections.abc import Sequence

import psycopg

from callpoint_district.journal.store import FROM_LINE, LINEAGE_OF


class Histories:
    """What the database has of one gateway, within a transaction (``chain.History``)."""

    def __init__(self, connection: psycopg.Connection, gateway: str) -> None:
        self._connection = connection
        self._gateway = gateway

    def has_epoch(self, epoch: str) -> bool:
        """Say whether there is, or was, such an epoch."""
        found = self._connection.execute(
            "SELECT 1 FROM epochs WHERE gateway = %s AND epoch = %s", (self._gateway, epoch)
        ).fetchone()
        return found is not None

    def hash_at(self, epoch: str, position: int) -> bytes | None:
        """Return the hash of an entry in an epoch, or in those that it goes on from."""
        return self.hashes_at(epoch, [position]).get(position)

    def hashes_at(self, epoch: str, positions: Sequence[int]) -> dict[int, bytes]:
        """Return the hashes of those of these entries that there are, by position."""
        found = self._connection.execute(
            f"{LINEAGE_OF} SELECT entries.position, entries.hash {FROM_LINE} "
            "AND entries.position = ANY(%(positions)s)",
            {"gateway": self._gateway, "epoch": epoch, "positions": list(positions)},
        )
        return {position: bytes(hash) for position, hash in found}

    def epoch_of(self, position: int, hash: bytes) -> str | None:
        """Return the epoch that keeps the entry at a position with this hash; None: none does."""
        found = self._connection.execute(
            "SELECT epoch FROM entries WHERE gateway = %s AND hash = %s AND position = %s",
            (self._gateway, hash, position),
        ).fetchone()
        return found[0] if found else None
