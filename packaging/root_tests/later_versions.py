"""Makes packages of versions to come from the package of this one."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from environment import PYTHONS

# Steps that a version to come could take: new tables alone, so that this version can go on.
_STEP = """
_STEPS[SCHEMA] = _Step(lambda connection: connection.execute(
    "CREATE TABLE IF NOT EXISTS later (position INTEGER PRIMARY KEY, note TEXT)"), needs={needs})
SCHEMA = SCHEMA + 1
"""


def another_journal(packages: Path, needs: int) -> None:
    """Let a version bring the journals to a schema that programs from ``needs`` on may use."""
    file = packages / "callpoint_gateway/journal/migrations.py"
    text = file.read_text(encoding="utf-8")
    replace(file, text.replace("\n\ndef usable", _STEP.format(needs=needs) + "\n\ndef usable"))


def never_ready(packages: Path) -> None:
    """Let the gateway of a version do its work, and never say that it is ready."""
    file = packages / "callpoint_gateway/health/life_signs.py"
    text = file.read_text(encoding="utf-8")
    assert '"READY=1", ' in text
    replace(file, text.replace('"READY=1", ', ""))


def another_step(packages: Path, step: str) -> None:
    """Let a version bring the database of a district to a later form, by one statement."""
    file = packages / "callpoint_district/schema.py"
    text = file.read_text(encoding="utf-8")
    replace(file, f"{text}\nSTEPS = (*STEPS, {step!r})\n")


def process_never_ready(packages: Path) -> None:
    """Let a district's process of a version do its work, and never say that it is ready."""
    file = packages / "callpoint_district/service.py"
    text = file.read_text(encoding="utf-8")
    assert '"READY=1", ' in text
    replace(file, text.replace('"READY=1", ', ""))


def replace(file: Path, text: str) -> None:
    """Write a file anew, so that another version of Python keeps the one that it shares."""
    file.unlink()
    file.write_text(text, encoding="utf-8")


def later(package: Path, version: str, folder: Path, *changes: Callable[[Path], None]) -> Path:
    """Return a package of another version, with changes to its code."""
    tree = folder / f"tree-{version}"
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True)
    brought = tree / "usr/lib/callpoint"
    (present,) = (path.name for path in brought.iterdir())
    home = brought / version
    (brought / present).rename(home)
    for name in (
        "DEBIAN/control",
        "DEBIAN/postinst",
        f"usr/lib/callpoint/{version}/bin/callpoint",
    ):
        file = tree / name
        text = file.read_text(encoding="utf-8").replace(present, version)
        # Nobody waits here for a whole minute whether it is ready after all.
        file.write_text(text.replace('upgrade "$VERSION"', 'upgrade "$VERSION" --limit 10'))
    for python in PYTHONS:
        packages = home / f"lib/python{python}/site-packages"
        information = packages / f"callpoint-{present}.dist-info"
        information = information.rename(packages / f"callpoint-{version}.dist-info")
        metadata = information / "METADATA"
        text = metadata.read_text(encoding="utf-8")
        replace(metadata, text.replace(f"\nVersion: {present}\n", f"\nVersion: {version}\n"))
        for change in changes:
            change(packages)
    (tree / "DEBIAN/md5sums").unlink()
    built = folder / f"callpoint_{version}.deb"
    command = ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(tree), str(built)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)
    return built
