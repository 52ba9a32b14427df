"""Python's collector of cyclic garbage, which stops every thread while it looks through memory.

Looking through everything takes 30 ms and more. What stands once the gateway is built stays until
its end, so it is set apart; what comes after it is looked through more rarely. The structs of
which there are most (entries, messages) hold no cycles and are not looked at (``gc=False``).
"""

import gc
from typing import Final

# New objects before the youngest are looked through; how many such times before the older are.
_YOUNG: Final = 10_000
_TIMES: Final = 20


def settle() -> None:
    """Set apart what is there now, once the gateway is built.

    What an earlier call has set apart is looked through first: a reload leaves the old parts.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _TIMES, _TIMES)
