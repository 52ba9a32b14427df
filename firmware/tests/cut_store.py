"""Runs on MicroPython: cut the power at every flash operation and look for lost values.

``cut_store.py <firmware> <protocol> <torn>``; prints one JSON line.
"""

import json
import sys

sys.path += sys.argv[1:3]

from nor_flash import NorFlash, PowerCut

from callpoint_firmware.store import Store

_PUTS = 150  # some turns of the two sectors
_KEYS = 5


def value(number):
    """Lengths from 0 to 500, most of them one slot."""
    length = 500 if number % 29 == 0 else number % 23
    return bytes((number + index) & 0xFF for index in range(length))


def work(flash, done):
    store = Store(flash)
    for number in range(1, _PUTS):
        key = number % _KEYS + 1
        done["under way"] = key, value(number)
        store.put(key, value(number))
        done[key] = value(number)


def wrong(flash, done):
    """How many keys have neither what put returned from nor what was under way."""
    store = Store(flash)
    under_way = done.get("under way")
    count = 0
    for key in range(1, _KEYS + 1):
        found = store.get(key)
        if found != done.get(key) and (key, found) != under_way:
            count += 1
    again = {}
    work(flash, again)
    for key in range(1, _KEYS + 1):
        count += Store(flash).get(key) != again[key]
    return count


def main(torn):
    flash = NorFlash(2)
    work(flash, {})
    total = flash.programs + flash.erases
    points = lost = 0
    for left in range(total):
        flash = NorFlash(2)
        flash.torn = torn
        flash.left = left
        done = {}
        try:
            work(flash, done)
        except PowerCut:
            points += 1
        flash.left = -1
        lost += wrong(flash, done)
    print(json.dumps({"points": points, "lost": lost, "programs": flash.programs}))


main(sys.argv[3] == "1")
