"""Runs on MicroPython: look a name up, or judge answers read from stdin as hex.

``dns_script.py <firmware> <protocol> ask <host> <port>`` or ``... judge``.
"""

import asyncio
import binascii
import json
import sys

sys.path += sys.argv[1:3]

from callpoint_firmware import dns


async def ask(host, port):
    turns = 0
    task = asyncio.create_task(dns.address_of(host, "127.0.0.1", port))
    while not task.done():
        await asyncio.sleep_ms(5)
        turns += 1
    try:
        print(json.dumps({"address": await task, "turns": turns}))
    except OSError as error:
        print(json.dumps({"error": str(error), "turns": turns}))


def judge():
    asked = dns.question(0x1234, "broker.example")
    for line in sys.stdin:
        try:
            print(dns.answer(asked, binascii.unhexlify(line.strip())))
        except OSError as error:
            print(error)


if sys.argv[3] == "ask":
    asyncio.run(ask(sys.argv[4], int(sys.argv[5])))
else:
    judge()
