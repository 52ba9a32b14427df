"""Free ports: none is given twice, though nobody listens there yet."""

import random
import subprocess
import sys

import pytest

from callpoint_rig.ports import free_port


def test_a_port_that_another_process_was_given_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = "from callpoint_rig.ports import free_port; print(free_port(), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        theirs = int(other.stdout.readline())
        another = free_port()
        offered = [theirs, another, *random.sample(range(10_000, 32_768), 20)]
        monkeypatch.setattr(random, "choice", lambda _: offered.pop(0))
        assert free_port() not in (theirs, another)
        other.communicate("\n")
