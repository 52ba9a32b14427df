"""Compiles the firmware into byte code and prints the size of each part.

`build/mpy` holds every module, those of the virtual board as well; `build/frozen` holds what
`firmware/manifest.py` freezes. Compiling every file is a check too: MicroPython refuses some code
that CPython takes.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from callpoint_technician.image.compiled import PACKAGES, NotCompiled, compiled, for_devices

CHECKOUT = Path(__file__).resolve().parent.parent
TREES = {
    "callpoint_protocol": CHECKOUT / "protocol/callpoint_protocol",
    "callpoint_firmware": CHECKOUT / "firmware/callpoint_firmware",
    "callpoint_boards": CHECKOUT / "firmware/callpoint_boards",
    "callpoint_stock": CHECKOUT / "firmware/callpoint_stock",
    "start": CHECKOUT / "firmware/start",
}
OUTPUT = CHECKOUT / "build/mpy"
FROZEN = CHECKOUT / "build/frozen"


def write(tree: dict[str, bytes], folder: Path) -> None:
    """Write compiled modules into a new folder."""
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    for path, code in tree.items():
        target = partial / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(code)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def frozen(tree: dict[str, bytes]) -> dict[str, bytes]:
    """Return the modules that a frozen build has; its start is frozen under names of its own."""
    return {path: code for path, code in for_devices(tree).items() if path.startswith(PACKAGES)}


def main() -> int:
    """Compile all trees into a new `build/mpy`; return 1 if a file does not compile."""
    try:
        tree = compiled(TREES)
    except NotCompiled as refused:
        print("\n".join(refused.complaints), file=sys.stderr)
        return 1
    for package in TREES:
        sizes = {path: len(code) for path, code in tree.items() if path.startswith(package + "/")}
        for path, size in sizes.items():
            print(f"{size:8,}  {path}")
        print(f"{sum(sizes.values()):8,}  {package} in all")
    write(tree, OUTPUT)
    write(frozen(tree), FROZEN)
    total = sum(map(len, tree.values()))
    print(f"{total:8,}  bytes of byte code in {OUTPUT.relative_to(CHECKOUT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
