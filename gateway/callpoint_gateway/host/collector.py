"""Sets up Python's garbage collector, which stops every thread while it searches memory.

A search of all objects takes 30 ms and more. Objects that exist when the gateway is built stay
until its end, so they are frozen: no search visits them. Later objects are searched more rarely
than by default. The most frequent structs (entries, messages) hold no cycles and are never
searched (``gc=False``).
"""

import gc
from typing import Final

# New objects before a search of the youngest; searches of a generation before one of the next.
_YOUNG: Final = 10_000
_TIMES: Final = 20


def settle() -> None:
    """Freeze all present objects. Call it when the gateway has been built.

    Objects that an earlier call froze are searched first: a reload leaves old parts behind.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _TIMES, _TIMES)
