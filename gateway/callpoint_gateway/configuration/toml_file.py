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

from callpoint_gateway.words.decoding import decoding_mistake
from callpoint_gateway.words.said import Said, of, said, said_by

Place = tuple[str | int, ...]

T = TypeVar("T")

_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_KEYS = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_TABLE = re.compile(rf"^\s*(\[\[?)\s*({_KEYS})\s*\]\]?")
_ASSIGNMENT = re.compile(rf"^\s*({_KEYS})\s*=\s*(.*)$")
_INLINE_KEY = re.compile(rf"({_KEY})\s*=")
_PATH = re.compile(r" - at `\$((?:\.[^.\[\]`]+|\[\d+\]|\[\.\.\.\])*)`$")


class ConfigError(Exception):
    """A file cannot be used. ``why`` is one line: file, line, what is wrong, what to do."""

    def __init__(self, what: Said, path: Path, line: int | None = None) -> None:
        """``line`` counts from 1; None when the whole file is meant."""
        if line:
            self.why = said("config.in_line", path=str(path), line=line, what=what)
        else:
            self.why = said("config.in_file", path=str(path), what=what)
        super().__init__(self.why)
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


def unknown_keys(value: Any, type: Any, place: Place = ()) -> Iterator[tuple[Place, list[str]]]:
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
        yield from unknown_keys(value, info.cls, place)
    elif isinstance(info, msgspec.inspect.ListType) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _inside(item, info.item_type, (*place, index))


def _described(place: Place) -> str:
    tables = [str(part) for part in place[:-1] if isinstance(part, str)]
    if not tables:
        return ""
    brackets = "[[%s]]" if any(isinstance(part, int) for part in place) else "[%s]"
    return brackets % ".".join(tables)


def _place_of(complaint: str) -> Place:
    match = _PATH.search(complaint)
    if match is None:
        return ()
    parts = re.findall(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]", match[1])
    return tuple(name or (int(index) if index.isdigit() else 0) for name, index in parts)


def _valid(type: Any, place: Place) -> list[str]:
    """Return the values that a key may have, if they are few."""
    info = _type_info(type)
    for part in (*place, None):
        if isinstance(info, msgspec.inspect.UnionType):
            info = next(t for t in info.types if not isinstance(t, msgspec.inspect.NoneType))
        if isinstance(info, msgspec.inspect.StructType):
            info = next((f.type for f in info.fields if f.encode_name == part), info)
        elif isinstance(info, msgspec.inspect.ListType) and part is not None:
            info = info.item_type
    if isinstance(info, msgspec.inspect.EnumType):
        return [str(member.value) for member in info.cls]
    return [str(v) for v in info.values] if isinstance(info, msgspec.inspect.LiteralType) else []


def read(
    path: Path,
    type: type[T],
    hints: Mapping[str, Said] | None = None,
    *,
    absent: Said | None = None,
) -> T:
    """Return the file as a struct. ConfigError names the line and the nearest valid key.

    ``hints``: the text for keys that people try and that are left out on purpose. ``absent``: the
    text where there is no such file, if more can be said than that.
    """
    try:
        # Some editors begin a file with a byte order mark, which TOML does not know.
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(absent or said("config.no_file"), path) from error
    except OSError as error:
        raise ConfigError(said("config.unreadable", why=said_by(error)), path) from error
    except UnicodeDecodeError as error:
        raise ConfigError(said("config.not_text"), path) from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        short = str(error).split(" (at")[0]
        raise ConfigError(
            said("config.not_toml", why=short), path, int(line[1]) if line else None
        ) from error
    lines = lines_of(text)
    for place, valid in unknown_keys(content, type):
        key = str(place[-1])
        near = difflib.get_close_matches(key, valid, 1, 0.5)
        if hints and key in hints:
            hint = hints[key]
        elif near:
            hint = said("config.near", near=near[0])
        else:
            hint = said("config.valid", valid=", ".join(valid))
        table = _described(place)
        what = said("config.unknown", key=key, hint=hint)
        if table:
            what = said("config.unknown_in", key=key, table=table, hint=hint)
        raise ConfigError(what, path, _nearest_line(lines, place))
    try:
        return msgspec.convert(content, type, strict=True)
    except msgspec.ValidationError as error:
        complaint = str(error)
        place = _place_of(complaint)
        what = decoding_mistake(complaint.rsplit(" - at `$", 1)[0])
        if what.code == "value.missing":
            what = said("config.missing", key=str(what.values["field"]))
        elif what.code == "value.enum" and (valid := _valid(type, place)):
            wrong = str(what.values["value"]).strip("'")
            what = said("config.none_such", name=wrong, valid=", ".join(valid))
        name = ".".join(str(part) for part in place)
        raise ConfigError(
            of(name, what) if name else what, path, _nearest_line(lines, place)
        ) from error


def refuse(path: Path, place: Place, what: Said) -> ConfigError:
    """Return the ConfigError for a well-formed value that is wrong, with its line."""
    try:
        lines = lines_of(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        lines = {}
    return ConfigError(what, path, _nearest_line(lines, place))
