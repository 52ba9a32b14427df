"""The scripts of a technician's pages are no newer than the browsers of messengers (ES2017)."""

import re
from pathlib import Path

import pytest

import callpoint_console

STATIC = Path(str(callpoint_console.__file__)).parent / "static"
#: What came after ECMAScript 2017, as it is written.
NEWER = {
    "optional chaining (2020)": r"\?\.(?!\d)",
    "nullish coalescing (2020)": r"\?\?",
    "a catch without a name (2019)": r"\bcatch\s*\{",
    "spread in an object (2018)": r"\{\s*\.\.\.",
    "for await (2018)": r"\bfor\s+await\b",
    "a private name (2022)": r"\bthis\.#|^\s*#\w",
    "replaceAll, at, flat, fromEntries": r"\.(replaceAll|at|flat|flatMap|fromEntries|matchAll)\(",
}


@pytest.mark.parametrize("name", ["commissioning.js", "photo.js", "console.js"])
def test_a_script_is_old_enough(name: str) -> None:
    text = re.sub(r"//.*", "", (STATIC / name).read_text("utf-8"))
    found = {what for what, pattern in NEWER.items() if re.search(pattern, text, re.MULTILINE)}
    assert not found
