"""Files that commands read and write, with errors that end the command in one line."""

import os
from contextlib import suppress
from pathlib import Path

from callpoint_cli.errors import MISSING, fail
from callpoint_gateway.words.said import of, said, said_by


def read(path: Path) -> bytes:
    """Return the content of a file."""
    try:
        return path.read_bytes()
    except OSError as error:
        fail(of(str(path), said_by(error)), MISSING)


def write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write the whole file or nothing, so that a gateway never offers half a package."""
    partial = path.with_name(path.name + ".partial")
    try:
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        fail(of(str(path), said_by(error)), MISSING)


def remove(path: Path) -> None:
    """Delete a file."""
    try:
        path.unlink()
    except OSError as error:
        fail(of(str(path), said("file.delete", why=said_by(error))), MISSING)
