"""Which entries the district must have, whatever fails."""

from collections.abc import Mapping, Set


class Promises:
    """By gateway the hashes of entries that the district was seen to have, or gave a receipt for.

    What the gateways have now it must have as well; that is looked up when a round is over.
    """

    def __init__(self) -> None:
        """Nothing is promised yet."""
        self._must: dict[str, set[bytes]] = {}
        self._in_backup: dict[str, set[bytes]] = {}
        self._put_back = False

    def backup_begins(self) -> None:
        """Note that the backup has what is in the database now, and perhaps more."""
        self._in_backup = {gateway: set(hashes) for gateway, hashes in self._must.items()}

    def database_was_put_back(self) -> None:
        """Note that the database has what the backup has, and nothing more need be there."""
        self._must = {gateway: set(hashes) for gateway, hashes in self._in_backup.items()}
        self._put_back = True

    def gateway_was_put_back(self, gateway: str, receipted: Set[bytes]) -> None:
        """Note that a gateway has forgotten entries, some of which had a receipt."""
        if not self._put_back:
            self._must.setdefault(gateway, set()).update(receipted)

    def check(self, kept: Mapping[str, Set[bytes]]) -> None:
        """Check that the district has all of it, at the end of a round."""
        for gateway, must in self._must.items():
            lost = len(must - kept[gateway])
            assert not lost, f"{lost} entries of {gateway} are lost"
        self._must = {gateway: set(hashes) for gateway, hashes in kept.items()}
        self._put_back = False
