"""The steps of an action plan: what an operator does about an alarm, in order."""

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec

from callpoint_gateway.journal.entries import Action
from callpoint_gateway.words.text import Text

NOTE: Final = "step:"


class PlanStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step. ``action``: what the desk records; None: a note that names the step."""

    id: str
    en: str
    zh: str
    action: Action | None = None

    def text(self, language: str) -> str:
        """Return what to do, in a language."""
        return Text(self.en, self.zh).in_(language)

    @property
    def note(self) -> str:
        """The note by which the journal has a step without an action."""
        return f"{NOTE}{self.id}"


def digest_of(steps: Sequence[PlanStep]) -> str:
    """Return the SHA-256 of the steps: two plans with the same one are the same plan."""
    return hashlib.sha256(msgspec.json.encode(list(steps))).hexdigest()
