"""Small Debian machines on this one, for `make test-root`: a root folder in which systemd runs.

debootstrap makes the base of a release once; each machine begins with a copy of it. systemd is
started in namespaces and a control group of its own, so units run as on a real machine, with
their users, credentials and limits, and nothing of it is left when the machine ends. It shares
the network of this machine, so one machine runs at a time and its ports must be free.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from callpoint_rig.tools import MORTAL
from debian_packages import KEYRINGS, Bundle
from prepare import CACHE, DEBIAN, debian_mirrors, fetch, machine
from steps import NotReady, run

RELEASES: Final = ("bookworm", "trixie")
# What our package needs of Debian, so that its installation asks nobody on the network.
INCLUDED: Final = ("systemd", "systemd-sysv", "dbus", "adduser", "mosquitto", "python3", "tzdata")
BASES: Final = CACHE / "roots"
BOOT_S: Final = 60
# Everything is inside the machine's own mount namespace, so it goes with the machine.
_BOOT: Final = """
set -e
cd "$1"
mount --bind . . && cd "$1"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
for folder in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs $folder; done
chmod 1777 tmp
for node in null zero full random urandom tty; do
    touch dev/$node && mount --bind /dev/$node dev/$node
done
mkdir dev/pts dev/shm && mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx && ln -s /proc/self/fd dev/fd && mount -t tmpfs tmpfs dev/shm
exec env -i container=callpoint-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    chroot . /lib/systemd/systemd --unit=multi-user.target
"""


def debootstrap() -> tuple[Path, dict[str, str]]:
    """Return debootstrap, fetched from Debian if this machine has none, and its environment."""
    codename, architecture = machine()
    bundle = Bundle("debootstrap", codename, architecture, ("debootstrap",))
    fetch([bundle])
    folder = bundle.directory(DEBIAN)
    program = folder / "usr/sbin/debootstrap"
    return program, {"DEBOOTSTRAP_DIR": str(folder / "usr/share/debootstrap")}


def base(codename: str) -> Path:
    """Return the folder of a release's base, made if it is missing."""
    final = BASES / codename
    if final.is_dir():
        return final
    program, environment = debootstrap()
    keyring = next(path for path in KEYRINGS if path.exists())
    partial = BASES / f"{codename}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    run(
        [
            # debootstrap may leave /proc mounted there; a copy would then hold all memory.
            *("unshare", "--mount", "--propagation", "private"),
            *("sh", program, "--variant=minbase", f"--keyring={keyring}"),
            *(f"--include={','.join(INCLUDED)}", codename, partial, debian_mirrors()[0]),
        ],
        failed=f"debootstrap did not make Debian {codename}",
        remedy="Check that this machine reaches its Debian mirror.",
        environment=environment,
    )
    for archive in (partial / "var/cache/apt/archives").glob("*.deb"):
        archive.unlink()
    # What a machine gets from who writes its disk.
    (partial / "etc/machine-id").write_text("")
    partial.rename(final)
    return final


class Machine:
    """A root folder, and systemd in it while it is on."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._init: int | None = None

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command in the machine: in its namespaces while it is on, else in a chroot."""
        inside = ["chroot", str(self.root)]
        if self._init is not None:
            group = ["--mount", "--pid", "--uts", "--ipc", "--cgroup"]
            inside = ["nsenter", f"--target={self._init}", *group, "--root", "--wd"]
        done = subprocess.run(
            [*inside, *command],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"}
            | {"LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def write(self, path: str, text: str) -> None:
        """Write a file of the machine."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    @contextmanager
    def on(self) -> Iterator[None]:
        """Start systemd, and yield once it has started every unit."""
        with ExitStack() as stack:
            group = stack.enter_context(_control_group())
            apart = ["--pid", "--fork", "--kill-child", "--mount", "--uts", "--ipc", "--cgroup"]
            apart += ["--propagation", "private"]
            outer = subprocess.Popen(
                # It ends with the tests, also when they are killed, and takes the machine along.
                [*MORTAL, "unshare", *apart, "sh", "-c", _BOOT, "sh", str(self.root)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                preexec_fn=lambda: _enter(group),
            )
            stack.callback(self._off, outer)
            self._wait(outer)
            yield

    def _wait(self, outer: "subprocess.Popen[bytes]") -> None:
        ends = time.monotonic() + BOOT_S
        while time.monotonic() < ends and outer.poll() is None:
            children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()
            if children:
                self._init = int(children[0])
                said = self.run("systemctl", "is-system-running", check=False).stdout.strip()
                if said in ("running", "degraded"):
                    return
            time.sleep(0.2)
        raise NotReady(
            "systemd did not start in a container", "Run it as root of a whole machine."
        )

    def _off(self, outer: "subprocess.Popen[bytes]") -> None:
        # The first process of a namespace takes every other with it, and its mounts.
        if self._init is not None:
            os.kill(self._init, signal.SIGKILL)
        outer.kill()
        outer.wait()
        self._init = None


@contextmanager
def _control_group() -> Iterator[Path]:
    """Yield a control group, below which systemd makes its own; remove it at the end."""
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    places = [line.split()[1] for line in mounts if line.split()[2] == "cgroup2"]
    if not places:
        raise NotReady("this machine has no control groups of version 2", "Mount cgroup2.")
    group = Path(places[0]) / f"callpoint-test-{os.getpid()}"
    group.mkdir()
    try:
        yield group
    finally:
        ends = time.monotonic() + 10
        while group.exists() and time.monotonic() < ends:
            for folder in sorted(group.rglob("*/"), reverse=True):
                _remove(folder)
            _remove(group)
            time.sleep(0.05)


def _enter(group: Path) -> None:
    (group / "cgroup.procs").write_text(str(os.getpid()))


def _remove(group: Path) -> None:
    try:
        group.rmdir()
    except OSError:
        return  # a process in it is still ending


@contextmanager
def fresh(
    codename: str, folder: Path, made_from: Callable[[str], Path] = base
) -> Iterator[Machine]:
    """Yield a new machine of a release, which is removed at the end.

    ``made_from``: returns the base of a release.
    """
    root = folder / codename
    run(
        ["cp", "-a", "--one-file-system", made_from(codename), root],
        failed="the machine's disk could not be copied",
        remedy="Each machine needs 300 MB, one of a district 800; free some.",
    )
    # Nobody cuts the power of this machine, so dpkg need not wait for the disk after each file.
    (root / "etc/dpkg/dpkg.cfg.d/test").write_text("force-unsafe-io\n")
    try:
        yield Machine(root)
    finally:
        shutil.rmtree(root)
