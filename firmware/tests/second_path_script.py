"""Runs on MicroPython: send panics over the second path; prints one JSON line for each.

``second_path_script.py <firmware> <protocol> <port> <device> <key> <try ms> <count> <tries>``:
events 1 to ``count``, each exchanged up to ``tries`` times. A line has the acknowledgement, the
milliseconds that it took, and the longest time that the loop did not turn meanwhile.
"""

import asyncio
import json
import sys
import time
from binascii import unhexlify

sys.path += sys.argv[1:3]

from callpoint_firmware.second_path import SecondPath
from callpoint_protocol import messages, names

port, device, key, try_ms, count, tries = sys.argv[3:9]


class Settings:
    site = "estate"


longest = 0


async def turn():
    global longest
    before = time.ticks_ms()
    while True:
        await asyncio.sleep_ms(1)
        now = time.ticks_ms()
        longest = max(longest, time.ticks_diff(now, before))
        before = now


async def main():
    global longest
    settings = Settings()
    settings.device = device
    settings.second = {
        "host": "127.0.0.1",
        "port": int(port),
        "key": unhexlify(key),
        "after_s": 1,
    }
    path = SecondPath(settings)
    path.try_ms = int(try_ms)
    turning = asyncio.create_task(turn())
    for seq in range(1, int(count) + 1):
        longest = 0
        began = time.ticks_ms()
        answer = None
        for _ in range(int(tries)):
            body = messages.encode_event(0x10001, seq, names.PANIC, names.ALARM, 1, 1, age_ms=5)
            answer = await path.exchange(body)
            if answer:
                break
            await asyncio.sleep_ms(100)
        took = time.ticks_diff(time.ticks_ms(), began)
        said = list(messages.decode_ack(answer)) if answer else None
        print(json.dumps({"ack": said, "took": took, "longest": longest}))
    turning.cancel()


asyncio.run(main())
