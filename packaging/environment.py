"""Makes the folder of one version: its packages for each Python, and what starts them.

The folder is a virtual environment for several versions of Python at once. ``bin/python`` is the
system's python3, which finds the packages of its own version in ``lib/pythonX.Y``; so a machine
that goes from Debian 12 to Debian 13 goes on with the packages for the other Python.
"""

import filecmp
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from steps import run

PYTHONS: Final = ("3.11", "3.13")  # of Debian 12 and Debian 13
EXTRAS: Final = ("console", "notify", "technician", "upstream", "district")
# glibc of Debian 12, by Debian's name of the architecture.
PLATFORMS: Final = {"amd64": "x86_64-manylinux_2_36", "arm64": "aarch64-manylinux_2_36"}
# They are published as source alone, and are pure Python.
SOURCE_ONLY: Final = ("esptool", "intelhex", "reedsolo")
# How and when a package was installed here: it differs from build to build.
_TRACES: Final = ("direct_url.json", "uv_cache.json", "uv_build.json", "REQUESTED")
# What uv prints when it gets no answer, in small letters.
_NO_ANSWER: Final = ("error sending request", "request failed after")
_NETWORK: Final = "Check that this machine reaches the Python package index, then run make again."


def unanswered(said: str) -> bool:
    """Say whether uv failed because nobody answered, by what it has printed."""
    return any(text in said.lower() for text in _NO_ANSWER)


class Uv:
    """The uv of the checkout, with its cache."""

    def __init__(self, program: Path, cache: Path, python: Path, epoch: int) -> None:
        self._program = program
        self._python = python
        self._environment = {
            "UV_CACHE_DIR": str(cache),
            "UV_SYSTEM_CERTS": "true",
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_LINK_MODE": "copy",
            "UV_NO_PROGRESS": "true",
            "SOURCE_DATE_EPOCH": str(epoch),
        }

    def __call__(self, *arguments: str | Path, directory: Path) -> str:
        """Run uv in a directory and return what it prints."""
        return run(
            [self._program, *arguments],
            failed="The Python packages of the Debian package could not be had",
            remedy=_NETWORK,
            environment=self._environment,
            directory=directory,
        )

    def wheel(self, source: Path, target: Path) -> Path:
        """Build the project's wheel into a folder."""
        self("build", "--wheel", "--quiet", "--out-dir", target, directory=source)
        return next(target.glob("*.whl"))

    def locked(self, source: Path, target: Path) -> Path:
        """Write what uv.lock names for the product, with hashes, into a file."""
        extras = [word for extra in EXTRAS for word in ("--extra", extra)]
        export = ("export", "--frozen", "--quiet", "--no-default-groups", "--no-emit-project")
        self(*export, *extras, "--output-file", target, directory=source)
        return target

    def bill(self, source: Path) -> str:
        """Return the product's packages as CycloneDX, as uv writes it."""
        extras = [word for extra in EXTRAS for word in ("--extra", extra)]
        export = ("export", "--frozen", "--quiet", "--no-default-groups")
        return self(*export, *extras, "--format", "cyclonedx1.5", directory=source)

    def install(self, target: Path, python: str, platform: str, *what: str | Path) -> None:
        """Install packages for another Python and machine into a folder."""
        place: list[str | Path] = ["--python", self._python, "--target", target]
        machine = ["--python-version", python, "--python-platform", platform]
        allowed = ["--no-deps", "--only-binary", ":all:"]
        allowed += [word for name in SOURCE_ONLY for word in ("--no-binary", name)]
        self(
            *("pip", "install", "--quiet"),
            *(*place, *machine, *allowed, *what),
            directory=target.parent,
        )


def make(uv: Uv, target: Path, home: Path, wheel: Path, locked: Path, architecture: str) -> None:
    """Make the folder ``target`` of a version that will run in ``home``."""
    made: list[Path] = []
    for python in PYTHONS:
        packages = target / f"lib/python{python}/site-packages"
        packages.parent.mkdir(parents=True)
        platform = PLATFORMS[architecture]
        uv.install(packages, python, platform, "--require-hashes", "-r", locked)
        uv.install(packages, python, platform, wheel)
        _clean(packages)
        made.append(packages)
    share(made)
    _write_programs(target, home)


def _clean(packages: Path) -> None:
    """Remove what no process of the product uses, and what differs from build to build."""
    for name in ("bin", "share", ".lock"):
        path = packages / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for cache in list(packages.rglob("__pycache__")):
        shutil.rmtree(cache)
    for information in packages.glob("*.dist-info"):
        for name in _TRACES:
            (information / name).unlink(missing_ok=True)
        record = information / "RECORD"
        lines = record.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if (packages / line.split(",")[0]).exists()]
        record.write_text("".join(sorted(kept)), encoding="utf-8")


def share(folders: Sequence[Path]) -> None:
    """Let equal files at equal paths below several folders be one file on disk."""
    first, *others = folders
    for other in others:
        for file in sorted(other.rglob("*")):
            same = first / file.relative_to(other)
            if not file.is_file() or file.is_symlink() or not same.is_file():
                continue
            if filecmp.cmp(file, same, shallow=False):
                file.unlink()
                os.link(same, file)


def _write_programs(target: Path, home: Path) -> None:
    programs = target / "bin"
    programs.mkdir()
    (programs / "python").symlink_to("/usr/bin/python3")
    (target / "pyvenv.cfg").write_text(
        "home = /usr/bin\ninclude-system-site-packages = false\n", encoding="utf-8"
    )
    start = programs / "callpoint"
    # -I: neither the environment nor the user's own packages change what runs.
    start.write_text(
        f"#!{home}/bin/python -I\n"
        "import sys\n\nfrom callpoint_cli.main import main\n\nsys.exit(main())\n",
        encoding="utf-8",
    )
    start.chmod(0o755)
