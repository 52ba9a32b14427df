"""A service's limit holds in every window, whatever is asked when."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callpoint_notify.limits import WINDOW_S, Limits

_PAUSES = st.floats(0, 30, allow_nan=False)


@given(st.integers(2, 60), st.lists(st.tuples(_PAUSES, st.booleans()), max_size=200))
@settings(deadline=None)
def test_no_minute_has_more_than_the_service_takes(
    per_minute: int, asked: list[tuple[float, bool]]
) -> None:
    limits, now_s = Limits(per_minute), 0.0
    sent: list[float] = []
    for pause_s, urgent in asked:
        now_s += pause_s
        if limits.wait_s(now_s, urgent=urgent) <= 0:
            limits.sent(now_s, urgent=urgent)
            sent.append(now_s)
    for at_s in sent:
        assert sum(1 for other in sent if at_s <= other < at_s + WINDOW_S) <= per_minute


@pytest.mark.parametrize("per_minute", [2, 3, 4, 20, 61])
@pytest.mark.parametrize("lull_s", [0.0, 40.0])
def test_a_service_that_is_always_asked_for_more_gets_its_limit_and_no_more(
    per_minute: int, lull_s: float
) -> None:
    limits, now_s = Limits(per_minute), 0.0
    sent: list[tuple[float, bool]] = []
    while now_s < 400:
        now_s += 0.05 + (lull_s if len(sent) % 7 == 6 else 0)
        for urgent in (True, False):
            if limits.wait_s(now_s, urgent=urgent) <= 0:
                limits.sent(now_s, urgent=urgent)
                sent.append((now_s, urgent))
    windows = [
        [kind for at_s, kind in sent if begin_s <= at_s < begin_s + WINDOW_S]
        for begin_s, _ in sent
    ]
    assert max(map(len, windows)) <= per_minute
    if not lull_s:
        assert max(map(len, windows)) >= per_minute - 2
        assert max(sum(kinds) for kinds in windows) >= per_minute * 3 // 4 - 1


@given(st.integers(2, 60), st.lists(st.tuples(_PAUSES, st.booleans()), max_size=100))
@settings(deadline=None)
def test_after_the_wait_it_may_go(per_minute: int, asked: list[tuple[float, bool]]) -> None:
    limits, now_s = Limits(per_minute), 0.0
    for pause_s, urgent in asked:
        now_s += pause_s + limits.wait_s(now_s + pause_s, urgent=urgent) + 1e-6
        assert limits.wait_s(now_s, urgent=urgent) <= 0
        limits.sent(now_s, urgent=urgent)


def test_the_urgent_share_is_used_up_by_nothing_else() -> None:
    limits, now_s = Limits(20), 0.0
    for _ in range(600):
        now_s += 0.1
        if limits.wait_s(now_s, urgent=False) <= 0:
            limits.sent(now_s, urgent=False)
    for _ in range(3):
        assert limits.wait_s(now_s, urgent=True) == 0
        limits.sent(now_s, urgent=True)
    assert limits.wait_s(now_s, urgent=True) <= 6
