"""Leaves a heap without large pieces, as a device may have after weeks."""

import gc

_MOST = 800


def chop(size):
    """Return what holds the free heap in pieces of about ``size`` bytes, as long as it lives.

    The heap is filled with pieces of that size, and every second one is given back.
    """
    pieces = [None] * _MOST
    gc.collect()
    number = 0
    try:
        while number < _MOST:
            pieces[number] = bytearray(size)
            number += 1
    except MemoryError:
        pass
    if number == _MOST:
        raise ValueError("more pieces are needed")
    for at in range(0, number, 2):
        pieces[at] = None
    gc.collect()
    return pieces  # the list itself would be a large piece, too
