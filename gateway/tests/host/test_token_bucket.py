"""The one rate limit of the gateway."""

import ast
from pathlib import Path

import callpoint_gateway
from callpoint_gateway.host.token_bucket import TokenBucket


def test_a_burst_passes_and_then_so_many_a_second() -> None:
    now = 0.0
    bucket = TokenBucket(3, 2.0, lambda: now)
    assert [bucket.take() for _ in range(5)] == [True, True, True, False, False]
    now = 0.4  # not a whole token yet
    assert not bucket.take()
    now = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]


def test_a_long_pause_gives_no_more_than_a_burst() -> None:
    now = 0.0
    bucket = TokenBucket(2, 10.0, lambda: now)
    assert bucket.take()
    now = 3600.0
    assert [bucket.take() for _ in range(3)] == [True, True, False]


def test_nobody_else_refills_by_a_rate() -> None:
    """What another bucket has to do: bound by ``min`` what grows with a product of time."""
    found = []
    for file in Path(str(callpoint_gateway.__file__)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            refills = (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "min"
                and any(
                    isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add)
                    for part in node.args
                )
                and any(
                    isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mult)
                    for part in ast.walk(node)
                )
            )
            if refills:
                found.append(file.name)
    assert found == ["token_bucket.py"]
