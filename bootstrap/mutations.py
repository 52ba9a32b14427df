"""The small changes that `mutants.py` makes to a source file, one at a time.

Each is a mistake that a person could make: another comparison, a condition turned round, a number
beside the right one, a statement left out. What only words a message (docstrings, log lines,
text, annotations) is left alone, because no test should notice it.
"""

import ast
from collections.abc import Iterator
from typing import NamedTuple

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_LOGGING = ("log.", "_log.", "alarm(", "print(")


class Mutation(NamedTuple):
    """``replacement`` for what stands at [``start``, ``end``) of the file, counted in bytes."""

    line: int
    start: int
    end: int
    original: str
    replacement: str

    def applied_to(self, source: str) -> str:
        """Return the file with this one change."""
        raw = source.encode()
        return (raw[: self.start] + self.replacement.encode() + raw[self.end :]).decode()

    def __str__(self) -> str:
        """Return the change on one line, without what stands between long ends."""
        short = [" ".join(text.split()) for text in (self.original, self.replacement)]
        return " -> ".join(text if len(text) < 78 else text[:75] + "..." for text in short)


def mutations(source: str) -> list[Mutation]:
    """Return every change that can be made to a file, in the order of its lines."""
    starts = [0]
    for line in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    for node, replacement in _changes(ast.parse(source)):
        assert isinstance(node, ast.expr | ast.stmt)
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        original = source.encode()[start:end].decode()
        found.append(Mutation(node.lineno, start, end, original, replacement))
    return sorted(found)


def _changes(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Yield a node and the text that takes its place, for it and all below it."""
    if isinstance(tree, ast.JoinedStr) or (isinstance(tree, ast.stmt) and _only_words(tree)):
        return
    if isinstance(tree, ast.stmt):
        yield from _of_statement(tree)
    elif isinstance(tree, ast.expr):
        yield from _of_expression(tree)
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        children = value if isinstance(value, list) else [value]
        for child in children:
            if isinstance(child, ast.AST):
                yield from _changes(child)


def _only_words(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Assert):
        return True
    if not isinstance(node, ast.Expr):
        return False
    if isinstance(node.value, ast.Constant):
        return True
    return ast.unparse(node).startswith(_LOGGING)


def _of_statement(node: ast.stmt) -> Iterator[tuple[ast.AST, str]]:
    if isinstance(node, ast.Expr | ast.AugAssign | ast.Raise | ast.Break | ast.Continue):
        yield node, "pass"
    elif isinstance(node, ast.Return) and node.value is not None:
        if not isinstance(node.value, ast.Constant):
            yield node, "return None"
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
        yield node, "pass"
    if isinstance(node, ast.If | ast.While) and not _is_turned_round_below(node.test):
        yield node.test, f"(not ({ast.unparse(node.test)}))"


def _is_turned_round_below(test: ast.expr) -> bool:
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return isinstance(
            test.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot | ast.In | ast.NotIn
        )
    return isinstance(test, ast.Constant) or (
        isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    )


def _of_expression(node: ast.expr) -> Iterator[tuple[ast.AST, str]]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
        operator = _COMPARISONS[type(node.ops[0])]()
        yield node, f"({ast.unparse(ast.Compare(ast.Name(left), [operator], [ast.Name(right)]))})"
    elif isinstance(node, ast.BoolOp):
        turned = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield node, f"({ast.unparse(ast.BoolOp(turned, node.values))})"
        for left_out in range(len(node.values)):
            kept = [value for index, value in enumerate(node.values) if index != left_out]
            text = ast.unparse(kept[0] if len(kept) == 1 else ast.BoolOp(node.op, kept))
            yield node, f"({text})"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node, f"({ast.unparse(node.operand)})"
    elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS and not _is_text(node):
        other = ast.BinOp(node.left, _OPERATORS[type(node.op)](), node.right)
        yield node, f"({ast.unparse(other)})"
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield node, str(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield node, f"({node.value + 1})"
    elif isinstance(node, ast.IfExp):
        turned_round = ast.IfExp(node.test, node.orelse, node.body)
        yield node, f"({ast.unparse(turned_round)})"


def _is_text(node: ast.BinOp) -> bool:
    return any(
        isinstance(side, ast.JoinedStr)
        or (isinstance(side, ast.Constant) and isinstance(side.value, str | bytes))
        for side in (node.left, node.right)
    )
