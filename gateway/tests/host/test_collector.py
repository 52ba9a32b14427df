"""The collector of cyclic garbage looks only at what is new once the gateway is built."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from callpoint_gateway.host import collector


class Ring:
    """Holds itself: only the collector ends it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def collector_as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_stands_is_not_looked_through() -> None:
    collector.settle()
    assert gc.get_freeze_count() > 1000
    assert len(gc.get_objects()) < gc.get_freeze_count() / 10


def test_what_a_reload_has_left_is_found() -> None:
    ring = Ring()
    gone = weakref.ref(ring)
    collector.settle()
    del ring
    gc.collect()
    assert gone() is not None
    collector.settle()
    assert gone() is None
