"""The pages of the handbooks, taken apart."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).parents[3] / "docs"
LANGUAGES: Final = ("en", "zh")
# A block of an item of a list is indented as the item is.
_FENCE: Final = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_FILE: Final = re.compile(
    r"^`(/[^`]+)`[^\n]*(?:\n[^\n]+)*:\n\n```\w+\n(.*?)^```$", re.M | re.DOTALL
)
_SUDO: Final = re.compile(r"^sudo (?:-u \w+ )?")
_INLINE: Final = re.compile(r"`(?:sudo )?(callpoint [^`]+)`")
_HEADING: Final = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def pages(language: str) -> dict[str, str]:
    """Return the text of each page of a language, by its name."""
    return {path.name: path.read_text("utf-8") for path in sorted((DOCS / language).glob("*.md"))}


def blocks(text: str) -> list[str]:
    """Return the content of each code block."""
    return [content for _, _, content in _FENCE.findall(text)]


def typed_lines(text: str) -> list[str]:
    """Return the lines that a person types."""
    shell = [content for _, kind, content in _FENCE.findall(text) if kind == "sh"]
    return [line.strip() for content in shell for line in content.splitlines()]


def files(text: str) -> dict[str, str]:
    """Return the content of each file that a page has, by the path that stands before it."""
    return dict(_FILE.findall(text))


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
    """Yield each line that a person types in words, without the ``sudo`` before a command."""
    for line in typed_lines(text):
        words = shlex.split(_SUDO.sub("", line))
        yield words if words[0] == "callpoint" else shlex.split(line)


def mentioned(text: str) -> Iterator[list[str]]:
    """Yield the commands that stand within sentences and tables, in words."""
    for command in _INLINE.findall(_FENCE.sub("", text)):
        yield shlex.split(command)
