"""Build InfluxDB 2 from its Go module: `make influxd`. For tests against the real server.

No package index has it. It needs Go, a C compiler, pkg-config, and Rust, because its query
language is written in that: libflux pins a compiler of 2023, and treats each warning as an error,
of which a newer one has more; so the installed one is used and its warnings are allowed.
The result has no web pages. A build takes 7 minutes on two cores, so it is kept in the cache,
from where `prepare.py` links it into each environment that it makes.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

VERSION = "v2.7.12"
PKG_CONFIG = "github.com/influxdata/pkg-config@v0.3.0"
MODULE = "github.com/influxdata/influxdb/v2/cmd/influxd"
CHECKOUT = Path(__file__).resolve().parent.parent
PROGRAM = CHECKOUT / ".cache" / f"influxd-{VERSION}"
NEEDED = ("go", "cc", "pkg-config", "cargo", "rustc")
_ALLOW = '#!/bin/sh\nexec "$@" --cap-lints warn\n'


def link(directory: Path) -> None:
    """Link ``influxd`` in ``directory`` to the program in the cache, if it was built."""
    if PROGRAM.exists():
        (directory / "influxd").unlink(missing_ok=True)
        (directory / "influxd").symlink_to(PROGRAM)


def build() -> None:
    """Build in a temporary folder; downloads of Go and Cargo stay in their caches."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        wrapper = folder / "allow-warnings"
        wrapper.write_text(_ALLOW)
        wrapper.chmod(0o755)
        environment = os.environ | {
            "GOBIN": str(folder),
            "GOFLAGS": "-buildvcs=false -mod=mod",
            "PKG_CONFIG": str(folder / "pkg-config"),
            "RUSTC_WRAPPER": str(wrapper),
        }
        if shutil.which("rustup"):
            # libflux pins a compiler in a file that rustup obeys unless this variable is set.
            rustc = subprocess.run(
                ["rustup", "show", "active-toolchain"], capture_output=True, text=True, cwd=folder
            )
            environment["RUSTUP_TOOLCHAIN"] = rustc.stdout.split(" ")[0]

        def go(*words: str) -> None:
            subprocess.run(["go", *words], cwd=folder, env=environment, check=True)

        (folder / "go.mod").write_text("module influxd\n\ngo 1.23\n")
        go("install", "-mod=readonly", PKG_CONFIG)
        go("get", f"{MODULE}@{VERSION}")
        tags = "sqlite_foreign_keys,sqlite_json"
        go("build", "-tags", tags, "-o", str(folder / "influxd"), MODULE)
        partial = PROGRAM.with_name(PROGRAM.name + ".partial")
        shutil.move(folder / "influxd", partial)
        partial.rename(PROGRAM)


def main() -> int:
    """Build unless it is in the cache; print what is missing."""
    if not PROGRAM.exists() and (refusal := _refusal()):
        print(f"influxd: {refusal}")
        return 1
    link(CHECKOUT / ".venv/bin")
    print(f"influxd: InfluxDB {VERSION} is {PROGRAM}")
    return 0


def _refusal() -> str:
    """Build; return why it failed, or an empty text."""
    if missing := [program for program in NEEDED if shutil.which(program) is None]:
        return f"{', '.join(missing)} not found; install it, then run make influxd again"
    try:
        build()
    except subprocess.CalledProcessError as error:
        return f"`{' '.join(error.cmd)}` failed; what it printed above says why"
    return ""


if __name__ == "__main__":
    sys.exit(main())
