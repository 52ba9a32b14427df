"""Leaves out of the protocol what a device never calls: the half that only a gateway needs.

A definition at the top of a module of ``callpoint_protocol`` stays if its name stands anywhere in
the firmware, or in a definition that stays. Names are compared, not what they mean, so too much
may stay and never too little; nothing there is looked up by a text. Lines keep their numbers.
"""

import ast
from collections.abc import Iterator, Mapping

from callpoint_technician.image.names import SHARED


def _names(node: ast.AST) -> Iterator[str]:
    """Return every name that a piece of code mentions."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            yield inner.id
        elif isinstance(inner, ast.Attribute):
            yield inner.attr
        elif isinstance(inner, ast.alias):
            yield inner.name.rpartition(".")[2]


def _defined(node: ast.stmt) -> str | None:
    """Return the one name that a statement of a module defines, None if it does something else."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        return target.id if isinstance(target, ast.Name) else None
    return None


def _first_line(node: ast.stmt) -> int:
    if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.decorator_list:
        return node.decorator_list[0].lineno
    return node.lineno


def without_unused(sources: Mapping[str, str]) -> dict[str, str]:
    """Return the sources, by dotted name, without what nothing in them uses.

    The protocol alone, without a firmware, is returned whole.
    """
    shared = {name for name in sources if name.partition(".")[0] == SHARED}
    if shared == set(sources):
        return dict(sources)
    used: set[str] = set()
    waiting: list[tuple[str, ast.stmt]] = []
    for name, source in sources.items():
        for node in ast.parse(source).body:
            if name in shared and _defined(node):
                waiting.append((name, node))
            elif name not in shared or not isinstance(node, ast.ImportFrom):
                used |= set(_names(node))
    while found := [(name, node) for name, node in waiting if _defined(node) in used]:
        for name, node in found:
            waiting.remove((name, node))
            used |= set(_names(node))
    lines = {name: source.splitlines(keepends=True) for name, source in sources.items()}
    for name, node in waiting:
        for number in range(_first_line(node) - 1, node.end_lineno or node.lineno):
            lines[name][number] = "\n"
    return {name: "".join(text) for name, text in lines.items()}
