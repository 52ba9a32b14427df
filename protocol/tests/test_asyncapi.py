"""The AsyncAPI document is valid, and the documents and the code say the same.

The validator is AsyncAPI's own JSON schema (Apache-2.0, licence beside it, white space removed).
"""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from callpoint_protocol import messages, names

_HERE = Path(__file__).parent
_DOCUMENT: dict[str, Any] = yaml.safe_load((_HERE.parent / "asyncapi.yaml").read_text("utf-8"))
_README = (_HERE.parent / "README.md").read_text("utf-8")
_CHANNELS = (*names.UP_CHANNELS, *names.DOWN_CHANNELS)
_BINARY = (names.IMG, names.CRT)
_JSON = [channel for channel in _CHANNELS if channel not in _BINARY]
_SCHEMAS: dict[str, Any] = _DOCUMENT["components"]["schemas"]
# What the text of a body says beyond the values in it, and a bound that depends on another key.
_NOT_IN_A_SCHEMA = {
    "longer than the boot",
    "one byte too long",
    "towards a device only ASCII",
    "nested one too deep",
    "nested far too deeply",
    "firmware with line feed",  # Python's $, unlike ECMA's, also stands before a last line feed
    "boot whole float",
    "whole float",
    "exponent",
    "version float",
}


def _specification() -> dict[str, Any]:
    path = _HERE / "asyncapi-3.0.0" / "schema.json"
    specification: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return specification


def test_document_is_valid() -> None:
    jsonschema.Draft7Validator(_specification()).validate(_DOCUMENT)


def test_an_invalid_document_is_noticed() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(_specification()).validate({**_DOCUMENT, "operations": 1})


def test_channels_are_those_of_the_code() -> None:
    addresses = {name: channel["address"] for name, channel in _DOCUMENT["channels"].items()}
    assert addresses == {name: f"{names.ROOT}/{{site}}/{{device}}/{name}" for name in _CHANNELS}
    actions = {
        operation["channel"]["$ref"].rsplit("/", 1)[1]: operation["action"]
        for operation in _DOCUMENT["operations"].values()
    }
    assert actions == {
        name: "receive" if name in names.UP_CHANNELS else "send" for name in _CHANNELS
    }


@pytest.mark.parametrize("channel", _JSON)
def test_schema_agrees_with_the_vectors(channel: str) -> None:
    validator = jsonschema.Draft7Validator(_SCHEMAS[channel])
    validator.check_schema(_SCHEMAS[channel])
    content = json.loads((_HERE.parent / "vectors" / f"{channel}.json").read_text("utf-8"))
    wrong = []
    for vector in content["vectors"]:
        if vector.get("refused") == "body" or vector["name"] in _NOT_IN_A_SCHEMA:
            continue
        if validator.is_valid(json.loads(vector["body"])) != ("refused" not in vector):
            wrong.append(vector["name"])
    assert wrong == []


def _enum(channel: str, key: str) -> set[int]:
    return set(_SCHEMAS[channel]["properties"][key]["enum"])


def test_enums_are_those_of_the_code() -> None:
    assert _enum("event", "k") == set(names.KINDS)
    assert _enum("event", "s") == set(names.STATES)
    assert _enum("status", "s") == set(names.STATUSES)
    assert _enum("status", "rc") == {0, *names.CAUSES}
    assert _enum("ack", "g") == set(names.STAGES)
    assert _enum("cmd", "c") == set(names.COMMANDS)


def _section(title: str) -> str:
    found = re.search(rf"^### `{title}`$(.*?)(?=^##)", _README, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def _rows(text: str, head: str) -> list[list[str]]:
    lines = text[text.index(f"| {head} |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("channel", _JSON)
def test_key_tables_are_those_of_the_schemas(channel: str) -> None:
    schema = _SCHEMAS[channel]
    rows = _rows(_section(channel), "Key")
    assert [row[0].strip("`") for row in rows] == list(schema["properties"])
    for key, low, high, needed, _ in rows:
        known = schema["properties"][key.strip("`")]
        assert (int(low), int(high)) == _bounds(known)
        assert (needed == "yes") == (key.strip("`") in schema["required"])


def _bounds(known: dict[str, Any]) -> tuple[int, int]:
    if known["type"] == "string":
        return 0, known["maxLength"]
    codes = known.get("enum") or [known.get("const", 0)]
    return known.get("minimum", min(codes)), known.get("maximum", max(codes))


def test_bounds_are_those_of_the_code() -> None:
    for channel, bounds in (("telemetry", names.READINGS), ("cfg", names.SETTINGS)):
        known = _SCHEMAS[channel]["properties"]
        for key, low, high in bounds:
            assert (known[key]["minimum"], known[key]["maximum"]) == (low, high)
    event = _SCHEMAS["event"]["properties"]
    assert event["a"]["maximum"] == names.MAX_AGE_MS
    assert (event["t"]["minimum"], event["t"]["maximum"]) == (names.MIN_TIME_MS, names.MAX_TIME_MS)
    assert _SCHEMAS["get"]["properties"]["n"]["maximum"] == names.IMAGE_CHUNK
    assert _SCHEMAS["cmd"]["properties"]["sec"]["maximum"] == names.MAX_COMMAND_S


def test_kind_table_is_that_of_the_code() -> None:
    rows = _rows(_section("event"), "Kind | Name | States")
    assert rows == [
        [str(kind), name, ", ".join(f"{s} {names.STATES[s]}" for s in sorted(names.ALLOWED[kind]))]
        for kind, name in names.KINDS.items()
    ]


def test_detail_table_is_that_of_the_code() -> None:
    assert _rows(_section("event"), "Kind | Detail | Name") == [
        [names.KINDS[kind], str(detail), name]
        for kind, details in messages.DETAILS.items()
        for detail, name in details.items()
    ]


def test_trouble_table_is_that_of_the_code() -> None:
    rows = _rows(_section("event"), "Kind | Trouble | Name")
    named = {kind: name for kind, name in names.KINDS.items() if kind in messages.TROUBLES}
    said: dict[int, dict[int, str]] = {kind: {} for kind in named}
    for kind, name in named.items():
        mine = (name, "sensed") if kind <= names.WATER else (name,)
        said[kind] = {int(detail): what for which, detail, what in rows if which in mine}
    assert said == messages.TROUBLES


def test_zone_table_is_that_of_the_code_and_of_the_schema() -> None:
    rows = _rows(_section("cfg"), "Zone's key | Lowest | Highest | Meaning")
    assert [(row[0].strip("`"), int(row[1]), int(row[2])) for row in rows] == list(
        names.ZONE_SETTINGS
    )
    patterns = _SCHEMAS["cfg"]["patternProperties"]
    known = [(known["minimum"], known["maximum"]) for known in patterns.values()]
    assert known == [(low, high) for _, low, high in names.ZONE_SETTINGS]
    keys = [
        f"{key}{zone}" for key, _, _ in names.ZONE_SETTINGS for zone in range(names.MAX_ZONE + 1)
    ]
    keys += ["d", "lo", "d256", "lo999", "d07", "d00", "lo-1", "d+1", "xd1", "db1", "d1x"]
    for key in keys:
        matching = any(re.search(pattern, key) for pattern in patterns)
        assert matching == (messages.setting_place(key) is not None), key


@pytest.mark.parametrize(
    ("channel", "head", "codes"),
    [
        ("status", "Status", names.STATUSES),
        ("status", "Reset cause", names.CAUSES),
        ("ack", "Stage", names.STAGES),
        ("cmd", "Command", names.COMMANDS),
    ],
)
def test_code_tables_are_those_of_the_code(channel: str, head: str, codes: dict[int, str]) -> None:
    assert _rows(_section(channel), f"{head} | Name") == [[str(k), v] for k, v in codes.items()]
