"""How a part of the gateway says whether it works."""

from typing import Protocol


class PartReport(Protocol):
    """What a part is given to report to, as often as it likes and from any thread."""

    def up(self, reason: str) -> None:
        """The part works; ``reason`` says what it is now."""

    def down(self, reason: str, remedy: str) -> None:
        """The part does not work; ``remedy`` says what a person can do about it."""
