"""The base of a district's machine: a release with PostgreSQL and nats-server, as Debian has them.

nats-server is that of Debian 13 on both, as the handbook says: Debian 12's cannot be made durable.
"""

import shutil
from pathlib import Path
from typing import Final

from machines import BASES, base

from district_parts import NATS_RELEASE
from prepare import debian_mirrors
from steps import run

_CHECK: Final = "Check that this machine reaches its Debian mirror."
# Another release is asked for what is named with it, and for nothing else.
_PIN: Final = "Package: *\nPin: release n={release}\nPin-Priority: 50\n"
_APT: Final = """
cd "$1"
shift
mount -t proc proc proc
mount --bind /dev dev
exec chroot . env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -qq -y "$@"
"""


def district_base(codename: str) -> Path:
    """Return the folder of the base, made if it is missing."""
    final = BASES / f"{codename}-district"
    if final.is_dir():
        return final
    partial = final.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    run(
        ["cp", "-a", "--one-file-system", base(codename), partial],
        failed=f"the base of Debian {codename} could not be copied",
        remedy="It needs 700 MB; free some.",
    )
    source = partial / "etc/apt/sources.list.d/engine.list"
    source.write_text(f"deb {debian_mirrors()[0]} {NATS_RELEASE} main\n")
    if codename != NATS_RELEASE:
        pin = partial / "etc/apt/preferences.d/engine"
        pin.write_text(_PIN.format(release=NATS_RELEASE))
    (partial / "etc/dpkg/dpkg.cfg.d/test").write_text("force-unsafe-io\n")
    packages = ("install", "--no-install-recommends", "postgresql", f"nats-server/{NATS_RELEASE}")
    update = ("update", "-oAPT::Update::Error-Mode=any")
    _apt(partial, *update, failed=f"Debian {codename} could not be read from its mirror")
    _apt(
        *(partial, *packages, "--download-only"),
        failed="PostgreSQL and nats-server could not be downloaded",
    )
    _apt(partial, *packages, failed="PostgreSQL and nats-server could not be installed")
    _apt(partial, "clean", failed="what was downloaded could not be removed")
    source.unlink()
    partial.rename(final)
    return final


def _apt(root: Path, *words: str, failed: str) -> None:
    """Run apt-get in a root folder, in a mount namespace of its own."""
    apart = ["unshare", "--mount", "--propagation", "private"]
    run([*apart, "sh", "-ec", _APT, "sh", root, *words], failed=failed, remedy=_CHECK)
