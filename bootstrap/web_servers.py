"""Fetches the web servers of the tests: `python3 bootstrap/web_servers.py`, after prepare.py.

The console's tests run it behind nginx and Caddy of the machine's own release.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from debian_packages import Bundle, write_launchers
from prepare import DEBIAN, ENVIRONMENT, fetch, machine
from steps import NotReady, say

# For the scripts of an installation, which is not done here, and for an address book of keys.
NOT_NEEDED = ("iproute2", "media-types", "libnss3-tools")


def server_bundles(codename: str, architecture: str) -> list[Bundle]:
    """Return the web servers of this machine's release."""
    return [
        Bundle(name, codename, architecture, (name,), {name: program}, NOT_NEEDED)
        for name, program in (("nginx", "usr/sbin/nginx"), ("caddy", "usr/bin/caddy"))
    ]


def main() -> int:
    """Fetch them and write their launchers. Return 0 when ready, 1 after an error."""
    try:
        bundles = server_bundles(*machine())
        fetch(bundles)
        for bundle in bundles:
            write_launchers(bundle, DEBIAN, ENVIRONMENT / "bin")
    except NotReady as problem:
        say(str(problem))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
