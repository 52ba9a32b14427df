"""Whether a path to a centre can be relied on."""

from enum import StrEnum


class Health(StrEnum):
    """Whether a path can be relied on."""

    UP = "up"
    SUSPECT = "suspect"
    LOST = "lost"
