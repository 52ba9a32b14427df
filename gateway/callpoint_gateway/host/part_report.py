"""The interface by which a part of the gateway reports whether it works."""

from typing import Protocol

from callpoint_gateway.words.said import Said


class PartReport(Protocol):
    """Takes the reports of one part, at any rate and from any thread."""

    def up(self, reason: Said) -> None:
        """Report that the part works; ``reason`` says how ("connected")."""

    def down(self, reason: Said, remedy: Said) -> None:
        """Report that the part does not work; ``remedy`` says what a person can do about it."""
