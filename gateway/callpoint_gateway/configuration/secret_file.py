"""Secrets in files of their own, so that the configuration can be shown."""

import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from callpoint_gateway.configuration.toml_file import ConfigError, lines_of


def secret(file: str | None) -> str | None:
    """Return what stands in ``file`` without the white space around it; None without a file."""
    return Path(file).read_text(encoding="utf-8").strip() if file else None


def private_lines(path: Path, example: str) -> Iterator[tuple[str, Any, int | None]]:
    """Yield name, value and line number of a file that is nobody else's to read.

    ConfigError if others may read it, or if it is no TOML, with ``example``, and never a value.
    """
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(f"others may use this file; run: chmod 600 {path}", path)
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", path) from None
    except tomllib.TOMLDecodeError:
        # The reader's own words may repeat what stands in the line.
        raise ConfigError(f"is not TOML; each line is: {example}", path) from None
    lines = lines_of(text)
    for name, value in content.items():
        yield name, value, lines.get((name,))
