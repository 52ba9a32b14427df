"""A change is one mistake in code, never in a text, and the file stays a program."""

import ast
from pathlib import Path

import pytest

from mutants import CHECKOUT, TARGETS
from mutations import mutations

SOURCE = '''"""Counts to 3."""

LIMIT: Final[int] = 4  # §


def step(count: int, log: Log) -> int | None:
    """Return 5."""
    log.info("step %d", count + 6)
    if count < LIMIT and not log.closed:
        self.count = count
        raise Full(f"{count + 7} is too much")
    return count + 1
'''


def test_every_kind_of_mistake_and_no_other_wording() -> None:
    assert [str(mutation) for mutation in mutations(SOURCE)] == [
        "4 -> (5)",
        "count < LIMIT -> (count <= LIMIT)",
        "count < LIMIT and not log.closed -> (count < LIMIT or not log.closed)",
        "count < LIMIT and not log.closed -> (count < LIMIT)",
        "count < LIMIT and not log.closed -> (not (count < LIMIT and (not log.closed)))",
        "count < LIMIT and not log.closed -> (not log.closed)",
        "not log.closed -> (log.closed)",
        "self.count = count -> pass",
        'raise Full(f"{count + 7} is too much") -> pass',
        "return count + 1 -> return None",
        "count + 1 -> (count - 1)",
        "1 -> (2)",
    ]


def test_one_place_is_changed_and_the_rest_stays_to_the_byte() -> None:
    (changed,) = [each for each in mutations(SOURCE) if each.original == "count < LIMIT"]
    assert changed.line == 9
    assert changed.applied_to(SOURCE) == SOURCE.replace("count < LIMIT", "(count <= LIMIT)")


@pytest.mark.parametrize("file", TARGETS)
def test_each_change_of_the_files_that_keep_promises_can_be_tried(file: str) -> None:
    source = (CHECKOUT / file).read_text("utf-8")
    found = mutations(source)
    assert len(found) > 20
    for mutation in found[::10]:
        assert mutation.applied_to(source) != source
        ast.parse(mutation.applied_to(source))
    assert all(Path(CHECKOUT / tests).exists() for tests in TARGETS[file])
