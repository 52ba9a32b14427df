"""The breaker by a clock in the test's hand."""

from callpoint_gateway.sinks.breaker import LONGEST_ASKED_MS, LONGEST_MS, Breaker, BreakerState

from ..conftest import ManualClock


def full(low: float, high: float) -> float:
    return high


def test_pauses_grow_and_it_opens_and_one_request_decides(clock: ManualClock) -> None:
    breaker = Breaker(clock, full)
    waits = []
    for _ in range(3):
        assert breaker.wait_ms() == 0
        breaker.failed()
        waits.append(breaker.wait_ms())
        clock.advance(waits[-1])
    assert waits == [500, 1000, 2000]
    assert breaker.state is BreakerState.OPEN
    assert breaker.wait_ms() == 0
    assert breaker.state is BreakerState.HALF_OPEN
    breaker.failed()
    assert breaker.state is BreakerState.OPEN
    clock.advance(breaker.wait_ms())
    breaker.wait_ms()
    breaker.succeeded()
    assert (breaker.state, breaker.wait_ms()) == (BreakerState.CLOSED, 0)


def test_the_longest_pause_is_bounded_and_jitter_halves_it_at_most(clock: ManualClock) -> None:
    for uniform, expected in ((full, LONGEST_MS), (lambda low, high: low, LONGEST_MS // 2)):
        breaker = Breaker(clock, uniform)
        for _ in range(50):
            breaker.failed()
        assert breaker.wait_ms() == expected


def test_what_the_server_asks_for_is_granted_within_reason(clock: ManualClock) -> None:
    breaker = Breaker(clock, full)
    breaker.failed(7_000)
    assert breaker.wait_ms() == 7_000
    breaker.failed(10**12)
    assert breaker.wait_ms() == LONGEST_ASKED_MS


def test_refused_credentials_open_it_at_once(clock: ManualClock) -> None:
    breaker = Breaker(clock, full)
    breaker.failed(opens=True)
    assert (breaker.state, breaker.wait_ms()) == (BreakerState.OPEN, LONGEST_MS)


def test_a_step_of_the_wall_clock_changes_nothing(clock: ManualClock) -> None:
    breaker = Breaker(clock, full)
    breaker.failed()
    clock.wall += 10**9
    assert breaker.wait_ms() == 500
    clock.wall -= 2 * 10**9
    assert breaker.wait_ms() == 500
