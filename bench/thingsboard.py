"""Compares Callpoint's journal with thingsboard-gateway's storages: losses by kill and full disk.

``make chaos`` runs it. The package is installed into ``.cache/thingsboard``, never into the
project's environment. Only the storages are compared, each through its own interface: the rest of
the two gateways does different things. *Said yes* is what the storage has accepted. It is killed
at a thousand events a second, one by one; faster than it can write, its SQLite loses everything.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

VERSION = "3.8.5"
CHECKOUT = Path(__file__).resolve().parent.parent
CHILD = Path(__file__).with_name("storage_child.py")
ENVIRONMENT = CHECKOUT / ".cache/thingsboard"
EVENTS = 40_000
KILLS, KILLED_PER_S = 8, 1000
VOLUME = "4m"


def other_python() -> Path | None:
    """Return a Python that has the package; None if it cannot be installed here."""
    python = ENVIRONMENT / "bin/python"
    uv = next((CHECKOUT / ".cache").glob("uv-*/bin/uv"), None)
    if uv is None:
        return None
    with_uv = os.environ | {"PYTHONPATH": str(uv.parent.parent)}
    cache = str(CHECKOUT / ".cache/uv-packages")
    if not python.exists():
        made = [uv, "venv", "-q", "--python", sys.executable, ENVIRONMENT]
        wanted = [uv, "pip", "install", "-q", "--python", python, "--cache-dir", cache]
        for command in (made, [*wanted, f"thingsboard-gateway=={VERSION}"]):
            if subprocess.run(command, env=with_uv, check=False).returncode:
                shutil.rmtree(ENVIRONMENT, ignore_errors=True)
                return None
    return python


def counted(python: Path, kind: str, folder: Path) -> int:
    """Return how many different events are in the files."""
    command = [python, CHILD, kind, folder, "count"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return int(printed.split()[-1])


def rate(python: Path, kind: str) -> float:
    """Return events per second until all of them are on disk."""
    with tempfile.TemporaryDirectory() as folder:
        command = [python, CHILD, kind, folder, "put", str(EVENTS)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
            assert child.stdout is not None
            child.stdout.readline()
            started = time.monotonic()
            last = started
            kept, before = 0, -1
            while kept < EVENTS and (kept != before or child.poll() is None):
                before, kept = kept, counted(python, kind, Path(folder))
                last = time.monotonic()
            child.kill()
        return kept / (last - started)


def killed(python: Path, kind: str) -> tuple[int, int]:
    """Return how many events were accepted and how many of them lost, over ``KILLS`` kills."""
    accepted = lost = 0
    chance = random.Random(VERSION)
    for _ in range(KILLS):
        with tempfile.TemporaryDirectory() as folder:
            command = [python, CHILD, kind, folder, "put", "10000000", str(KILLED_PER_S)]
            with subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            ) as child:
                assert child.stdout is not None
                last = child.stdout.readline()
                until = time.monotonic() + chance.uniform(0.2, 0.8)
                while time.monotonic() < until:
                    last = child.stdout.readline()
                child.kill()
                # The last count that it printed before it was killed.
                for line in child.stdout.read().splitlines(keepends=True):
                    last = line if line.endswith(b"\n") else last
            printed = int(last)
            accepted += printed
            lost += max(0, printed - counted(python, kind, Path(folder)))
    return accepted, lost


def full(python: Path, kind: str) -> tuple[int, int] | None:
    """Return how many were accepted and lost on a volume of 4 MB; None if none can be made."""
    with tempfile.TemporaryDirectory() as folder:
        script = (
            f'mount -t tmpfs -o size={VOLUME} none "$1" && '
            f'"$2" "$3" {kind} "$1" put {EVENTS} | tail -n 1 && "$2" "$3" {kind} "$1" count'
        )
        command = ["unshare", "-rm", "sh", "-c", script, "sh", folder, str(python), str(CHILD)]
        printed = subprocess.run(command, capture_output=True, text=True, check=False)
        words = printed.stdout.split()
        if printed.returncode or len(words) < 2:
            print(f"a small volume: {printed.stderr.strip()[-200:]}", file=sys.stderr)
            return None
        return int(words[0]), int(words[0]) - int(words[1])


def main() -> None:
    """Print the table."""
    other = other_python()
    rows = [("Callpoint's journal", Path(sys.executable), "callpoint")]
    if other is None:
        print(f"thingsboard-gateway {VERSION}: not run, it cannot be installed here")
    else:
        rows += [
            (f"ThingsBoard {VERSION}, SQLite", other, "sqlite"),
            (f"ThingsBoard {VERSION}, files", other, "file"),
        ]
    print(f"{'storage':26} {'on disk/s':>10} {'killed: accepted':>17} {'lost':>7}", end="")
    print(f" {'disk full: accepted':>20} {'lost':>7}")
    for name, python, kind in rows:
        yes, lost = killed(python, kind)
        on_full = full(python, kind)
        print(f"{name:26} {rate(python, kind):10.0f} {yes:17} {lost:7}", end="")
        print("              not run" if on_full is None else f" {on_full[0]:20} {on_full[1]:7}")


if __name__ == "__main__":
    main()
