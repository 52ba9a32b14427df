"""What is called more than chance."""

from fractions import Fraction
from math import comb
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callpoint_console.reports.chance import SIGNIFICANCE, corrected, upper_tail


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 19))
def test_the_tail_is_that_of_the_binomial(now: int, before: int, twentieths: int) -> None:
    share, total = Fraction(twentieths, 20), now + before
    exact = sum(
        comb(total, count) * share**count * (1 - share) ** (total - count)
        for count in range(now, total + 1)
    )
    assert upper_tail(now, total, float(share)) == pytest.approx(float(exact), rel=1e-9)


def test_the_tail_of_many_alarms_is_no_rounding_error() -> None:
    assert upper_tail(50_000, 100_000, 1 / 9) == 0.0
    assert 0.4 < upper_tail(11_112, 100_000, 1 / 9) < 0.6


@pytest.mark.parametrize(
    ("now", "total", "share"), [(3, 2, 0.5), (-1, 2, 0.5), (1, 2, 0), (1, 2, 1)]
)
def test_what_is_no_binomial_is_refused(now: int, total: int, share: float) -> None:
    with pytest.raises(ValueError, match="no binomial"):
        upper_tail(now, total, share)


def test_holms_correction() -> None:
    # Holm (1979): the smallest is multiplied by 4, the next by 3 ..., and none gets smaller.
    assert corrected({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}) == pytest.approx(
        {"d": 0.02, "a": 0.03, "c": 0.06, "b": 0.06}
    )
    assert corrected({}) == {}


def test_chance_alone_is_hardly_ever_named() -> None:
    """Of 400 sites with 50 steady places each, about 1 in 100 may have any place named."""
    random, named = Random(7), 0
    for _ in range(400):
        tails = {}
        for place in range(50):
            alarms = [random.random() * 63 for _ in range(random.randint(0, 40))]
            now = sum(day >= 56 for day in alarms)
            tails[place] = upper_tail(now, len(alarms), 7 / 63)
        named += min(corrected(tails).values()) < SIGNIFICANCE
    assert named <= 12
