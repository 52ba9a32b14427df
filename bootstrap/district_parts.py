"""Fetches what a district runs on: `python3 bootstrap/district_parts.py`, after prepare.py.

nats-server of Debian 13, also on Debian 12, whose own (2.9.10) has no `sync_interval` and so
cannot be made durable; PostgreSQL of the machine's own release. The demo of one site needs
neither.

PostgreSQL's programs start each other from their own folder, so the launchers stand there in the
place of the programs. They refuse to run as root, so root runs them in a user namespace, or as
*nobody* where there may be none (in a chroot, in some containers).
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from browser import write
from debian_packages import Bundle, libraries_and_loader, write_launchers
from prepare import DEBIAN, ENVIRONMENT, fetch, machine
from steps import NotReady, say

NATS_RELEASE = "trixie"  # Debian 13, the first whose nats-server can be durable.
POSTGRESQL = {"bookworm": "15", "trixie": "17"}
PROGRAMS = ("initdb", "postgres", "psql", "pg_dump", "pg_restore", "pg_isready")
# What no server of ours needs: half of the download.
NOT_NEEDED = (
    *("perl", "perl-base", "locales", "ssl-cert", "systemd", "dbus"),
    *("postgresql-client-common", "postgresql-common"),
    *("libtirpc3", "libtirpc3t64", "libz3-4", "libllvm14", "libllvm19"),
)
AS_ORDINARY_USER = (
    'if [ "$(id -u)" = 0 ]; then\n'
    "  if unshare --user true 2>/dev/null; then\n"
    "    exec unshare --user --map-user=1000 --map-group=1000 "
    'setpriv --pdeathsig KILL -- "$0" "$@"\n'
    "  fi\n"
    "  exec setpriv --reuid=65534 --regid=65534 --clear-groups --pdeathsig KILL "
    '-- "$0" "$@"\n'
    "fi\n"
)


def nats_bundle(architecture: str) -> Bundle:
    """Return the engine that carries entries from gateways to a district."""
    return Bundle(
        "nats-server",
        NATS_RELEASE,
        architecture,
        ("nats-server",),
        {"nats-server": "usr/sbin/nats-server"},
    )


def postgresql_bundle(codename: str, architecture: str) -> Bundle:
    """Return the database of this machine's release."""
    version = POSTGRESQL[codename]
    return Bundle(
        "postgresql",
        codename,
        architecture,
        (f"postgresql-{version}",),
        {name: f"usr/lib/postgresql/{version}/bin/{name}" for name in PROGRAMS},
        NOT_NEEDED,
    )


def put_launchers_in_place(bundle: Bundle, root: Path) -> None:
    """Put a launcher in the place of each of PostgreSQL's programs, and its name into .venv."""
    libraries, loader = libraries_and_loader(bundle, root)
    if loader is None:
        raise NotReady("postgresql came without its dynamic loader", "Run make clean, then again.")
    folder = (root / bundle.programs["postgres"]).parent
    for name in PROGRAMS:
        program, real = folder / name, folder / f"{name}.real"
        if not real.exists():
            program.rename(real)
        start = [str(loader), "--library-path", libraries, "--argv0", str(program), str(real)]
        write(program, start, AS_ORDINARY_USER)
    for name in PROGRAMS:
        write(ENVIRONMENT / "bin" / name, [str(folder / name)])


def prepare() -> None:
    """Fetch engine and database unless they are there, and write their launchers."""
    codename, architecture = machine()
    engine, database = nats_bundle(architecture), postgresql_bundle(codename, architecture)
    fetch([engine])
    fetch([database])
    write_launchers(engine, DEBIAN, ENVIRONMENT / "bin")
    put_launchers_in_place(database, database.directory(DEBIAN))


def main() -> int:
    """Prepare. Return 0 when ready, 1 after an error."""
    try:
        prepare()
    except NotReady as problem:
        say(str(problem))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
