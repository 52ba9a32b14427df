"""A frozen build, as far as it can be checked without ESP-IDF and a compiler.

MicroPython's ``mpy-tool`` takes a module's import name from the first string of the ``.mpy`` file,
and its name in C from the same without the last three letters. So both are judged here.
"""

import ast
import json
import re
from pathlib import Path

import pytest
import yaml

from callpoint_technician.chips import CHIPS, MIB, Chip
from callpoint_technician.image import table
from callpoint_technician.image.compiled import compiled, installed
from callpoint_technician.image.contents import contents
from callpoint_technician.image.fold import dotted, folded
from compile_firmware import CHECKOUT, FROZEN, TREES, frozen

FIRMWARE = CHECKOUT / "firmware"
WORKFLOW = CHECKOUT / ".github/workflows/firmware.yml"
ALL = pytest.mark.parametrize("chip", CHIPS.values(), ids=CHIPS)


@pytest.fixture(scope="module")
def modules() -> dict[str, bytes]:
    return frozen(compiled(TREES))


def number(code: bytes, at: int) -> tuple[int, int]:
    """Return a number of variable length, and where it ends."""
    value = 0
    while True:
        value = value << 7 | code[at] & 0x7F
        at += 1
        if not code[at - 1] & 0x80:
            return value, at


def first_string(code: bytes) -> str:
    """Return the name that a compiled module carries (MicroPython, *MPY files*)."""
    assert code[:2] == b"M\x06"
    _, at = number(code, 4)
    _, at = number(code, at)
    length, at = number(code, at)
    assert not length & 1, "a string of the interpreter's own"
    return code[at : at + (length >> 1)].decode()


def test_every_module_is_frozen_under_the_name_that_imports_it(modules: dict[str, bytes]) -> None:
    in_c = set()
    for path, code in modules.items():
        name = first_string(code)
        assert name == path.removesuffix(".mpy") + ".py"
        in_c.add(re.sub(r"\W", "_", name[:-3]))
    assert len(in_c) == len(modules), "two modules with one name in C"


def imports_of(source: str) -> set[str]:
    """Return every module of ours that a source imports when it runs."""
    found = set()
    for node in ast.walk(ast.parse(folded(source, "", {}))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return {name for name in found if name.startswith("callpoint_")}


def test_nothing_is_missing_and_nothing_of_a_pc_is_in(modules: dict[str, bytes]) -> None:
    present = {dotted(path.removesuffix(".mpy") + ".py") for path in modules}
    assert not [name for name in present if "virtual" in name or "stock" in name]
    known = present | set(TREES)
    for path in [*(FIRMWARE / "start").glob("*.py"), *_sources(modules)]:
        for name in imports_of(path.read_text("utf-8")):
            assert name in known or name.rpartition(".")[0] in known, (path, name)
    for chip in CHIPS.values():
        assert f"callpoint_boards.{chip.pin_map}" in present


def _sources(modules: dict[str, bytes]) -> list[Path]:
    folders = installed()
    return [
        folders[path.partition("/")[0]] / (path.partition("/")[2].removesuffix(".mpy") + ".py")
        for path in modules
    ]


def test_the_manifest_resolves() -> None:
    called: list[tuple[str, str]] = []
    steps = {
        name: lambda path, name=name: called.append((name, path))
        for name in ("include", "freeze", "freeze_mpy")
    }
    exec((FIRMWARE / "manifest.py").read_text("utf-8"), steps)
    assert called == [
        ("include", "$(MPY_DIR)/extmod/asyncio"),
        ("freeze_mpy", "../build/frozen"),
        ("freeze", "start"),
    ]
    assert (FIRMWARE / "../build/frozen").resolve() == FROZEN
    assert {file.stem for file in (FIRMWARE / "start").iterdir() if file.suffix == ".py"} == {
        "_boot",
        "boot",
        "main",
    }


def settings(path: Path) -> dict[str, str]:
    lines = path.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


@ALL
def test_a_board_carries_our_table_and_our_manifest(chip: Chip) -> None:
    board = FIRMWARE / "boards" / chip.board
    text = (board / "mpconfigboard.cmake").read_text("utf-8")
    assert f"set(IDF_TARGET {chip.name})" in text
    assert f"include(boards/{chip.stock}/mpconfigboard.cmake)" in text
    assert (board / "../callpoint.cmake").resolve().exists()
    common = (board / "../callpoint.cmake").read_text("utf-8")
    root = board / "../.."
    named = re.search(r'FILENAME=\\"\$\{CALLPOINT_FIRMWARE\}/([^"\\]+)\\"', common)
    assert named
    assert (root / named[1]).resolve() == installed()["callpoint_boards"] / table.FROZEN
    manifest = re.search(r"MICROPY_FROZEN_MANIFEST \$\{CALLPOINT_FIRMWARE\}/([^)]+)\)", common)
    assert manifest
    assert (root / manifest[1]).resolve() == FIRMWARE / "manifest.py"
    assert "CONFIG_PARTITION_TABLE_CUSTOM=y" in common
    # The last setting of a name holds, so ours must come behind MicroPython's.
    assert text.index(chip.stock) < text.index("callpoint.cmake")
    found = settings(board / "sdkconfig.board")
    assert found[f"CONFIG_ESPTOOLPY_FLASHSIZE_{chip.least_flash // MIB}MB"] == "y"
    assert found["CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE"] == "y"
    assert f'"{chip.title}"' in (board / "mpconfigboard.h").read_text("utf-8")


def test_the_workflow_builds_every_chip_by_existing_commands() -> None:
    jobs = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]["build"]
    rows = {(row["chip"], row["board"]) for row in jobs["strategy"]["matrix"]["include"]}
    assert rows == {(chip.name, chip.board) for chip in CHIPS.values()}
    text = WORKFLOW.read_text("utf-8")
    for word in ("bootstrap/compile_firmware.py", "firmware/boards/"):
        assert (CHECKOUT / word).exists()
        assert word in text
    assert "sha256sum" in text


@ALL
def test_the_list_of_contents(chip: Chip, modules: dict[str, bytes]) -> None:
    made = contents(chip, "v1.25.0", modules, "0.1.0")
    assert contents(chip, "v1.25.0", dict(reversed(modules.items())), "0.1.0") == made
    found = json.loads(made)
    names = {part["name"] for part in found["components"]}
    assert names == {"micropython", *modules}
    assert found["metadata"]["component"]["name"] == f"callpoint-{chip.name}"


def chips_in(text: str, column: str) -> dict[str, str]:
    """Return a column of the first table of a page that begins with *Chip*."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    start = next(at for at, line in enumerate(lines) if line.startswith("| Chip |"))
    heads = [cell.strip() for cell in lines[start].strip("|").split("|")]
    found = {}
    for line in lines[start + 2 :]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != len(heads):
            break
        found[cells[0]] = cells[heads.index(column)].strip("`")
    return found


def test_the_page_has_the_offsets_of_the_table_of_chips() -> None:
    text = (FIRMWARE / "boards/README.md").read_text("utf-8")
    assert chips_in(text, "Image at") == {
        chip.title: f"{chip.boot_offset:#x}" for chip in CHIPS.values()
    }
    assert chips_in(text, "Stock image") == {chip.title: chip.stock for chip in CHIPS.values()}
    assert chips_in(text, "Board") == {chip.title: chip.board for chip in CHIPS.values()}
    assert chips_in(text, "Flash") == {
        chip.title: f"{chip.least_flash // MIB} MiB" for chip in CHIPS.values()
    }
    at = table.rows(table.FROZEN)["identity"].offset
    assert f"write-flash {at:#x} lobby.bin" in text
    for other in ("README.md", "UPDATE.md", "callpoint_boards/README.md"):
        assert "write-flash" not in (FIRMWARE / other).read_text("utf-8"), (
            "offsets stand on one page, beside the table"
        )
