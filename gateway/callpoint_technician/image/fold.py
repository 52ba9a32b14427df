"""Replaces names of whole numbers by the numbers before the firmware is compiled.

``from callpoint_protocol.names import STORED`` costs a device a name in the module's table, bytes
in its code, and memory for both, at each place. A number in the code costs two bytes. mpy-cross
folds only the constants of the module itself. So each use of a constant becomes its number, and
the name is dropped. A table of the protocol that gives a word for each code becomes the tuple of
its codes: a device needs no words, it only asks whether a code exists. Code under
``if TYPE_CHECKING:`` is dropped. Lines keep their numbers, so that a traceback from the device
points into the source.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

Constants = Mapping[str, Mapping[str, int]]

WORDS = "callpoint_protocol.names"  # a device does not need the tables of words of this module


def constants_of(source: str) -> dict[str, int]:
    """Return the module-level names that stand for a whole number and are assigned once."""
    found: dict[str, int] = {}
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            continue
        target, value = node.targets[0], node.value
        if isinstance(value, ast.Call) and ast.unparse(value.func) == "const":
            value = value.args[0]
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant):
            number = value.value
            if isinstance(number, int) and not isinstance(number, bool):
                found[target.id] = number
    return found


def modules_of(texts: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Return the constants of every module by dotted name; ``texts``: sources by path."""
    return {dotted(path): constants_of(text) for path, text in texts.items()}


def dotted(path: str) -> str:
    """Return the name by which a module is imported."""
    return path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def _is_table_of_words(value: ast.expr) -> bool:
    return (
        isinstance(value, ast.Dict)
        and bool(value.keys)
        and all(isinstance(key, ast.Name | ast.Constant) for key in value.keys)
        and all(
            isinstance(word, ast.Constant) and isinstance(word.value, str) for word in value.values
        )
    )


class _Uses(ast.NodeVisitor):
    """Collect replacements: (line, column, end line, end column, text)."""

    def __init__(self, own: str, constants: Constants) -> None:
        self._constants = constants
        self._wordless = own == WORDS
        self._numbers = dict(constants.get(own, {}))
        self._aliases: dict[str, str] = {}
        self.edits: list[tuple[int, int, int, int, str]] = []

    def _edit(self, node: ast.expr | ast.stmt, text: str) -> None:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        self.edits.append(
            (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset, text)
        )

    def imports(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        known = self._constants.get(module, {})
        left = []
        for name in node.names:
            if name.name in known:
                self._numbers[name.asname or name.name] = known[name.name]
                continue
            if f"{module}.{name.name}" in self._constants:
                self._aliases[name.asname or name.name] = f"{module}.{name.name}"
            left.append(name.name + (f" as {name.asname}" if name.asname else ""))
        if len(left) != len(node.names):
            text = f"from {module} import {', '.join(left)}" if left else "pass"
            assert node.end_lineno is not None
            self._edit(node, text + "\n" * (node.end_lineno - node.lineno))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Skip it: an imported name is no use, and ``imports`` has handled it."""

    def visit_Assign(self, node: ast.Assign) -> None:
        target = node.targets[0]
        if (
            node.col_offset == 0
            and isinstance(target, ast.Name)
            and target.id in self._numbers
            and len(node.targets) == 1
        ):
            self._edit(node, "pass")
        elif self._wordless and node.col_offset == 0 and _is_table_of_words(node.value):
            codes = "".join(f"{self._code(key)}, " for key in node.value.keys)  # type: ignore[attr-defined]
            lines = "\n" * ((node.end_lineno or node.lineno) - node.lineno)
            self._edit(node.value, f"({codes}{lines})")
        else:
            self.generic_visit(node)

    def _code(self, key: ast.expr) -> int:
        return self._numbers[key.id] if isinstance(key, ast.Name) else ast.literal_eval(key)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name) and isinstance(node.ctx, ast.Load):
            numbers = self._constants.get(self._aliases.get(node.value.id, ""), {})
            if node.attr in numbers:
                self._edit(node, str(numbers[node.attr]))
                return
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load) and node.id in self._numbers:
            self._edit(node, str(self._numbers[node.id]))


def _without_types(source: str) -> str:
    """Return the source without ``if TYPE_CHECKING:``, which only a type checker follows."""
    lines = source.splitlines(keepends=True)
    for node in ast.parse(source).body:
        if ast.unparse(node) == "TYPE_CHECKING = False" or (
            isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        ):
            for number in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[number] = "\n"
    return "".join(lines)


def folded(source: str, own: str, constants: Constants) -> str:
    """Return the source of module ``own`` with numbers in place of names of constants."""
    source = _without_types(source)
    uses = _Uses(own, constants)
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            uses.imports(node)
    uses.visit(tree)
    # ast counts columns in bytes of UTF-8.
    raw = source.encode()
    starts = [0]
    for text in raw.splitlines(keepends=True):
        starts.append(starts[-1] + len(text))
    for line, column, end_line, end_column, new in sorted(uses.edits, reverse=True):
        start, end = starts[line - 1] + column, starts[end_line - 1] + end_column
        raw = raw[:start] + new.encode() + raw[end:]
    return raw.decode()
