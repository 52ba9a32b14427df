"""Runs on MicroPython: send panics over the second path; prints one JSON line for each.

``second_path_script.py <firmware> <protocol> <port> <device> <key> <try ms> <count> <tries>
<network>``:
events 1 to ``count``, each exchanged up to ``tries`` times. A line has the acknowledgement, the
milliseconds that it took, and how often another task had its turn meanwhile.
"""

import asyncio
import json
import sys
import time
from binascii import unhexlify

sys.path += sys.argv[1:3]

from callpoint_firmware.second_path import SecondPath
from callpoint_protocol import messages, names

port, device, key, try_ms, count, tries, network = sys.argv[3:10]


class Settings:
    site = "estate"


turns = 0


async def turn():
    global turns
    while True:
        await asyncio.sleep_ms(1)
        turns += 1


async def main():
    global turns
    settings = Settings()
    settings.device = device
    settings.second = {
        "host": "127.0.0.1",
        "port": int(port),
        "key": unhexlify(key),
        "after_s": 1,
    }
    path = SecondPath(settings, int(try_ms))
    if network == "flooded":
        path._read = lambda sock, poller: False  # there is always one more datagram
    turning = asyncio.create_task(turn())
    for seq in range(1, int(count) + 1):
        turns = 0
        began = time.ticks_ms()
        answer = None
        for attempt in range(int(tries)):
            if attempt:
                await asyncio.sleep_ms(100)
            body = messages.encode_event(0x10001, seq, names.PANIC, names.ALARM, 1, 1, age_ms=5)
            answer = await path.exchange(body)
            if answer:
                break
        took = time.ticks_diff(time.ticks_ms(), began)
        said = list(messages.decode_ack(answer)) if answer else None
        print(json.dumps({"ack": said, "took": took, "turns": turns}))
    turning.cancel()


asyncio.run(main())
