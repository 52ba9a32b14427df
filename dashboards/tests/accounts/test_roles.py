"""Roles hold at a place and within it, and nowhere else."""

import pytest

from callpoint_console.accounts.account import login_name
from callpoint_console.accounts.roles import Grant, GrantMistake, grant
from callpoint_gateway.control.roles import Role

from .office import TREE


@pytest.mark.parametrize(
    ("place", "around", "inside"),
    [
        ("b3", "", True),
        ("", "", True),
        ("", "b3", False),
        ("b3", "b3", True),
        ("b3-u2-301", "b3", True),
        ("b3", "b3-u2-301", False),
        ("b30-101", "b3", False),
        ("unit-3", "b3", False),
        ("kiosk", "b3", False),
        ("b3", "kiosk", False),
        ("kiosk", "kiosk", True),
        ("b3-u2-301", "Garden", True),
        ("b3-u2-301", "garden / 3", True),
        ("b30-101", "Garden / 3", False),
        ("Garden / 3", "b3", False),  # it means unit-3 as well
        ("Garden / 3 / 2", "b3", True),
        ("Garden", "b3", False),
        ("Garden / 3", "Garden", True),
        ("elsewhere", "b3", False),
        ("elsewhere", "", True),
        ("b3", "elsewhere", False),
    ],
)
def test_what_lies_within_what(place: str, around: str, inside: bool) -> None:
    assert TREE.within(place, around) is inside


def test_a_role_counts_within_its_place() -> None:
    grants = [Grant(Role.OPERATOR, "b3"), Grant(Role.VIEWER)]
    assert TREE.roles(grants, "b3-u2-301") == {Role.OPERATOR, Role.VIEWER}
    assert TREE.roles(grants, "kiosk") == {Role.VIEWER}
    assert TREE.roles(grants, "") == {Role.VIEWER}
    assert TREE.roles(grants) == {Role.OPERATOR, Role.VIEWER}


@pytest.mark.parametrize("text", ["operator", "operator@b3", "viewer@Garden / 3"])
def test_a_grant_is_read_as_it_is_written(text: str) -> None:
    assert str(grant(text)) == text


@pytest.mark.parametrize("text", ["", "boss", "operator@", "@b3", "Operator"])
def test_what_is_no_grant(text: str) -> None:
    with pytest.raises(GrantMistake):
        grant(text)


@pytest.mark.parametrize(
    ("text", "login"),
    [
        ("wang.li", "wang.li"),
        (" Wang.Li ", "wang.li"),
        ("o-1_a", "o-1_a"),
        ("", None),
        ("1a", None),
        ("王丽", None),
        ("a b", None),
        ("o13800138000", None),
        ("x" * 33, None),
        ("<b>", None),
        ("a\nb", None),
        ("a\n", "a"),
    ],
)
def test_login_names(text: str, login: str | None) -> None:
    assert login_name(text) == login


def test_places_that_are_known() -> None:
    assert "b3" in TREE
    assert "Garden / 3" in TREE
    assert "b4" not in TREE
    assert "" not in TREE
