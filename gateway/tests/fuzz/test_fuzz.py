"""Whatever comes from outside raises nothing unexpected: a bounded form of `make soak`."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callpoint_gateway.protocols.update_package import MAGIC

from .mutations import mutated
from .targets import TARGETS

EXAMPLES = 300


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_bytes_come(name: str) -> None:
    target = TARGETS[name]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(mutated(target.seeds) | st.binary(max_size=200))
    def takes(data: bytes) -> None:
        take(data)

    with target.open() as take:
        for seed in target.seeds:
            take(seed)
        takes()


# What fuzzers found, and what is of the same kind.
_DEEP = b"[" * 30_000
_MANIFEST = b'{"product":"\xc5"}'
FOUND = [
    ("update_package", MAGIC + len(_MANIFEST).to_bytes(2, "little") + _MANIFEST + bytes(256)),
    ("panel_command", b'{"action":"\xff"}'),
    ("control", b'{"a":' + _DEEP),
    ("control", b'{"ask":"\xff"}'),
    ("device_message", b'{"v":1,"a":' + _DEEP),
]


@pytest.mark.parametrize(("name", "data"), FOUND)
def test_what_was_found_once_is_taken(name: str, data: bytes) -> None:
    with TARGETS[name].open() as take:
        take(data)
