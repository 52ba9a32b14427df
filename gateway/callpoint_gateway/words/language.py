"""Which language a person reads: what is asked for, else configured, else of the environment."""

import re
from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import LANGUAGES

# POSIX: the first that is set decides (XBD 8.2).
_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")


def language_of(name: str) -> str | None:
    """Return the language of ``zh``, ``zh_CN.UTF-8``, ``zh-Hans`` or ``en_GB``; None: another."""
    first = re.split(r"[-_.@]", name.lower())[0]
    return first if first in LANGUAGES else None


def chosen(asked: str | None, configured: str | None, environment: Mapping[str, str]) -> str:
    """Return one of ``LANGUAGES``; a language that is none of them counts as not named."""
    system = next((environment[key] for key in _VARIABLES if environment.get(key)), "")
    for name in (asked, configured, system):
        if found := language_of(name or ""):
            return found
    return LANGUAGES[0]
