"""Runs on MicroPython: ``link_script.py <firmware> <protocol> asked | moved <dns> <port>``.

``asked`` answers alarms of the second path again and again with *stored* and prints which then
wait for a centre. ``moved`` moves a client while its host's name is looked up and prints every
address that it then tried.
"""

import asyncio
import json
import sys

sys.path += sys.argv[1:3]

from callpoint_firmware.link import Link
from callpoint_firmware.mqtt import Client
from callpoint_firmware.spool import Event
from callpoint_protocol import messages, names


class Still:
    """Stands for every part that has nothing to say here."""

    site = device = "d"
    up = depth = 0

    def monotonic_ms(self):
        return 0

    def after(self, position):
        return -1

    def release(self, boot, last, count):
        return 0

    def subscribe_to(self, topics):
        pass

    def reached(self, boot, first, last, stage):
        pass


def asked():
    still = Still()
    link = Link(still, still, still, still, still, None, None)
    for seq in (1, 2, 1, 1, 2):
        link._sent_by_second_path = Event(7, seq, names.PANIC, names.ALARM, 1, 1, 1, 0, 0, None)
        link._settle(messages.encode_ack(names.STORED, 7, seq))
    print(json.dumps([waiting.event.seq for waiting in link._waiting]))


async def moved(server, port):
    client = Client(
        *("broker.example", port, "d", "t", b""), retry_ms=20, dns=lambda: ("127.0.0.1", server)
    )
    ups = []
    task = asyncio.create_task(client.run(ups.append, print, print, lambda: False))
    await asyncio.sleep_ms(0)  # the question is on its way now
    client.move("127.0.0.1", port)
    tried = set()
    while True:
        if client._address:
            tried.add(tuple(client._address[-1][:8]))
        if ups:
            break
        await asyncio.sleep_ms(1)
    print(json.dumps([list(address[4:8]) for address in tried]))
    task.cancel()


if sys.argv[3] == "asked":
    asked()
else:
    asyncio.run(moved(int(sys.argv[4]), int(sys.argv[5])))
