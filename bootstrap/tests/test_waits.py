"""Tests wait for what happens: never for a fixed time, and long enough for a busy machine.

A wait that succeeds costs nothing, however long it might have been.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "bootstrap/tests",
    "protocol/tests",
    "firmware/tests",
    "gateway/tests",
    "dashboards/tests",
    "hil_tests",
)
LEAST_S = 30.0
#: How long a test waits, by the name that it gives to that.
PATIENCE = ("SOON_S", "WAIT_S", "WITHIN_S", "DEADLINE_S", "END_S")
#: Where something else is meant, by file and function.
EXEMPT = {
    # It kills a board at moments by chance.
    ("test_renewal.py", "test_a_board_that_is_killed_at_any_moment_comes_back"),
    # What must not happen has time to happen, or is looked for again and again.
    ("test_power_cuts.py", "test_a_full_disk_refuses_nothing_that_it_promised"),
    ("test_power_cuts.py", "_round"),
    ("test_sender.py", "test_a_disk_that_hangs_ends_deliveries_after_as_many_as_may_be_repeated"),
    ("test_second_path.py", "test_the_device_waits_for_the_disk_without_asking_again"),
    ("test_reloading.py", "test_what_is_wrong_is_said_once_and_what_follows_counts"),
    # Others' slowness is played.
    ("test_link.py", "slow_dns"),
    ("test_http.py", "slowly"),
    ("test_connections.py", "test_a_head_that_comes_byte_by_byte_is_no_way_around"),
    ("test_board_pass.py", "test_two_boards_with_one_address_at_two_ports"),
}
#: They take pictures, and watch Home Assistant for minutes.
NO_TESTS = ("pictures.py", "play.py")


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call, bool]]:
    """Yield each call with the function that it stands in, and whether in a ``while`` there."""

    def walk(node: ast.AST, function: str, looping: bool) -> Iterator[tuple[str, ast.Call, bool]]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function, looping = function or node.name, False
        looping = looping or isinstance(node, ast.While)
        if isinstance(node, ast.Call):
            yield function, node, looping
        for child in ast.iter_child_nodes(node):
            yield from walk(child, function, looping)

    return walk(tree, "", False)


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def seconds(node: ast.expr | None = None) -> float | None:
    """Return a number that stands in the source."""
    value = node.value if isinstance(node, ast.Constant) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def patience(call: ast.Call) -> float | None:
    """Return how long a call waits at most, where it says that by a number."""
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    if "timeout" in named:
        return seconds(named["timeout"])
    if name_of(call) == "wait_for":
        return seconds(call.args[1]) if len(call.args) == 2 else None
    if name_of(call) in ("wait", "join", "settimeout", "timeout") and len(call.args) == 1:
        return seconds(call.args[0])
    return None


def too_short(source: str, name: str) -> list[str]:
    """Return what is wrong with the waits of a file, each with its line."""
    if name in NO_TESTS or ("import run\n" in source and "virtual_time" in source):
        return []  # in virtual time, seconds take no time
    wrong = []
    for function, call, looping in calls(ast.parse(source)):
        if (name, function) in EXEMPT:
            continue
        sleeps = name_of(call) in ("sleep", "wait_for_timeout")
        if sleeps and not looping and seconds(*call.args[:1]):
            wrong.append(f"{call.lineno} {ast.unparse(call)}: wait for a condition")
        if 0 < (patience(call) or 0.0) < LEAST_S:
            wrong.append(f"{call.lineno} {ast.unparse(call)}: wait for {LEAST_S:g} s or longer")
    return wrong


def impatient(source: str) -> list[str]:
    """Return the names of a file that stand for too short a wait."""
    wrong = []
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
        value = seconds(node.value)
        if ast.unparse(target) in PATIENCE and value is not None and value < LEAST_S:
            wrong.append(f"{node.lineno} {ast.unparse(node)}")
    return wrong


def test_no_test_waits_for_a_fixed_time_or_too_short() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{complaint}"
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for source in [path.read_text("utf-8")]
        for complaint in too_short(source, path.name) + impatient(source)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("source", "bad"),
    [
        ("time.sleep(0.5)", True),
        ("while True:\n    time.sleep(0.5)", False),
        ("async def f():\n    await asyncio.sleep(0)", False),
        ("page.wait_for_timeout(100)", True),
        ("process.wait(10)", True),
        ("process.wait(60)", False),
        ("subprocess.run(words, timeout=20)", True),
        ("asyncio.wait_for(queue.get(), 5)", True),
        ("while not done():\n    def f():\n        time.sleep(1)", True),
        ("SOON_S = 10.0", True),
        ("WAIT_S: Final = 60.0", False),
    ],
)
def test_what_is_found(source: str, bad: bool) -> None:
    assert bool(too_short(source, "test_x.py") + impatient(source)) == bad


def test_no_example_of_hypothesis_has_a_deadline() -> None:
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check
