"""Runs on MicroPython: many lives of the store on torn and weak cells; which values are wrong?

``weak_store.py <firmware> <protocol> <seeds> <weak>``: weak as for ``weak_spool.py``. Values are
as short as those that are written in use. Prints one JSON line.
"""

import json
import random
import sys

sys.path += sys.argv[1:3]

from nor_flash import PowerCut
from weak_flash import WeakFlash

from callpoint_firmware.store import Store

_SIZE = 1024
_LIVES = 12
_KEYS = 6


def _ends_a_sector(buf):
    return buf is None or buf[0] == 0x5A


def life(flash, kept, doubtful):
    """Return how many values are wrong at the start; then put some until the power goes."""
    wrong = 0
    store = Store(flash)
    for key in range(1, _KEYS + 1):
        found = store.get(key)
        if found != kept.get(key) and found not in doubtful.get(key, ()):
            wrong += 1
        # Whoever has read it may have acted on it: from here on it is this value.
        kept[key] = found
        doubtful[key] = []
    try:
        while True:
            key = random.randrange(_KEYS) + 1
            value = bytes([random.getrandbits(8) for _ in range(random.randrange(20))])
            doubtful.setdefault(key, []).append(value)
            store.put(key, value)
            kept[key] = value
            doubtful[key] = []
    except PowerCut:
        return wrong


def main(seeds, weak):
    lives = wrong = 0
    for seed in range(seeds):
        random.seed(seed)
        often = seed & 1
        flash = WeakFlash(2, _SIZE, "e" in weak, "p" in weak, _ends_a_sector if often else None)
        kept, doubtful = {}, {}
        for _ in range(_LIVES):
            flash.left = random.randrange(4 if often else 40)
            try:
                wrong += life(flash, kept, doubtful)
                lives += 1
            except PowerCut:
                lives += 1  # during the start
    print(json.dumps({"lives": lives, "wrong": wrong}))


main(int(sys.argv[3]), sys.argv[4])
