"""Waits for what other threads and processes do."""

import time
from collections.abc import Callable
from typing import Final

SOON_S: Final = 60.0
_LOOK_S: Final = 0.02


def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end_s = time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(_LOOK_S)


def page_until(load: Callable[[], str], condition: Callable[[str], bool]) -> str:
    """Load a page again and again until its text fulfils a condition; return it."""
    end_s = time.monotonic() + SOON_S
    while not condition(text := load()):
        assert time.monotonic() < end_s, text
        time.sleep(_LOOK_S)
    return text
