"""Random pulse trains against what a person would say happened.

A person sees actuations, not edges: each is one change and one change back, however the contact
bounces and whichever interrupts are lost or held up. Nothing here knows how the inputs work but
for their promises: an edge that is told is never lost, and a level is looked at every 50 ms.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interpreters import NAMES
from wired import Wired

from callpoint_protocol.names import ALARM, RESTORE

POLL_MS = 50
LEAST_MS = 5
BOUNCE_MS = 20
STALL_MS = 150


@pytest.fixture(params=NAMES, scope="module")
def wired(request: pytest.FixtureRequest) -> Iterator[Wired]:
    played = Wired(str(request.param))
    yield played
    played.close()


class Actuation(NamedTuple):
    """Times are absolute, in ms. ``told`` says whether any of its interrupts comes through."""

    make: int
    length: int
    steady: int  # how much of the length it does not bounce
    edges: list[tuple[int, int, bool]]  # at, active, dropped
    stall: tuple[int, int] | None

    @property
    def told(self) -> bool:
        return not all(dropped for _, _, dropped in self.edges)


@st.composite
def _bounce(draw: st.DrawFn, longest: int) -> list[int]:
    """Offsets of the edges after the first one: an even number of them."""
    count = 2 * draw(st.integers(0, 3))
    return sorted(draw(st.lists(st.integers(0, longest), min_size=count, max_size=count)))


@st.composite
def _actuation(draw: st.DrawFn, after: int, debounce: int) -> Actuation:
    bounce = st.deferred(lambda: _bounce(min(BOUNCE_MS, debounce - 1)))
    settled = debounce + BOUNCE_MS + POLL_MS + STALL_MS
    make = after + settled + draw(st.integers(0, 300))
    length = draw(
        st.integers(0, debounce)  # shorter than the debounce, or than any loop
        | st.integers(debounce, settled)
        | st.integers(settled + 1, settled + 2_000)
    )
    drops = draw(st.sampled_from(["none", "all", "some"]))
    made = [make, *(make + offset for offset in draw(bounce))]
    broken = [make + length, *(make + length + offset for offset in draw(bounce))]
    made = [at for at in made if at <= make + length]
    if len(made) % 2 == 0:
        made.pop()
    times = made + broken
    edges = [
        (
            at,
            1 - number % 2,
            {"none": False, "all": True}.get(drops, False)
            or (drops == "some" and draw(st.booleans())),
        )
        for number, at in enumerate(times)
    ]
    stall = None
    if draw(st.booleans()):
        begins = make - draw(st.integers(0, POLL_MS))
        ends = made[-1] + 1 + draw(st.integers(0, STALL_MS - POLL_MS - BOUNCE_MS - 1))
        if ends <= broken[0] or ends > broken[-1]:  # none begins or ends within a bounce
            stall = (begins, ends)
    return Actuation(make, length, broken[0] - made[-1], edges, stall)


@st.composite
def _train(draw: st.DrawFn) -> tuple[int, list[Actuation]]:
    debounce = draw(st.sampled_from([0, 1, 5, 20, 50, 300, 1_000]))
    quiet = max(debounce, LEAST_MS)
    train: list[Actuation] = []
    after = 0
    for _ in range(draw(st.integers(1, 6))):
        actuation = draw(_actuation(after, quiet))
        train.append(actuation)
        # A pulse is told of at its end at the latest, and its change back a debounce later.
        after = actuation.make + actuation.length + quiet
    return debounce, train


def _is_certain(actuation: Actuation) -> bool:
    """Whether a person could not say that it was missed for a good reason."""
    stalled = actuation.stall[1] - actuation.stall[0] if actuation.stall else 0
    return actuation.told or actuation.steady > POLL_MS + stalled


def _latest(actuation: Actuation) -> int:
    return actuation.make + actuation.length + BOUNCE_MS + POLL_MS + STALL_MS


@settings(max_examples=150, deadline=None)
@given(train=_train(), high=st.booleans())
def test_every_actuation_is_one_change_and_one_change_back(
    wired: Wired, train: tuple[int, list[Actuation]], high: bool
) -> None:
    debounce, actuations = train
    happens: list[Any] = [
        [at, "c", active if high else 1 - active, dropped]
        for actuation in actuations
        for at, active, dropped in actuation.edges
    ]
    zone = {"zone": 1, "kind": "water", "input": "c", "active": int(high), "debounce": debounce}
    start = {
        "until": actuations[-1].make + actuations[-1].length + 2 * debounce + 1_000,
        "happens": happens,
        "stalls": [actuation.stall for actuation in actuations if actuation.stall],
    }
    told = wired.play(zones=[zone], starts=[start])[0]
    assert [event[2] for event in told] == [ALARM, RESTORE] * (len(told) // 2)
    pairs = list(zip(told[::2], told[1::2], strict=True))
    for actuation in actuations:
        if pairs and actuation.make <= pairs[0][0][0] <= _latest(actuation):
            alarm, restore = pairs.pop(0)
            # Not before the contact was back, nor a debounce after the change.
            assert restore[0] >= min(
                actuation.make + actuation.length, alarm[0] + max(debounce, LEAST_MS)
            )
            assert restore[0] <= max(
                _latest(actuation), alarm[0] + max(debounce, LEAST_MS) + POLL_MS
            )
        else:
            assert not _is_certain(actuation), actuation
    assert pairs == []  # nothing was invented
