"""Starts the package for arm64 under emulation, as `make soak` does: some minutes, no root needed.

The processor is emulated by qemu for the programs of one private namespace only; nothing of this
machine's settings changes. Debian's packages are unpacked, not installed, so the package's own
scripts do not run here: its files are put where ``postinst`` puts them. Linux 6.7 or later.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "bootstrap")]

from build_deb import BROUGHT, CHECKOUT, VERSIONS, build, version_of  # noqa: E402
from debian_packages import Bundle  # noqa: E402
from prepare import DEBIAN, fetch, machine  # noqa: E402
from steps import NotReady  # noqa: E402

RELEASE: Final = "trixie"
PACKAGES: Final = ("python3", "base-files", "bash", "coreutils", "tzdata")
QEMU: Final = "usr/bin/qemu-aarch64-static"
SLOW_S: Final = 900
CONFIGURATION: Final = """
[gateway]
site = "garden-estate"
state_dir = "/state"
register = "/register.toml"
"""
# $1: the emulator, $2: the root. The magic numbers are those of an ELF program for aarch64.
_INSIDE: Final = r"""
mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc || exit 3
printf '%s' ":callpoint:M:\
:\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\
\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:$1:F" \
    > /proc/sys/fs/binfmt_misc/register || exit 3
mount -t proc proc "$2/proc" && mount --rbind /dev "$2/dev" || exit 3
chroot "$2" /usr/bin/callpoint --version || exit 4
exec chroot "$2" /usr/bin/callpoint run -c /gateway.toml
"""


def _fetched(bundle: Bundle) -> Path:
    fetch([bundle])
    return bundle.directory(DEBIAN)


def root_with(package: Path, folder: Path) -> Path:
    """Return a root folder for arm64 with the package's files at their places."""
    debian = _fetched(Bundle("arm64-root", RELEASE, "arm64", PACKAGES))
    root = folder / "root"
    shutil.copytree(debian, root, symlinks=True)
    for name in ("bin", "sbin", "lib"):
        if not (root / name).exists():
            (root / name).symlink_to(f"usr/{name}")
    subprocess.run(["dpkg-deb", "-x", package, root], check=True)
    version = version_of(CHECKOUT)
    versions = root / VERSIONS.relative_to("/")
    shutil.copytree(root / BROUGHT.relative_to("/") / version, versions / version, symlinks=True)
    (versions / "current").symlink_to(version)
    for name in ("proc", "dev", "state"):
        (root / name).mkdir(exist_ok=True)
    (root / "gateway.toml").write_text(CONFIGURATION, encoding="utf-8")
    (root / "register.toml").write_text("", encoding="utf-8")
    return root


def start(root: Path) -> str:
    """Start the gateway under emulation and return its log until its journals are open."""
    codename, architecture = machine()
    tool = Bundle("qemu", codename, architecture, ("qemu-user-static",), {"qemu": QEMU})
    emulator = _fetched(tool) / QEMU
    apart = ["--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child"]
    process = subprocess.Popen(
        ["timeout", str(SLOW_S), "unshare", *apart, "sh", "-c", _INSIDE, "sh", emulator, root],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = ""
    assert process.stdout is not None
    try:
        for line in process.stdout:
            said += line
            if "state in /state" in line:
                return said
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
    raise NotReady(f"the gateway did not start under emulation:\n{said}", "Linux 6.7 is needed.")


def main() -> int:
    """Build, start, and say what was seen. Return 0, or 1 after an error."""
    if os.uname().machine != "x86_64":
        print("arm64: SKIPPED: this machine is no x86-64")
        return 0
    try:
        with tempfile.TemporaryDirectory() as folder:
            package = build(Path(folder), "arm64", "none")
            print(start(root_with(package, Path(folder))))
    except NotReady as problem:
        print(f"arm64: {problem}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
