"""Says whether a count rose by more than chance allows.

Alarms of a kind at a place are taken for a Poisson process. If its rate has not changed, then of
all ``now + before`` alarms each fell into the recent period with the probability recent days /
all days, so that ``now`` is binomial (Przyborowski and Wilenski, 1940). The one-sided p-value is
P(X >= now). Where many counts are compared at once, p-values are corrected by Holm's method
(1979), which bounds the probability that any count is named by chance alone.
"""

import math
from collections.abc import Hashable, Mapping
from typing import Final, TypeVar

Key = TypeVar("Key", bound=Hashable)

#: A rise is named if the probability that chance named anything at all is below this.
SIGNIFICANCE: Final = 0.01


def upper_tail(now: int, total: int, share: float) -> float:
    """Return P(X >= now) of a binomial X with ``total`` trials of probability ``share``.

    ValueError: ``share`` is not between 0 and 1, or ``now`` not between 0 and ``total``.
    """
    if not 0 < share < 1 or not 0 <= now <= total:
        raise ValueError(f"no binomial tail for {now} of {total} at {share}")
    if now == 0:
        return 1.0
    log_share, log_rest = math.log(share), math.log1p(-share)
    whole = math.lgamma(total + 1)
    logs = [
        whole
        - math.lgamma(count + 1)
        - math.lgamma(total - count + 1)
        + count * log_share
        + (total - count) * log_rest
        for count in range(now, total + 1)
    ]
    most = max(logs)
    return min(1.0, math.exp(most) * math.fsum(math.exp(log - most) for log in logs))


def corrected(p_values: Mapping[Key, float]) -> dict[Key, float]:
    """Return Holm's corrected p-values."""
    found: dict[Key, float] = {}
    least, count = 0.0, len(p_values)
    for rank, (key, p_value) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        least = max(least, min(1.0, p_value * (count - rank)))
        found[key] = least
    return found
