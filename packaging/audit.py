"""`make audit`: asks the index of advisories (osv.dev) about every package in ``uv.lock``.

It ends with 0 when none is known, with 1 when one is, and with 3 when the index cannot be reached,
which says nothing about the packages.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "bootstrap")]

from environment import unanswered  # noqa: E402
from prepare import CACHE, CHECKOUT, ENVIRONMENT, uv_program  # noqa: E402

FOUND, UNREACHED = 1, 3


def audit(*more: str) -> tuple[int, str]:
    """Return the exit code and what there is to say. ``more``: further options of uv."""
    done = subprocess.run(
        [uv_program(), "audit", "--frozen", "--preview-features", "audit", *more],
        env={
            **os.environ,
            "UV_CACHE_DIR": str(CACHE / "uv-packages"),
            "UV_SYSTEM_CERTS": "true",
            "UV_PYTHON": str(ENVIRONMENT / "bin/python"),
            "UV_PYTHON_DOWNLOADS": "never",
        },
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    said = (done.stdout + done.stderr).strip()
    if done.returncode == 0:
        return 0, said
    if unanswered(said):  # for an advisory it prints the package
        return UNREACHED, f"the index of advisories was not reached, so nothing is known:\n{said}"
    return FOUND, said


def main() -> int:
    """Ask, print, and return the exit code."""
    code, said = audit()
    print(f"audit: {said}")
    return code


if __name__ == "__main__":
    sys.exit(main())
