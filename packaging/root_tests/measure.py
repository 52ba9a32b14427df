"""Prints as JSON how long `apt install` and `callpoint setup` take on a new machine, in seconds.

It runs in a network of its own; ``bench/installation.py`` starts it so.
"""

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent.parent / "bootstrap")]

from conftest import switch_loopback_on  # noqa: E402
from machines import fresh  # noqa: E402
from site_of_test import ANSWERS  # noqa: E402


def main(codename: str, package: Path) -> None:
    """Measure on one release."""
    switch_loopback_on()
    with tempfile.TemporaryDirectory() as folder, fresh(codename, Path(folder)) as machine:
        shutil.copy(package, machine.root / "root/callpoint.deb")
        machine.write("root/answers.toml", ANSWERS)
        with machine.on():
            begun = time.monotonic()
            machine.run("apt-get", "install", "-y", "/root/callpoint.deb")
            installed = time.monotonic()
            machine.run("callpoint", "setup", "--answers", "/root/answers.toml")
            ended = time.monotonic()
    print(json.dumps({"install": installed - begun, "setup": ended - installed}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
