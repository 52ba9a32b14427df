"""Gives private names of the firmware names that every MicroPython has in its own table.

A name that the interpreter does not have costs a device about 20 bytes of heap: the text, and its
place in a table that grows by doubling. Private names and parameters are seen by nobody else, so
before compiling they take names from ``ROM``, one set of them for each module. Modules that a
class connects with its base in another module share one set, since both write to one object.

A name is taken only if nothing in the whole tree is called so. What is called by keyword, bound
in a class or a module, or named in a text, keeps its name. Lines stay, so a traceback on the
device still points into the source; for the name of a private function it shows another one.
"""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

# Strings of MicroPython's static table (py/makeqstrdata.py): a number in the .mpy file.
_STATIC: Final = """
ArithmeticError AssertionError AttributeError EOFError GeneratorExit ImportError
IndentationError IndexError KeyboardInterrupt LookupError NameError NotImplementedError
OverflowError RuntimeError StopIteration SyntaxError SystemExit ZeroDivisionError abs all
append bool callable chr classmethod clear copy count dir divmod endswith eval exec extend find
format globals hash id index insert isalpha isdigit islower isspace issubclass isupper items
iter join keys list locals lower lstrip map next object ord pop popitem pow range remove
replace repr reverse rfind rindex round rsplit rstrip sep setattr setdefault sort sorted split
staticmethod strip sum super upper values zip args key end start stop step value
"""
# In the tables of both ports, by their modules collections, re, random, math, heapq.
_OF_MODULES: Final = """
popleft appendleft deque namedtuple OrderedDict maxlen match search group compile getrandbits
randrange choice uniform seed randint acos acosh asin asinh atan atan2 atanh ceil copysign cosh
degrees erf erfc expm1 fabs floor fmod frexp gamma isclose isfinite isinf isnan ldexp lgamma
log10 log2 modf radians sinh sqrt tanh trunc heapify heappop heappush
"""
ROM: Final = tuple((_STATIC + _OF_MODULES).split())


SHARED: Final = "callpoint_protocol"


@dataclass
class _Module:
    """What one source calls by which name."""

    tree: ast.Module
    private: Counter[str] = field(default_factory=Counter)
    made: set[str] = field(default_factory=set)
    """Private names that this module gives a value; what it only reads belongs to a library."""
    parameters: Counter[str] = field(default_factory=Counter)
    taken: set[str] = field(default_factory=set)
    """Names that must stay what they are, here and elsewhere."""
    bound: set[str] = field(default_factory=set)
    """Names that a module or a class has: no parameter of this module may be renamed with them."""
    bases: set[str] = field(default_factory=set)
    """Modules that classes of this one take a base from."""


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and len(name) > 1


def _bound_names(body: list[ast.stmt]) -> Iterator[str]:
    """Return the names that statements of a module or a class bind, not those in functions."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
            if isinstance(node, ast.ClassDef):
                yield from _bound_names(node.body)
            continue
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                yield inner.id
            elif isinstance(inner, ast.alias):
                yield (inner.asname or inner.name).partition(".")[0]
            elif isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield inner.name


def _read(source: str) -> _Module:
    found = _Module(ast.parse(source))
    found.bound = set(_bound_names(found.tree.body))
    imported: dict[str, str] = {}
    for node in ast.walk(found.tree):
        if isinstance(node, ast.Attribute):
            _count(found, node.attr, isinstance(node.ctx, ast.Store))
        elif isinstance(node, ast.Name):
            if _is_private(node.id):
                _count(found, node.id, isinstance(node.ctx, ast.Store))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            _count(found, node.name, True)
        elif isinstance(node, ast.arg):
            found.parameters[node.arg] += 1
        elif isinstance(node, ast.keyword) and node.arg:
            found.taken.add(node.arg)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            found.taken |= set(node.names)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.taken.add(node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.taken.add(node.value)
        elif isinstance(node, ast.alias):
            found.taken |= set(node.name.split(".")) | {node.asname or node.name}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "const":
            found.taken |= {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("const("):
            # The compiler drops what begins with an underscore, and nothing else.
            found.taken |= {ast.unparse(target) for target in node.targets}
        if isinstance(node, ast.ImportFrom):
            imported |= {name.asname or name.name: node.module or "" for name in node.names}
    for node in ast.walk(found.tree):
        if isinstance(node, ast.ClassDef):
            for base in node.bases:
                root = ast.unparse(base).partition(".")[0]
                # A class of that module, or of a module that was imported whole.
                found.bases |= (
                    {imported[root], f"{imported[root]}.{root}"} if root in imported else set()
                )
    return found


def _count(found: _Module, name: str, made: bool) -> None:
    if _is_private(name):
        found.private[name] += 1
        if made:
            found.made.add(name)
    else:
        found.taken.add(name)


def _groups(modules: Mapping[str, _Module]) -> dict[str, str]:
    """Return for each module the one that stands for its group."""
    leader = {name: name for name in modules}

    def first(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for name, module in modules.items():
        for base in module.bases & set(modules):
            leader[first(name)] = first(base)
    return {name: first(name) for name in modules}


def shortened(sources: Mapping[str, str]) -> dict[str, str]:
    """Return the sources with other private names; ``sources``: by dotted name of the module."""
    modules = {name: _read(source) for name, source in sources.items()}
    taken: set[str] = set()
    for module in modules.values():
        taken |= (
            module.taken
            | module.bound
            | {node.id for node in ast.walk(module.tree) if isinstance(node, ast.Name)}
        )
        taken |= set(module.parameters)
    free = [name for name in ROM if name not in taken]
    kept: set[str] = set()
    for module in modules.values():
        kept |= module.taken | {name for name in module.bound if not _is_private(name)}
    groups = _groups(modules)
    private: dict[str, Counter[str]] = {leader: Counter() for leader in groups.values()}
    made: dict[str, set[str]] = {leader: set() for leader in groups.values()}
    for name, module in modules.items():
        private[groups[name]] += module.private
        made[groups[name]] |= module.made
    result = {}
    for name, source in sources.items():
        wanted = [
            word
            for word, _ in private[groups[name]].most_common()
            if word in made[groups[name]] and word not in kept
        ]
        renamed = dict(zip(wanted, free, strict=False))
        left = free[len(renamed) :]
        own = modules[name]
        parameters = [
            word
            for word, _ in own.parameters.most_common()
            if word not in kept and word not in own.bound and not _is_private(word)
        ]
        if name.partition(".")[0] == SHARED:
            parameters = []  # whoever else uses the protocol may call it by keyword
        locals_ = dict(zip(parameters, left, strict=False))
        result[name] = _rewritten(source, own.tree, renamed, locals_)
    return result


def _rewritten(
    source: str, tree: ast.Module, private: Mapping[str, str], parameters: Mapping[str, str]
) -> str:
    """Return the source with names replaced; ast counts columns in bytes of UTF-8."""
    lines = source.encode().splitlines(keepends=True)
    edits: list[tuple[int, int, str, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            edits.append((node.lineno, node.col_offset, node.id, ""))
        elif isinstance(node, ast.arg):
            edits.append((node.lineno, node.col_offset, node.arg, ""))
        elif isinstance(node, ast.Attribute):
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            at = node.end_col_offset - len(node.attr)
            edits.append((node.end_lineno, at, node.attr, "attribute"))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            line = lines[node.lineno - 1]
            at = line.index(node.name.encode(), line.index(b" ", node.col_offset))
            if isinstance(node, ast.AsyncFunctionDef):
                at = line.index(node.name.encode(), line.index(b"def ", node.col_offset) + 4)
            edits.append((node.lineno, at, node.name, "attribute"))
    for number, column, old, kind in sorted(edits, reverse=True):
        new = private.get(old) or (None if kind else parameters.get(old))
        if new:
            line = lines[number - 1]
            assert line[column : column + len(old)] == old.encode()
            lines[number - 1] = line[:column] + new.encode() + line[column + len(old) :]
    return b"".join(lines).decode()
