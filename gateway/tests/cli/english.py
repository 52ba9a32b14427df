"""Finds English in what a command says in Chinese."""

import errno
import os
import re
from typing import Final

from callpoint_gateway.words.system_errors import SYSTEM_ERRORS_ZH

# Texts of the operating system that have no code, and what a person types.
_SYSTEM: Final = [
    os.strerror(number)
    for number in errno.errorcode
    if os.strerror(number) not in SYSTEM_ERRORS_ZH
]
_TYPED: Final = re.compile(
    r"\bcallpoint(?: [a-z][a-z-]*)+|pip install|systemctl \w+ \w+|mosquitto -c|chown -R"
    r"|write-flash|esptool --port"
)
# Paths, options, ids, numbers: whatever holds a letter that no English word has.
_NO_WORD: Final = re.compile(r"\S*[/\\\d_=@.`'\[\]-]\S*")
_SENTENCE: Final = re.compile(r"[A-Za-z]+(?: [A-Za-z]+)+")
# Each stands in most English sentences, and alone in no Chinese one.
_GRAMMAR: Final = re.compile(r"\b(?:the|is|are|not|no|and|or|of|with|to|for|has|does|it)\b")


def english(text: str, *names: str) -> list[str]:
    """Return the English in a Chinese text; ``names`` are data that may look like it."""
    for name in sorted([*_SYSTEM, *names], key=len, reverse=True):
        text = text.replace(name, "~")
    text = _NO_WORD.sub("~", _TYPED.sub("~", text))
    return _SENTENCE.findall(text) + _GRAMMAR.findall(text)
