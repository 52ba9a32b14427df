"""Runs programs from Debian packages, without root and without touching the system's packages.

apt finds what a package needs and checks with Debian's key that it is genuine. Its index, its list
of installed packages (empty) and its downloads are all inside the checkout. The packages are then
unpacked, not installed, and each program runs through the dynamic loader that was unpacked with
it. So MicroPython of Debian 13 runs on Debian 12, and a 32-bit program on a 64-bit machine.
"""

from __future__ import annotations

import hashlib
import re
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from apt_sources import ALIASES
from steps import NotReady, run, say

KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)

TRIPLETS = {
    "amd64": "x86_64-linux-gnu",
    "arm64": "aarch64-linux-gnu",
    "i386": "i386-linux-gnu",
}

# Needed by scripts that run when a package is installed, and by nothing that we run: apt is
# told that they are there, which leaves out some thirty packages.
NOT_NEEDED = (
    "adduser",
    "ca-certificates",
    "debconf",
    "dpkg",
    "init-system-helpers",
    "lsb-base",
    "passwd",
    "sysvinit-utils",
)

CHECK_NETWORK = (
    "Check that this machine reaches its Debian mirror (apt-get update would fail in the same "
    "way), then run make again. To use another mirror: "
    "CALLPOINT_DEBIAN_MIRROR=<address of a Debian mirror> make ..."
)


# apt prints these if an index or a package is not the file that the signed list names.
OUT_OF_STEP = re.compile(r"unexpected size|Hash Sum mismatch|404 +Not Found")


@dataclass(frozen=True)
class Bundle:
    """Packages with all their dependencies, unpacked together, and their programs."""

    name: str
    codename: str
    architecture: str
    packages: tuple[str, ...]
    programs: dict[str, str] = field(default_factory=dict)
    """Name of the launcher, and the path of the program inside the packages."""
    not_needed: tuple[str, ...] = ()
    """Packages that apt is told are there, beside `NOT_NEEDED`: nothing we run needs them."""

    def directory(self, cache: Path) -> Path:
        """Return where it is unpacked. The name changes with the contents."""
        contents = repr((self.codename, self.architecture, self.packages))
        if self.not_needed:
            contents += repr(self.not_needed)
        key = hashlib.sha256(contents.encode()).hexdigest()[:8]
        return cache / f"{self.name}-{self.architecture}-{key}"


class Shelf:
    """A release of Debian for an architecture, with apt's state in a directory of its own."""

    def __init__(
        self, codename: str, architecture: str, mirrors: Sequence[str], cache: Path
    ) -> None:
        self.codename = codename
        self.architecture = architecture
        self._mirrors = mirrors
        self._cache = cache
        self._directory = cache / f"apt-{codename}-{architecture}"

    def take(self, bundles: Sequence[Bundle]) -> None:
        """Download and unpack `bundles`."""
        failure: NotReady | None = None
        for mirror in self._mirrors:
            # A cache in front of a mirror sometimes serves an index that is older than the
            # signed list of indexes, and apt rightly refuses it. The same release under its
            # other name is a separate entry there. Which release it is, is checked.
            for suite in (self.codename, *ALIASES[:2]):
                try:
                    self._read_index(mirror, suite)
                    for bundle in bundles:
                        if not bundle.directory(self._cache).is_dir():
                            self._unpack(bundle)
                except NotReady as problem:
                    failure = failure or problem
                    if OUT_OF_STEP.search(problem.what):
                        continue
                    break
                shutil.rmtree(self._directory, ignore_errors=True)
                return
        raise failure or NotReady(
            "apt's sources name no Debian mirror with this machine's release",
            "Add Debian's main archive to /etc/apt/sources.list, or name a mirror: "
            "CALLPOINT_DEBIAN_MIRROR=<address of a Debian mirror> make ...",
        )

    def _read_index(self, mirror: str, suite: str) -> None:
        say(f"reading the index of Debian {suite} for {self.architecture}")
        shutil.rmtree(self._directory, ignore_errors=True)
        for part in ("lists/partial", "archives/partial"):
            (self._directory / part).mkdir(parents=True)
        (self._directory / "status").write_text(installed_already(self.architecture))
        (self._directory / "debian.sources").write_text(
            sources_stanza(mirror, suite, self.architecture)
        )
        (self._directory / "apt.conf").write_text(
            apt_configuration(self._directory, self.architecture)
        )
        self._apt(
            "update",
            failed=f"Debian {suite} for {self.architecture} could not be read from {mirror}",
        )
        found = self._apt(
            "indextargets", "--format", "$(CODENAME)", failed="apt did not list its index"
        ).split()
        if self.codename not in found:
            raise NotReady(
                f"{mirror} calls {' '.join(found) or 'nothing'} what should be {self.codename}",
                CHECK_NETWORK,
            )

    def _unpack(self, bundle: Bundle) -> None:
        say(f"fetching {bundle.name} for {self.architecture} from Debian {self.codename}")
        archives = self._directory / "archives"
        (self._directory / "status").write_text(
            installed_already(self.architecture, bundle.not_needed)
        )
        # apt leaves out of the list what it has downloaded already, for another bundle.
        empty = self._directory / "empty"
        (empty / "partial").mkdir(parents=True, exist_ok=True)
        uris = self._apt(
            *("install", "--print-uris", "-qq", "-o", f"Dir::Cache::archives={empty}"),
            *bundle.packages,
            failed=f"Debian {self.codename} has no {' '.join(bundle.packages)}",
        )
        self._apt(
            *("install", "--download-only", "-y", "-qq", *bundle.packages),
            failed=f"{bundle.name} could not be downloaded",
        )
        final = bundle.directory(self._cache)
        # The directory gets its name only when complete, so that a part is never taken for it.
        partial = final.with_name(final.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for file in re.findall(r"^'[^']*' (\S+\.deb) ", uris, re.MULTILINE):
            run(
                ["dpkg-deb", "-x", archives / file, partial],
                failed=f"{file} could not be unpacked",
                remedy="Run make again; if it fails again, run make clean first.",
            )
        for program in bundle.programs.values():
            if not (partial / program).is_file():
                raise NotReady(
                    f"{' '.join(bundle.packages)} of Debian {self.codename} has no {program}",
                    "Report it: the package has changed since this set-up was written.",
                )
        partial.rename(final)

    def _apt(self, *arguments: str, failed: str) -> str:
        return run(
            ["apt-get", *arguments],
            failed=failed,
            remedy=CHECK_NETWORK,
            environment={"APT_CONFIG": str(self._directory / "apt.conf"), "LC_ALL": "C"},
        )


def installed_already(architecture: str, more: Sequence[str] = ()) -> str:
    """Return the list of installed packages for apt: `NOT_NEEDED`, `more`, and nothing else."""
    return "\n".join(
        f"Package: {name}\nStatus: install ok installed\nPriority: optional\nSection: admin\n"
        f"Maintainer: nobody\nArchitecture: {architecture}\nMulti-Arch: foreign\n"
        f"Version: 9:9\nDescription: not needed\n"
        for name in (*NOT_NEEDED, *more)
    )


def sources_stanza(mirror: str, suite: str, architecture: str) -> str:
    """Return the only source of a shelf, which apt accepts only with Debian's key."""
    keyring = next((path for path in KEYRINGS if path.exists()), None)
    if keyring is None:
        raise NotReady(
            "Debian's keys are not on this machine, so its packages cannot be proved genuine",
            "Install the package debian-archive-keyring, then run make again.",
        )
    return (
        f"Types: deb\nURIs: {mirror}\nSuites: {suite}\nComponents: main\n"
        f"Architectures: {architecture}\nSigned-By: {keyring}\n"
    )


def apt_configuration(directory: Path, architecture: str) -> str:
    """Return apt's whole configuration for a shelf.

    Nothing of /etc/apt/apt.conf.d is read, because it can hold commands (container images
    delete downloads after each update); only how to reach the network is taken over.
    """
    here = str(directory)
    network = run(
        ["apt-config", "dump"],
        failed="apt's configuration could not be read",
        remedy="Callpoint needs apt. On another system than Debian, see the README.",
    )
    reach = [
        line
        for line in network.splitlines()
        if re.match(r"Acquire::(https?|Force|Check-|Retries)", line)
    ]
    return "\n".join(
        [
            *reach,
            f'Dir::State "{here}";',
            f'Dir::State::status "{here}/status";',
            f'Dir::Cache "{here}";',
            f'Dir::Etc::sourcelist "{here}/debian.sources";',
            'Dir::Etc::sourceparts "/dev/null";',
            'Dir::Etc::parts "/dev/null";',
            'Dir::Etc::main "/dev/null";',
            'Dir::Etc::preferences "/dev/null";',
            'Dir::Etc::preferencesparts "/dev/null";',
            f'APT::Architecture "{architecture}";',
            f'APT::Architectures {{ "{architecture}"; }};',
            'APT::Install-Recommends "false";',
            # The user _apt may not write into the checkout.
            'APT::Sandbox::User "root";',
            # Without it a failed download is only a warning.
            'APT::Update::Error-Mode "any";',
            'Acquire::Retries "2";',
            'Acquire::Languages "none";',
            "",
        ]
    )


def libraries_and_loader(bundle: Bundle, root: Path) -> tuple[str, Path | None]:
    """Return the path of a bundle's libraries, and its dynamic loader, None if it has none."""
    triplet = TRIPLETS[bundle.architecture]
    libraries = [root / part / triplet for part in ("lib", "usr/lib")]
    loader = next(
        (
            path
            for directory in libraries
            for path in sorted(directory.glob("ld-linux*.so.*"))
            if path.is_file()
        ),
        None,
    )
    # Some programs have libraries of their own in another folder.
    own = {file.parent for each in libraries for file in each.glob("*/lib*.so*")}
    return ":".join(str(directory) for directory in (*libraries, *sorted(own))), loader


def launcher(bundle: Bundle, root: Path, program: str) -> str:
    """Return a script that replaces itself by the program, so that signals reach the program."""
    libraries, loader = libraries_and_loader(bundle, root)
    command = [str(root / program)]
    # The header of a program names its loader; a static program has none.
    with (root / program).open("rb") as file:
        dynamic = b"/ld-linux" in file.read(4096)
    if dynamic:
        if loader is None:
            raise NotReady(
                f"{bundle.name} came without its dynamic loader",
                "Run make clean, then run make again.",
            )
        command = [str(loader), "--library-path", libraries, *command]
    return (
        f"#!/bin/sh\n# From {' '.join(bundle.packages)} of Debian {bundle.codename}. "
        f'Made by bootstrap/prepare.py.\nexec {shlex.join(command)} "$@"\n'
    )


def write_launchers(bundle: Bundle, cache: Path, binaries: Path) -> None:
    """Put a launcher into `binaries` for each program of the bundle."""
    for name, program in bundle.programs.items():
        target = binaries / name
        fresh = target.with_name(f".{name}.new")
        fresh.write_text(launcher(bundle, bundle.directory(cache), program))
        fresh.chmod(0o755)
        fresh.replace(target)
