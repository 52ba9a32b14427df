"""Writes ``gateway.toml`` and ``register.toml``; changes single values of what people wrote."""

import json
import tomllib
from pathlib import Path
from typing import Any

from callpoint_cli.setup.answers import Answers
from callpoint_cli.setup.places import Places
from callpoint_gateway.broker import private_files
from callpoint_gateway.configuration.names import GATEWAY_USER
from callpoint_gateway.configuration.toml_file import lines_of
from callpoint_gateway.words.said import said

Value = str | int
# The files name no secret, and whoever may look at alarms reads them.
_MODE = 0o644
_CONSOLE = ("listen", "port", "public_url", "certificate_file", "key_file")
_REGISTER = """\
# The places and devices of this site: see /usr/share/callpoint/gateway/CONFIGURATION.md.
#
# [[place]]
# id = "b3-u2-301"
# building = "3"
# unit = "2"
# room = "301"
#
# [[device]]
# id = "b3-u2-301-button"
# place = "b3-u2-301"
"""


def new_configuration(site: str, gateway_port: int, places: Places) -> str:
    """Return the text of a new ``gateway.toml``."""
    folder = places.certificates
    return f"""\
# Written once by `callpoint setup`, which later changes single values only.
# Every section: /usr/share/callpoint/gateway/CONFIGURATION.md

[gateway]
site = {_written(site)}
state_dir = {_written(str(places.state))}
register = {_written(str(places.register))}

[broker]
host = "127.0.0.1"
port = {gateway_port}
ca_file = {_written(str(folder / "ca.pem"))}
certificate_file = {_written(str(folder / f"{GATEWAY_USER}.pem"))}
key_file = {_written(str(folder / f"{GATEWAY_USER}.key"))}

[renewal]
certificates_dir = {_written(str(folder))}

[status]
listen = "127.0.0.1"
port = 9464

[console]
port = 8480
"""


def values(answers: Answers) -> dict[tuple[str, str], Value]:
    """Return what the answers mean in ``gateway.toml``, by section and key."""
    found: dict[tuple[str, str], Value] = {}
    if answers.language is not None:
        found["gateway", "language"] = answers.language
    if answers.time_zone is not None:
        found["gateway", "time_zone"] = answers.time_zone
    if answers.public_url is not None:
        found |= {("console", key): getattr(answers.console, key) for key in _CONSOLE}
    return found


def changed(text: str, wanted: dict[tuple[str, str], Value]) -> str:
    """Return the text of a TOML file with other values; all else in it stays as it is.

    ValueError: a value stands where this cannot change it; a person must.
    """
    before = tomllib.loads(text)
    for (section, key), value in wanted.items():
        if before.get(section, {}).get(key) == value:
            continue
        text = _with_value(text, section, key, value)
    after = _content(text)
    for (section, key), value in wanted.items():
        before.setdefault(section, {})[key] = value
    if after != before:
        raise ValueError(said("setup.by_hand", values=", ".join(map(".".join, wanted))))
    return text


def _content(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _with_value(text: str, section: str, key: str, value: Value) -> str:
    lines = text.splitlines()
    places = lines_of(text)
    line = f"{key} = {_written(value)}"
    if (section, key) in places:
        lines[places[section, key] - 1] = line
    elif (section,) in places:
        lines.insert(places[(section,)], line)
    else:
        lines += ["", f"[{section}]", line]
    return "\n".join(lines) + "\n"


def _written(value: Value) -> str:
    # A TOML basic string has JSON's escapes.
    return json.dumps(value, ensure_ascii=False)


def write(path: Path, text: str) -> bool:
    """Write a file of the site unless it is so already; say whether it was written."""
    content = text.encode()
    if path.exists() and path.read_bytes() == content:
        return False
    private_files.write(path, content, _MODE)
    return True


def write_register(path: Path) -> bool:
    """Write an empty register if there is none; say whether it was written."""
    return not path.exists() and write(path, _REGISTER)
