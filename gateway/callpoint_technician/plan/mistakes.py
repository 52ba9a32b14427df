"""What is wrong with a plan: all of it at once, each with its line and cell."""

from collections.abc import Sequence
from typing import Final

from callpoint_gateway.words.said import Said, joined_lines, said

MOST: Final = 20


class PlanRefused(Exception):
    """A plan is not carried out; ``why`` has a line for each mistake, at most ``MOST``."""

    def __init__(self, mistakes: Sequence[Said]) -> None:
        """``mistakes``: at least one."""
        mistakes = sorted(mistakes, key=_position)
        shown = mistakes[:MOST]
        if len(mistakes) > MOST:
            shown.append(said("plan.more", count=len(mistakes) - MOST))
        self.mistakes = tuple(mistakes)
        self.why = joined_lines(shown)
        super().__init__(self.why)


def _position(mistake: Said) -> tuple[int, int]:
    line, number = (mistake.values.get(name, 0) for name in ("line", "number"))
    return int(str(line)), int(str(number))
