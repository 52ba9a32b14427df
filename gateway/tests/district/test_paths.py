"""The names of gateways that came through other tiers, and their subjects."""

import pytest

from callpoint_gateway.protocols.upstream import (
    DEPTH,
    PATH,
    below,
    downward,
    gateway_of,
    relayed,
    upward,
)


@pytest.mark.parametrize("path", ["g1", "d1/g1", "c1/d1/g1", "alarms/ask"])
def test_a_subject_has_each_name_as_a_token(path: str) -> None:
    assert upward("c1", path, "alarms") == f"cp.c1.{path.replace('/', '.')}.alarms"
    assert gateway_of(upward("c1", path, "alarms")) == path
    assert gateway_of(downward("c1", path, "receipt")) == path


@pytest.mark.parametrize(
    "path", ["", "/", "d1/", "/g1", "d1//g1", "D1/g1", "d.1/g1", "d1/*", "a\n"]
)
def test_what_is_no_path(path: str) -> None:
    assert not PATH.fullmatch(path)


def test_a_tier_up_a_gateway_is_below_the_member_that_relays_it() -> None:
    assert relayed("d1", "g1") == "d1/g1"
    assert below("d1", "d1/g1") == "g1"
    assert below("c1", "c1/d1/g1") == "d1/g1"
    for path in ("d1", "d2/g1", "d1/"):
        assert below("d1", path) is None


def test_a_path_is_only_so_deep() -> None:
    deepest = "/".join(["a"] * DEPTH)
    assert PATH.fullmatch(deepest)
    assert relayed("a", deepest) is None
