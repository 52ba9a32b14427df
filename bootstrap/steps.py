"""Runs a step of the set-up, tells the person what it does, and what to do if it fails.

Standard library only: these files run before anything is installed.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

_printing = threading.Lock()


class NotReady(Exception):
    """A step could not be done. `what` failed; `remedy` is what the person can do about it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}\n  What to do: {self.remedy}"


def say(line: str) -> None:
    """Print a whole line; steps run side by side."""
    with _printing:
        print(f"prepare: {line}", file=sys.stderr, flush=True)


def run(
    command: Sequence[str | Path],
    *,
    failed: str,
    remedy: str,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> str:
    """Run a command and return what it printed on standard output.

    A program's own complaint is the best evidence there is, so the last lines of it go into
    the `NotReady` that a failure raises.
    """
    try:
        done = subprocess.run(
            [os.fspath(part) for part in command],
            env={**os.environ, **(environment or {})},
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as missing:
        raise NotReady(f"{failed}: there is no program {missing.filename}", remedy) from None
    if done.returncode == 0:
        return done.stdout
    complaint = complaint_in(done.stderr or done.stdout)
    if os.strerror(errno.ENOSPC).lower() in (done.stderr + done.stdout).lower():
        remedy = DISK_FULL
    raise NotReady(f"{failed}:\n    {complaint}", remedy)


DISK_FULL = "The disk is full. The set-up needs about 500 MB: free some, then run make again."


def complaint_in(output: str, most: int = 4) -> str:
    """Return the lines of a program's output that say why it failed.

    apt marks errors with `E:` and uv and pip with `error`; warnings around them only hide them.
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    marked = [
        line
        for line in lines
        if line.startswith("E:") or "error" in line.lower() or "no space left" in line.lower()
    ]
    return "\n    ".join((marked or lines)[-most:]) or "it gave no reason"
