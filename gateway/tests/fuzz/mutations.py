"""Inputs that are nearly good: a seed with some of its bytes changed, cut, doubled or joined."""

from collections.abc import Sequence
from typing import Final

from hypothesis import strategies as st

_ODD: Final = (
    *(b"\x00", b"\xff", b"\n", b"\r\n", b"0", b"-1", b"99999999999999999999", b"1e999", b"null"),
    *(b"[", b"]", b"{", b"}", b'"', b"\\u0000", b"\\ud800", b"\xf0\x9f\x94\xa5", b"\xed\xa0\x80"),
)
_MOST: Final = 20_000


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """Return a strategy for inputs beside ``seeds``."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        to = min(len(data), at + draw(st.integers(0, 12)))
        kind = draw(st.sampled_from(("cut", "flip", "put", "odd", "double", "join", "end")))
        if kind == "cut":
            data = data[:at] + data[to:]
        elif kind == "flip":
            mask = draw(st.integers(1, 255))
            data = data[:at] + bytes(byte ^ mask for byte in data[at:to]) + data[to:]
        elif kind == "put":
            data = data[:at] + draw(st.binary(max_size=12)) + data[to:]
        elif kind == "odd":
            data = data[:at] + draw(st.sampled_from(_ODD)) + data[to:]
        elif kind == "double":
            data = data[:to] + data[at:to] * draw(st.integers(1, 200)) + data[to:]
        elif kind == "join":
            data = data[:at] + draw(st.sampled_from(seeds))
        else:
            data = data[:at]
    return data[:_MOST]
