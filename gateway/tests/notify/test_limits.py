"""A service's limit holds in every window, whatever is asked when."""

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
