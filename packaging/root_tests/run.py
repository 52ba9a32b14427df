"""`make test-root`: installs the package on Debian 12 and 13, as root, without a network.

What needs the network comes first: the bases of the releases, and the package, twice. The tests
then run in a network of their own, so that their ports are free and nothing can be fetched.
Without rights or network nothing is tested, and that is no failure; whatever else goes wrong is.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "bootstrap")]

from district_base import district_base  # noqa: E402
from machines import RELEASES, base  # noqa: E402

from build_deb import CHECKOUT, build  # noqa: E402
from environment import unanswered  # noqa: E402
from steps import NotReady  # noqa: E402

# What fetching from Debian and debootstrap say when the network or the rights are missing.
_MISSING: Final = (
    *("could not be read from", "could not be downloaded"),
    *("failed getting release file", "couldn't download", "operation not permitted"),
)
_DISTRICT: Final = "test_district.py"
# A machine that starts meanwhile would hold the disk of this test in its own list of mounts.
_ALONE: Final = "test_power_cut.py"
_NO_TEST: Final = 5


def cannot_run_here(problem: NotReady) -> bool:
    """Say whether the machine lacks network or rights, so that nothing is known of the package."""
    return unanswered(problem.what) or any(text in problem.what.lower() for text in _MISSING)


def main() -> int:
    """Prepare and test. Return pytest's code; 0 where this cannot run, which it says; 1."""
    if os.geteuid() != 0:
        print("test-root: SKIPPED: only root can make machines; run sudo make test-root")
        return 0
    try:
        for codename in RELEASES:
            base(codename)
            district_base(codename)
        package = build(CHECKOUT / "build/test-root", "amd64", "gzip")
        again = build(CHECKOUT / "build/test-root/again", "amd64", "gzip")
    except NotReady as problem:
        skipped = cannot_run_here(problem)
        print(f"test-root: {'SKIPPED' if skipped else 'FAILED'}: {problem}")
        return 0 if skipped else 1
    return tested(package, again)


def tested(package: Path, again: Path) -> int:
    """Run the tests of a district beside the others, each in a network of its own; one by itself.

    Return the first code of pytest that is no success; no test at all is none.
    """
    environment = {
        **os.environ,
        "CALLPOINT_PACKAGE": str(package),
        "CALLPOINT_PACKAGE_AGAIN": str(again),
    }
    pytest = ["unshare", "--net", sys.executable, "-m", "pytest", *sys.argv[1:]]
    others = (HERE, "--ignore", HERE / _DISTRICT, "--ignore", HERE / _ALONE)
    codes: list[int] = []
    for together in (((HERE / _DISTRICT,), others), ((HERE / _ALONE,),)):
        running = [
            subprocess.Popen([*pytest, *map(str, words)], env=environment, cwd=CHECKOUT)
            for words in together
        ]
        codes += [process.wait() for process in running]
    if set(codes) == {_NO_TEST}:
        return _NO_TEST
    return next((code for code in codes if code not in (0, _NO_TEST)), 0)


if __name__ == "__main__":
    sys.exit(main())
