"""Builds the Debian package: `make deb`, or `build_deb.py --architecture arm64`.

The package brings everything that Debian does not have: the Python packages that ``uv.lock``
names, for each supported Python, units, documents and dashboards. dpkg-deb alone builds it,
without root.
Two builds of one commit are the same bytes: every time in it is the commit's.
"""

import argparse
import hashlib
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT / "bootstrap"))

import environment  # noqa: E402
from prepare import CACHE, ENVIRONMENT, uv_program  # noqa: E402
from steps import NotReady, run  # noqa: E402

HERE: Final = CHECKOUT / "packaging"
DEBIAN: Final = HERE / "debian"
SCRIPTS: Final = ("postinst", "prerm", "postrm")
# Where a package brings its version, and where each version that is installed runs.
BROUGHT: Final = Path("/usr/lib/callpoint")
VERSIONS: Final = Path("/opt/callpoint")
_REPORT: Final = "Report it: the sources have changed since this was written."


def version_of(source: Path) -> str:
    """Return the version of the project's sources."""
    found = re.search(r'(?m)^version = "(.+)"$', (source / "pyproject.toml").read_text())
    if found is None:
        raise NotReady("pyproject.toml names no version", _REPORT)
    return found[1]


def commit_time() -> int:
    """Return the time of the sources: SOURCE_DATE_EPOCH, else the last commit's; Unix seconds."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return int(given)
    return int(
        run(
            ["git", "log", "-1", "--format=%ct"],
            failed="git does not say when the last commit was made",
            remedy="Name a time: SOURCE_DATE_EPOCH=<seconds since 1970> make deb",
            directory=CHECKOUT,
        )
    )


def copy_sources(target: Path) -> None:
    """Copy what git knows of the checkout, as it is now, without anything that was made in it."""
    listed = run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        failed="git does not list the sources",
        remedy="Build from a clone of the repository.",
        directory=CHECKOUT,
    )
    for name in filter(None, listed.split("\0")):
        source, copy = CHECKOUT / name, target / name
        if source.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy)


def add_documents(tree: Path, wheel: Path) -> None:
    """Put the wheel's shared data (documents, dashboards, units) to their places."""
    with tempfile.TemporaryDirectory() as place:
        shutil.unpack_archive(wheel, place, "zip")
        shared = next(Path(place).glob("*.data/data/share/callpoint"))
        shutil.copytree(shared, tree / "usr/share/callpoint")
    units = tree / "usr/lib/systemd/system"
    units.mkdir(parents=True)
    for unit in sorted((tree / "usr/share/callpoint/gateway/systemd").iterdir()):
        shutil.copyfile(unit, units / unit.name)
    about = tree / "usr/share/doc/callpoint"
    about.mkdir(parents=True)
    shutil.copyfile(tree / "usr/share/callpoint/LICENSE", about / "copyright")
    (about / "documents").symlink_to("../../callpoint")


def add_control(tree: Path, version: str, architecture: str) -> None:
    """Write the control files: what the package needs, its scripts and its digests."""
    control = tree / "DEBIAN"
    control.mkdir()
    files = sorted(p for p in tree.rglob("*") if p.is_file() and not p.is_symlink())
    sizes = {file.stat().st_ino: file.stat().st_size for file in files}
    values = {
        "VERSION": version,
        "ARCHITECTURE": architecture,
        "INSTALLED_SIZE": str(sum(-(-size // 1024) for size in sizes.values())),
    }
    for name in ("control", *SCRIPTS):
        text = (DEBIAN / name).read_text(encoding="utf-8")
        text = re.sub("@([A-Z_]+)@", lambda match: values[match[1]], text)
        (control / name).write_text(text, encoding="utf-8")
        (control / name).chmod(0o644 if name == "control" else 0o755)
    digests = [
        f"{hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()}  "
        f"{file.relative_to(tree)}\n"
        for file in files
    ]
    (control / "md5sums").write_text("".join(digests), encoding="utf-8")


def set_modes(tree: Path) -> None:
    """Give every file and folder the mode of a package, whatever the builder's umask."""
    tree.chmod(0o755)
    for path in tree.rglob("*"):
        if path.is_symlink():
            continue
        runs = path.is_dir() or os.access(path, os.X_OK)
        path.chmod(0o755 if runs else 0o644)


def build(target: Path, architecture: str, compression: str = "xz") -> Path:
    """Build the package into a folder and return its file. NotReady: a step failed.

    ``compression``: as dpkg-deb names it; xz is the smallest and takes a minute.
    """
    epoch = commit_time()
    uv = environment.Uv(uv_program(), CACHE / "uv-packages", ENVIRONMENT / "bin/python", epoch)
    target = target.absolute()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target) as place:
        source, tree = Path(place, "source"), Path(place, "tree")
        version = version_of(CHECKOUT)
        copy_sources(source)
        wheel = uv.wheel(source, Path(place, "wheel"))
        locked = uv.locked(source, Path(place, "locked.txt"))
        brought = tree / BROUGHT.relative_to("/") / version
        brought.parent.mkdir(parents=True)
        environment.make(uv, brought, VERSIONS / version, wheel, locked, architecture)
        add_documents(tree, wheel)
        (tree / "usr/bin").mkdir()
        (tree / "usr/bin/callpoint").symlink_to(VERSIONS / "current/bin/callpoint")
        set_modes(tree)
        add_control(tree, version, architecture)
        package = target / f"callpoint_{version}_{architecture}.deb"
        run(
            # The compression is named, since releases of dpkg differ in their default.
            ["dpkg-deb", "--root-owner-group", f"-Z{compression}", "--build", tree, package],
            failed="dpkg-deb did not build the package",
            remedy=_REPORT,
            environment={"SOURCE_DATE_EPOCH": str(epoch)},
        )
    return package


def main() -> int:
    """Build. Return 0, or 1 after an error."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--architecture", default="amd64", choices=environment.PLATFORMS)
    parser.add_argument("--output", type=Path, default=CHECKOUT / "build")
    chosen = parser.parse_args()
    try:
        package = build(chosen.output, chosen.architecture)
    except NotReady as problem:
        print(f"deb: {problem}", file=sys.stderr)
        return 1
    print(package)
    return 0


if __name__ == "__main__":
    sys.exit(main())
