"""Compiles the firmware into byte code and prints the size of each part.

`build/mpy` holds what a device runs, as it is copied to a device or frozen into its firmware, and
the start files of a frozen build. Compiling every file is a check too: MicroPython refuses some
code that CPython takes.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from callpoint_technician.image.compiled import NotCompiled, compiled

CHECKOUT = Path(__file__).resolve().parent.parent
TREES = {
    "callpoint_protocol": CHECKOUT / "protocol/callpoint_protocol",
    "callpoint_firmware": CHECKOUT / "firmware/callpoint_firmware",
    "callpoint_boards": CHECKOUT / "firmware/callpoint_boards",
    "callpoint_stock": CHECKOUT / "firmware/callpoint_stock",
    "start": CHECKOUT / "firmware/start",
}
OUTPUT = CHECKOUT / "build/mpy"


def write(tree: dict[str, bytes], folder: Path) -> None:
    """Write compiled modules into a folder."""
    for path, code in tree.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(code)


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
    partial = OUTPUT.with_name("mpy.partial")
    shutil.rmtree(partial, ignore_errors=True)
    write(tree, partial)
    shutil.rmtree(OUTPUT, ignore_errors=True)
    partial.rename(OUTPUT)
    total = sum(map(len, tree.values()))
    print(f"{total:8,}  bytes of byte code in {OUTPUT.relative_to(CHECKOUT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
