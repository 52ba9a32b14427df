"""How many alarms or faults there are, in words."""

from typing import Final, Literal

from callpoint_console.words.page_words import PageWords

_ONE: Final = {"alarm": "sentence.alarm", "fault": "sentence.fault"}
_SEVERAL: Final = {"alarm": "sentence.alarms", "fault": "sentence.faults"}


def counted(words: PageWords, what: Literal["alarm", "fault"], count: int) -> str:
    """Return how many alarms or faults there are."""
    return words((_ONE if count == 1 else _SEVERAL)[what], count=count)
