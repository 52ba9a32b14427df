"""Leaves a heap without large pieces, as a device may have after weeks."""

import gc

_MOST = 500


def chop(size):
    """Return what holds the free heap in pieces of about ``size`` bytes, as long as it lives."""
    walls, rooms = [None] * _MOST, [None] * _MOST
    gc.collect()
    number = 0
    try:
        while number < _MOST:
            rooms[number] = bytearray(size)
            walls[number] = bytearray(1)
            number += 1
    except MemoryError:
        pass
    if number == _MOST:
        raise ValueError("more pieces are needed")
    for at in range(_MOST):
        rooms[at] = None
    gc.collect()
    return walls, rooms  # the list itself would be a large piece, too
