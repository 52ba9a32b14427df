"""Make a fresh machine ready: `python3 bootstrap/prepare.py`, which every make target runs first.

A person who has just cloned the project has git, make and python3, on Debian 12, Debian 13 or
Raspberry Pi OS (64-bit). They may not be root, and python3-venv, pip, Mosquitto and MicroPython
are not there. This makes, inside the checkout and nowhere else:

- `.venv`: the project, editable, with everything that `uv.lock` names;
- `.cache`: Mosquitto and VictoriaMetrics of the machine's own release, Mosquitto of Debian 12 and
  of Debian 13 for tests, and MicroPython of Debian 13 for 64 and, on amd64, 32 bits (the memory
  model of the ESP32);
- a launcher in `.venv/bin` for each of those programs, and for InfluxDB 2 when `make influxd`
  has built it.

A second run finds that nothing has changed and ends at once. An interrupted run is taken up
where it was: everything is made beside its place and moved there when it is complete.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
HERE = CHECKOUT / "bootstrap"
ENVIRONMENT = CHECKOUT / ".venv"
CACHE = CHECKOUT / ".cache"
DEBIAN = CACHE / "debian"
TYPES = CACHE / "firmware-types"
FUZZ = CACHE / "fuzz"
STAMP = ENVIRONMENT / "prepared"

if sys.version_info < (3, 11):  # noqa: UP036 - an older one can start this file
    sys.exit(
        f"prepare: python3 is version {sys.version.split()[0]}, and Callpoint needs 3.11.\n"
        "  What to do: use Debian 12 or later, or PYTHON=/path/to/python3.11 make ..."
    )

sys.path.insert(0, str(HERE))

import build_influxd  # noqa: E402
from apt_sources import mirrors, read_sources  # noqa: E402
from debian_packages import Bundle, Shelf, write_launchers  # noqa: E402
from steps import DISK_FULL, NotReady, run, say  # noqa: E402

NEEDED = (
    "Callpoint is set up by itself on Debian 12, Debian 13 and Raspberry Pi OS (64-bit, amd64 "
    "or arm64). Elsewhere, use one of these in a container or a virtual machine."
)

INFLUXDB_RELEASE = "bookworm"  # Debian 12, the last that packages InfluxDB 1.
MOSQUITTO = "usr/sbin/mosquitto"
# Tests use the broker of each supported release: they differ in which messages they drop.
MOSQUITTO_RELEASES = ("bookworm", "trixie")
MICROPYTHON_RELEASE = "trixie"  # Debian 13, the first that packages MicroPython.


def mosquitto_bundles(codename: str, architecture: str) -> list[Bundle]:
    """Return this machine's broker and, for tests, the broker of each supported release."""
    own = Bundle(
        "mosquitto",
        codename,
        architecture,
        ("mosquitto", "mosquitto-clients"),
        {
            "mosquitto": MOSQUITTO,
            "mosquitto_passwd": "usr/bin/mosquitto_passwd",
            "mosquitto_pub": "usr/bin/mosquitto_pub",
            "mosquitto_sub": "usr/bin/mosquitto_sub",
        },
    )
    return [own] + [
        Bundle(
            f"mosquitto-{release}",
            release,
            architecture,
            ("mosquitto", "libfaketime"),
            {f"mosquitto-{release}": MOSQUITTO},
        )
        for release in MOSQUITTO_RELEASES
    ]


def bundles_for(codename: str, architecture: str) -> list[Bundle]:
    """Return the bundles that a machine of this release and architecture needs."""
    bundles = [
        *mosquitto_bundles(codename, architecture),
        Bundle(
            "victoria-metrics",
            codename,
            architecture,
            ("victoria-metrics",),
            {"victoria-metrics": "usr/bin/victoria-metrics"},
        ),
        Bundle(
            "micropython",
            MICROPYTHON_RELEASE,
            architecture,
            ("micropython",),
            {"micropython": "usr/bin/micropython"},
        ),
        Bundle(
            "libcoap",
            codename,
            architecture,
            ("libcoap3-bin",),
            {"coap-client": "usr/bin/coap-client-notls"},
        ),
        Bundle(
            "systemd",
            codename,
            architecture,
            ("systemd",),
            {"systemd-analyze": "usr/bin/systemd-analyze"},
        ),
        Bundle(
            "influxdb",
            INFLUXDB_RELEASE,
            architecture,
            ("influxdb",),
            {"influxd1": "usr/bin/influxd"},
        ),
        Bundle("openssl", codename, architecture, ("openssl",), {"openssl": "usr/bin/openssl"}),
    ]
    if architecture == "amd64":
        bundles.append(
            Bundle(
                "micropython32",
                MICROPYTHON_RELEASE,
                "i386",
                ("micropython",),
                {"micropython32": "usr/bin/micropython"},
            )
        )
    return bundles


def pip_bundle(codename: str, architecture: str) -> Bundle:
    """Return Debian's pip for other programs: a wheel that runs without being installed."""
    return Bundle("pip", codename, architecture, ("python3-pip-whl",))


def pip_wheel(roots: Iterable[Path]) -> Path | None:
    """Return the newest pip wheel under the roots or beside the interpreter; None without any."""
    places = [root / "usr/share/python-wheels" for root in roots]
    places.append(Path(os.__file__).parent / "ensurepip/_bundled")
    found = [wheel for place in places for wheel in place.glob("pip-*.whl")]
    return max(found, key=lambda wheel: wheel.name, default=None)


def release(os_release: str) -> str:
    """Return the code name of the Debian release from the text of /etc/os-release."""
    facts = {
        key: value.strip().strip("\"'")
        for key, _, value in (line.partition("=") for line in os_release.splitlines())
    }
    codename = facts.get("VERSION_CODENAME", "")
    if facts.get("ID") != "debian" or not codename:
        raise NotReady(f"This is {facts.get('PRETTY_NAME', 'an unknown system')}", NEEDED)
    return codename


def machine() -> tuple[str, str]:
    """Return the code name of the release and Debian's name of the architecture."""
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        text = ""
    codename = release(text)
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            raise NotReady(f"There is no {program} on this machine", NEEDED)
    architecture = run(
        ["dpkg", "--print-architecture"], failed="dpkg does not answer", remedy=NEEDED
    ).strip()
    if architecture not in ("amd64", "arm64"):
        raise NotReady(f"The architecture {architecture} is not supported", NEEDED)
    return codename, architecture


def fingerprint() -> str:
    """Return a digest of the interpreter, the place and all files that decide the set-up."""
    digest = hashlib.sha256()
    inputs = [*sorted(HERE.glob("*.py")), HERE / "requirements.txt"]
    inputs += [CHECKOUT / "pyproject.toml", CHECKOUT / "uv.lock", Path("/etc/os-release")]
    for file in inputs:
        digest.update(file.read_bytes() if file.exists() else b"none")
        digest.update(b"\0")
    digest.update(f"{sys.version}\0{CHECKOUT}".encode())
    return digest.hexdigest()


def prepared() -> bool:
    """Return whether the last complete run had the same fingerprint."""
    try:
        done, *directories = STAMP.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return False
    return done == fingerprint() and all(Path(directory).is_dir() for directory in directories)


def make_environment() -> None:
    """Make a virtual environment. It has no pip, so that python3-venv is not needed."""
    python = ENVIRONMENT / "bin/python"
    question = "import sys; print(sys.version)"
    if python.exists():
        answer = subprocess.run([python, "-c", question], capture_output=True, text=True)
        # Its programs hold its path, so a moved environment is made anew.
        made_here = str(ENVIRONMENT) in (ENVIRONMENT / "pyvenv.cfg").read_text(encoding="utf-8")
        if made_here and answer.stdout.strip() == sys.version.strip():
            return
        shutil.rmtree(ENVIRONMENT)
    say("making the virtual environment .venv")
    # If this runs inside the old environment, use the interpreter from which that was made.
    interpreter = getattr(sys, "_base_executable", None) or sys.executable
    run(
        [interpreter, "-m", "venv", "--without-pip", "--clear", ENVIRONMENT],
        failed="The virtual environment could not be made",
        remedy="Install a complete python3 (apt-get install python3), then run make again.",
    )


def uv_program() -> Path:
    """Return where the uv that requirements.txt names is, or will be installed."""
    key = hashlib.sha256((HERE / "requirements.txt").read_bytes()).hexdigest()[:8]
    return CACHE / f"uv-{key}" / "bin/uv"


def fetch_uv(wheel: Path) -> Path:
    """Install uv into the cache, checked against the hashes in requirements.txt."""
    requirements = HERE / "requirements.txt"
    program = uv_program()
    final = program.parent.parent
    if not final.is_dir():
        say("fetching uv, which installs what uv.lock names")
        partial = final.with_name(final.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        run(
            [
                *(ENVIRONMENT / "bin/python", wheel / "pip", "install", "--quiet"),
                *("--require-hashes", "--no-deps", "--only-binary", ":all:"),
                *("--target", partial, "-r", requirements),
            ],
            failed="uv could not be installed",
            remedy="Check that this machine reaches the Python package index (a mirror is set "
            "with pip's own PIP_INDEX_URL), that its clock is right and that the package "
            "ca-certificates is installed, then run make again.",
            environment={"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0"},
        )
        partial.rename(final)
    return program


def call_uv(uv: Path, *arguments: str | Path) -> str:
    """Run uv on the environment and the cache of this checkout."""
    return run(
        [uv, *arguments, "--no-progress"],
        failed="The Python packages could not be installed",
        remedy="If the network is the reason, check that this machine reaches the Python package "
        "index. Then run make again.",
        environment={
            "UV_PROJECT_ENVIRONMENT": str(ENVIRONMENT),
            "UV_PYTHON": str(ENVIRONMENT / "bin/python"),
            "UV_PYTHON_DOWNLOADS": "never",
            # Trust the certificates that the machine trusts, as apt and pip do, not a list of uv.
            "UV_SYSTEM_CERTS": "true",
            "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(CACHE / "uv-packages")),
            "VIRTUAL_ENV": str(ENVIRONMENT),
        },
        directory=CHECKOUT,
    )


def sync(uv: Path) -> None:
    """Install the project, editable, with exactly what the lock file names."""
    say("installing the project and what uv.lock names")
    apart = [word for folder in (TYPES, FUZZ) for word in ("--no-group", folder.name)]
    call_uv(uv, "sync", "--frozen", "--all-extras", "--all-groups", *apart)
    install_apart(uv, TYPES)


def install_apart(uv: Path, folder: Path) -> None:
    """Install the dependency group that ``folder`` is named after into this folder."""
    listed = call_uv(uv, "export", "--frozen", "--quiet", "--only-group", folder.name)
    if (folder / "uv-export.txt").exists() and (folder / "uv-export.txt").read_text() == listed:
        return
    partial = folder.with_name(folder.name + ".partial")
    for directory in (partial, folder):
        shutil.rmtree(directory, ignore_errors=True)
    partial.mkdir()
    requirements = partial / "uv-export.txt"
    requirements.write_text(listed)
    call_uv(uv, "pip", "install", "--no-deps", "--target", partial, "-r", requirements)
    partial.rename(folder)


def debian_mirrors() -> list[str]:
    """Return the addresses from which Debian is fetched, the best first.

    They are those of this machine's own release; a mirror has the other releases as well.
    """
    named = os.environ.get("CALLPOINT_DEBIAN_MIRROR")
    return [named] if named else mirrors(read_sources(), machine()[0])


def fetch(bundles: Iterable[Bundle]) -> None:
    """Download and unpack those that are not there. All are of one release and architecture."""
    missing = [bundle for bundle in bundles if not bundle.directory(DEBIAN).is_dir()]
    if missing:
        first = missing[0]
        Shelf(first.codename, first.architecture, debian_mirrors(), DEBIAN).take(missing)


def prepare() -> None:
    """Do all steps that are not done yet."""
    started = time.monotonic()
    codename, architecture = machine()
    wanted = bundles_for(codename, architecture)
    pip = pip_bundle(codename, architecture)
    places = debian_mirrors()
    DEBIAN.mkdir(parents=True, exist_ok=True)

    wheel = pip_wheel([pip.directory(DEBIAN), Path("/")])
    missing = [] if wheel else [pip]
    missing += [bundle for bundle in wanted if not bundle.directory(DEBIAN).is_dir()]
    shelves: dict[tuple[str, str], list[Bundle]] = {}
    for bundle in missing:
        shelves.setdefault((bundle.codename, bundle.architecture), []).append(bundle)

    with ThreadPoolExecutor(max_workers=len(shelves) + 1) as side_by_side:
        fetches: list[Future[None]] = [
            side_by_side.submit(Shelf(*shelf, places, DEBIAN).take, bundles)
            for shelf, bundles in shelves.items()
        ]
        make_environment()
        if wheel is None:
            # pip is first in its shelf; waiting for the whole shelf would cost a minute on a Pi.
            own = next(f for f, s in zip(fetches, shelves, strict=True) if pip in shelves[s])
            while not own.done() and not pip.directory(DEBIAN).is_dir():
                time.sleep(0.1)
            wheel = pip_wheel([pip.directory(DEBIAN)])
            if wheel is None:
                own.result()
                raise NotReady("Debian's pip package holds no pip", "Run make clean, then make.")
        sync(fetch_uv(wheel))
        for fetch in fetches:
            fetch.result()

    for bundle in wanted:
        write_launchers(bundle, DEBIAN, ENVIRONMENT / "bin")
    build_influxd.link(ENVIRONMENT / "bin")
    lines = [fingerprint(), *(str(bundle.directory(DEBIAN)) for bundle in wanted), str(TYPES)]
    STAMP.write_text("\n".join(lines), encoding="utf-8")
    say(f"ready after {time.monotonic() - started:.0f} s")


def main() -> int:
    """Prepare unless that is done. Return 0 when ready, 1 after an error, 130 after Ctrl-C."""
    if prepared():
        return 0
    try:
        CACHE.mkdir(exist_ok=True)
        with (CACHE / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("waiting for another set-up in this checkout to end")
                fcntl.flock(lock, fcntl.LOCK_EX)
            if not prepared():
                prepare()
    except NotReady as problem:
        say(str(problem))
        return 1
    except OSError as problem:
        if problem.errno == errno.ENOSPC:
            say(f"Nothing more can be written to {CHECKOUT}\n  What to do: {DISK_FULL}")
        else:
            say(f"{problem}\n  What to do: make {CHECKOUT} writable for you, then run make again.")
        return 1
    except KeyboardInterrupt:
        say("interrupted; the next run goes on from here")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
