"""Reads TOML files into structs, with errors that name the file, the line and the remedy.

For a well-formed file the standard library gives no line numbers, so a small scanner finds the
line of each key and table.
"""

import difflib
import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

Place = tuple[str | int, ...]
T = TypeVar("T")

_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_KEYS = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_TABLE = re.compile(rf"^\s*(\[\[?)\s*({_KEYS})\s*\]\]?")
_ASSIGNMENT = re.compile(rf"^\s*({_KEYS})\s*=\s*(.*)$")
_INLINE_KEY = re.compile(rf"({_KEY})\s*=")
_PATH = re.compile(r" - at `\$((?:\.[^.\[\]`]+|\[\d+\]|\[\.\.\.\])*)`$")


class ConfigError(Exception):
    """A file cannot be used. ``str`` is one line: file, line, what is wrong, what to do."""

    def __init__(self, text: str, path: Path, line: int | None = None) -> None:
        """``line`` counts from 1; None when the whole file is meant."""
        super().__init__(f"{path}:{line}: {text}" if line else f"{path}: {text}")
        self.path = path
        self.line = line


def _split(keys: str) -> list[str]:
    return [part.strip().strip("\"'") for part in re.findall(_KEY, keys)]


def lines_of(text: str) -> dict[Place, int]:
    """Return the line of each table and key, by its place: ('centre', 0, 'account')."""
    lines: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    quoted = ""  # the delimiter of a multi-line string that is still open
    for number, line in enumerate(text.splitlines(), 1):
        if quoted:
            if quoted in line:
                quoted = ""
            continue
        if match := _TABLE.match(line):
            place: Place = ()
            parts = _split(match[2])
            for part in parts[:-1]:
                place += (part,)
                if place in counts:
                    place += (counts[place] - 1,)
            place += (parts[-1],)
            if match[1] == "[[":
                counts[place] = counts.get(place, 0) + 1
                lines.setdefault(place, number)
                place += (counts[place] - 1,)
            table = place
            lines[table] = number
        elif match := _ASSIGNMENT.match(line):
            key = table + tuple(_split(match[1]))
            lines.setdefault(key, number)
            value = match[2]
            for inline in _INLINE_KEY.findall(value) if "{" in value else ():
                lines.setdefault((*key, inline.strip("\"'")), number)
            for delimiter in ('"""', "'''"):
                if value.count(delimiter) == 1:
                    quoted = delimiter
    return lines


def _nearest_line(lines: Mapping[Place, int], place: Place) -> int | None:
    while place:
        if place in lines:
            return lines[place]
        place = place[:-1]
    return None


@functools.cache
def _type_info(type: Any) -> msgspec.inspect.Type:
    """Return what a type is; asked for each table of a file, and slow to find out."""
    return msgspec.inspect.type_info(type)


def _unknown(value: Any, type: Any, place: Place = ()) -> Iterator[tuple[Place, list[str]]]:
    """Yield the place of each key that the struct does not have, and the valid keys there."""
    info = _type_info(type)
    if isinstance(info, msgspec.inspect.UnionType):
        info = next(t for t in info.types if not isinstance(t, msgspec.inspect.NoneType))
    if isinstance(info, msgspec.inspect.StructType) and isinstance(value, dict):
        fields = {field.encode_name: field for field in info.fields}
        for key, inner in value.items():
            if key not in fields:
                yield (*place, key), sorted(fields)
            else:
                yield from _inside(inner, fields[key].type, (*place, key))
    else:
        yield from _inside(value, info, place)


def _inside(value: Any, info: Any, place: Place) -> Iterator[tuple[Place, list[str]]]:
    if isinstance(info, msgspec.inspect.UnionType):
        info = next(t for t in info.types if not isinstance(t, msgspec.inspect.NoneType))
    if isinstance(info, msgspec.inspect.StructType):
        yield from _unknown(value, info.cls, place)
    elif isinstance(info, msgspec.inspect.ListType) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _inside(item, info.item_type, (*place, index))


def _described(place: Place) -> str:
    tables = [str(part) for part in place[:-1] if isinstance(part, str)]
    if not tables:
        return ""
    brackets = "[[%s]]" if any(isinstance(part, int) for part in place) else "[%s]"
    return " in " + brackets % ".".join(tables)


def _place_of(complaint: str) -> Place:
    match = _PATH.search(complaint)
    if match is None:
        return ()
    parts = re.findall(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]", match[1])
    return tuple(name or (int(index) if index.isdigit() else 0) for name, index in parts)


def read(path: Path, type: type[T], hints: Mapping[str, str] | None = None) -> T:
    """Return the file as a struct. ConfigError names the line and the nearest valid key.

    ``hints``: the text for keys that people try and that are left out on purpose.
    """
    try:
        # Some editors begin a file with a byte order mark, which TOML does not know.
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path) from error
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8 text", path) from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        short = str(error).split(" (at")[0]
        raise ConfigError(
            f"not valid TOML: {short}", path, int(line[1]) if line else None
        ) from error
    lines = lines_of(text)
    for place, valid in _unknown(content, type):
        key = str(place[-1])
        near = difflib.get_close_matches(key, valid, 1, 0.5)
        if hints and key in hints:
            hint = hints[key]
        elif near:
            hint = f"did you mean '{near[0]}'?"
        else:
            hint = "valid are " + ", ".join(valid)
        raise ConfigError(
            f"unknown key '{key}'{_described(place)}; {hint}", path, _nearest_line(lines, place)
        )
    try:
        return msgspec.convert(content, type, strict=True)
    except msgspec.ValidationError as error:
        complaint = str(error)
        place = _place_of(complaint)
        what = complaint.rsplit(" - at `$", 1)[0].replace(
            "Object missing required field", "missing key"
        )
        name = ".".join(str(part) for part in place)
        raise ConfigError(
            f"{name}: {what}" if name else what, path, _nearest_line(lines, place)
        ) from error


def refuse(path: Path, place: Place, text: str) -> ConfigError:
    """Return the ConfigError for a well-formed value that is wrong, with its line."""
    try:
        lines = lines_of(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        lines = {}
    return ConfigError(text, path, _nearest_line(lines, place))
