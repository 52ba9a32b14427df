"""Asks the kernel whether a time service keeps the wall clock right: adjtimex(2), read only."""

import ctypes

_STATUS_AT = 40  # struct timex on 64-bit Linux: modes, offset, freq, maxerror, esterror, status
_SIZE = 208
_STA_UNSYNC = 0x40
_TIME_ERROR = 5


def synchronised() -> bool:
    """Return whether the wall clock is kept right; False also if the kernel cannot be asked."""
    answer = ctypes.create_string_buffer(2 * _SIZE)
    try:
        state = ctypes.CDLL(None).adjtimex(answer)
    except (OSError, AttributeError):
        return False
    status = ctypes.c_int.from_buffer(answer, _STATUS_AT).value
    return 0 <= state < _TIME_ERROR and not status & _STA_UNSYNC
