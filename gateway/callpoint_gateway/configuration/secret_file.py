"""Secrets in files of their own, so that the configuration can be shown."""

import stat
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from callpoint_gateway.configuration.toml_file import ConfigError, lines_of
from callpoint_gateway.words.said import said, said_by


def secret(file: str | None) -> str | None:
    """Return the only line of ``file`` without surrounding white space; None without a file.

    ValueError: the file has a byte order mark, a second line or a control character, which the
    other side's secret cannot have. OSError: it cannot be read.
    """
    if not file:
        return None
    try:
        text = Path(file).read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        # The error's own text contains the bytes.
        raise ValueError(said("secret.not_utf8")) from None
    if text.startswith("\ufeff"):
        raise ValueError(said("secret.mark"))
    if len(text.splitlines()) > 1:
        raise ValueError(said("secret.lines"))
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise ValueError(said("secret.control"))
    return text


def token(file: str | None) -> str:
    """Return a secret for an HTTP header; empty without a file.

    ValueError: as for ``secret``, or it has spaces or characters beyond ASCII (RFC 6750, 2.1).
    """
    text = secret(file) or ""
    if not text.isascii() or " " in text:
        raise ValueError(said("secret.token"))
    return text


def private_lines(path: Path, example: str) -> Iterator[tuple[str, Any, int | None]]:
    """Yield name, value and line number of each line of a file that only its owner may read.

    ConfigError: others may use the file, or it is no TOML. The text shows ``example``, never a
    value.
    """
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(said("secret.open", path=str(path)), path)
        text = path.read_text(encoding="utf-8-sig")
        content = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(said("config.unreadable", why=said_by(error)), path) from None
    except tomllib.TOMLDecodeError:
        # The parser's own text may contain the line.
        raise ConfigError(said("secret.no_toml", example=example), path) from None
    lines = lines_of(text)
    for name, value in content.items():
        yield name, value, lines.get((name,))
