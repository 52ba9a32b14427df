"""The pages of the handbooks, taken apart."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).parents[3] / "docs"
LANGUAGES: Final = ("en", "zh")
_FENCE: Final = re.compile(r"^```[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE: Final = re.compile(r"`(?:sudo )?(callpoint [^`]+)`")
_HEADING: Final = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def pages(language: str) -> dict[str, str]:
    """Return the text of each page of a language, by its name."""
    return {path.name: path.read_text("utf-8") for path in sorted((DOCS / language).glob("*.md"))}


def blocks(text: str) -> list[str]:
    """Return the content of each code block."""
    return _FENCE.findall(text)


def headings(text: str) -> list[tuple[int, str]]:
    """Return level and text of each heading."""
    return [(len(signs), title) for signs, title in _HEADING.findall(_FENCE.sub("", text))]


def links(text: str) -> list[str]:
    """Return where each link and picture leads."""
    return _LINK.findall(_FENCE.sub("", text))


def anchor(title: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    kept = re.sub(r"[^\w\- ]", "", title.strip().lower())
    return kept.replace(" ", "-")


def lines(text: str) -> Iterator[list[str]]:
    """Yield each line of the code blocks in words, without the ``sudo`` before a command."""
    for block in blocks(text):
        for line in block.splitlines():
            words = shlex.split(line)
            yield words[1:] if words[:2] == ["sudo", "callpoint"] else words


def mentioned(text: str) -> Iterator[list[str]]:
    """Yield the commands that stand within sentences and tables, in words."""
    for command in _INLINE.findall(_FENCE.sub("", text)):
        yield shlex.split(command)
