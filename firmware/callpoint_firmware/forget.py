"""Gives back the memory of modules that only the start needs."""

import gc
import sys


def forget(*names: str) -> None:
    """Drop modules, by dotted name; one that is asked for again is loaded again."""
    for name in names:
        if sys.modules.pop(name, None):
            package, _, own = name.rpartition(".")
            delattr(sys.modules[package], own)
    gc.collect()
