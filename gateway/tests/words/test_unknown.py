"""What may have been meant."""

from callpoint_gateway.words.unknown import near, near_number


def test_the_most_alike_comes_first_whatever_its_case() -> None:
    assert near("loby", ["attic", "Lobby", "lobby-2"]).split(", ")[0] == "Lobby"
    assert near("301", ["三楼301", "flat-b"]) == "三楼301"


def test_without_a_likeness_the_known_ones_are_named() -> None:
    assert near("xyz", ["flat-a", "flat-b"]) == "flat-a, flat-b"
    assert near("xyz", []) == "-"
    assert len(near("xyz", [f"flat-{number}" for number in range(500)]).split(", ")) == 5


def test_the_next_numbers_are_named_in_order() -> None:
    assert near_number(9, [1, 2, 3, 40]) == "1, 2, 3, 40"
    assert near_number(99, range(1, 50)) == "45, 46, 47, 48, 49"
    assert near_number(9, []) == "-"
