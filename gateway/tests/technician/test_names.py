"""Other names and no dead halves change what a module weighs, not what it does."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from callpoint_technician.image.compiled import compiled, installed
from callpoint_technician.image.fold import folded
from callpoint_technician.image.names import ROM, shortened
from callpoint_technician.image.unused import without_unused
from compile_firmware import TREES, write


def one(source: str) -> str:
    return shortened({"a": source})["a"]


def test_private_names_and_parameters_are_renamed_everywhere_in_a_module() -> None:
    source = (
        "_LIMIT = [1]\n"
        "class Counter:\n"
        "    def __init__(self, first):\n"
        "        self._count, self.shown = first, _LIMIT\n"
        "    async def _add(self, more):\n"
        "        self._count += more\n"
    )
    made = one(source)
    assert made.count("\n") == source.count("\n")
    assert not any(name in made for name in ("_count", "_LIMIT", "_add", "first", "more"))
    assert all(name in made for name in ("Counter", "shown", "__init__"))
    words = {node.attr for node in ast.walk(ast.parse(made)) if isinstance(node, ast.Attribute)}
    assert words - {"shown"} <= set(ROM)


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("import core\nx = core._queue\n", "_queue"),  # of a library: nothing here makes it
        ("def f(size):\n    return size\nf(size=1)\n", "size"),
        ("def f(size):\n    return size\nclass A:\n    size = 1\n", "size"),
        ("def f(size):\n    return size\nx = {'size': 1}\n", "size"),
        ("_a = 1\ny = getattr(x, '_a')\n", "_a"),
        ("_LIMIT = const((1, 2))\n", "_LIMIT"),  # the compiler drops it by its underscore
        ("def f():\n    global _x\n    _x = 1\n", "_x"),
    ],
)
def test_what_somebody_else_may_ask_for_keeps_its_name(source: str, kept: str) -> None:
    assert one(source).count(kept) == source.count(kept)


def test_a_class_and_its_base_never_share_a_new_name() -> None:
    sources = {
        "p.base": "class Base:\n    def __init__(self):\n        self._one = 1\n",
        "p.sub": (
            "from p.base import Base\n"
            "class Sub(Base):\n    def set(self):\n        self._two = 2\n        self._one = 3\n"
        ),
        "p.other": "class Other:\n    def set(self):\n        self._three = 3\n",
    }
    made = shortened(sources)

    def attributes(name: str) -> list[str]:
        tree = ast.parse(made[name])
        return [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]

    one_name = attributes("p.base")[0]
    assert attributes("p.sub")[1] == one_name
    assert attributes("p.sub")[0] != one_name
    assert set(attributes("p.other")) <= set(ROM)


def test_no_new_name_is_one_that_the_tree_has() -> None:
    plain = {
        f"{package}.{file.stem}": folded(file.read_text("utf-8"), "", {})
        for package, folder in installed().items()
        for file in folder.glob("*.py")
    }
    before = {name for source in plain.values() for name in identifiers(source)}
    for name, source in shortened(plain).items():
        new = identifiers(source) - identifiers(plain[name])
        assert not new & before, name


def identifiers(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        for key in ("id", "attr", "arg", "name"):
            value = getattr(node, key, None)
            if isinstance(value, str):
                found.add(value)
    return found


def test_only_what_nobody_names_is_left_out() -> None:
    sources = {
        "callpoint_protocol.a": (
            "def used():\n    return helper()\n"
            "def helper():\n    return TABLE\n"
            "TABLE = (1,)\n"
            "def unused():\n    return OTHER\n"
            "OTHER = (2,)\n"
        ),
        "callpoint_firmware.b": "from callpoint_protocol.a import used\n",
    }
    made = without_unused(sources)["callpoint_protocol.a"]
    assert made.count("\n") == sources["callpoint_protocol.a"].count("\n")
    assert all(name in made for name in ("used", "helper", "TABLE"))
    assert "unused" not in made
    assert "OTHER" not in made
    alone = {"callpoint_protocol.a": sources["callpoint_protocol.a"]}
    assert without_unused(alone) == alone


@pytest.mark.parametrize("interpreter", ["micropython", "micropython32"])
@pytest.mark.parametrize("lean", [False, True])
def test_every_module_of_the_compiled_tree_is_imported(
    interpreter: str, lean: bool, tmp_path: Path
) -> None:
    program = Path(sys.executable).parent / interpreter
    if not program.exists() and interpreter == "micropython32":
        return  # only amd64 has the 32-bit one
    tree = compiled(TREES, lean=lean)
    write(tree, tmp_path / "tree")
    names = [
        path.removesuffix(".mpy").replace("/", ".")
        for path in tree
        if path.startswith(("callpoint_firmware/", "callpoint_protocol/"))
        and not path.endswith("__init__.mpy")
    ]
    script = f"import sys; sys.path.insert(0, {str(tmp_path / 'tree')!r})\n"
    script += "\n".join(f"import {name}" for name in names)
    subprocess.run([program, "-X", "heapsize=1m", "-c", script], check=True)
