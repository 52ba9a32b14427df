"""A device under test: runs the client in MicroPython, takes orders on stdin, tells on stdout.

One JSON object a line each way, the first one the client's options. A ticker measures the
longest time the loop was held up.
"""

import asyncio
import gc
import json
import sys
import time

from callpoint_firmware.mqtt import Client

TICK_MS = 5


def tell(what, **more):
    more["what"] = what
    print(json.dumps(more))


def context(files):
    import tls

    ssl = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    with open(files["ca"], "rb") as file:
        ssl.load_verify_locations(file.read())
    if "cert" in files:
        with open(files["cert"], "rb") as cert, open(files["key"], "rb") as key:
            ssl.load_cert_chain(cert.read(), key.read())
    return ssl


class Device:
    def __init__(self, options):
        files = options.pop("tls", None)
        topics = options.pop("topics")
        if files:
            options["ssl"] = context(files)
        self.client = Client(**options)
        self.client.subscribe_to(topics)
        self.longest = 0
        self.error = ""

    def on_up(self, session_present):
        tell("up", session=session_present)

    def on_down(self, reason):
        tell("down", reason=reason)

    def on_message(self, topic, body):
        if body == b"raise":
            raise KeyError("a fault of the application")
        tell("message", topic=topic, size=len(body), body=str(body[:40]))

    async def tick(self):
        last = time.ticks_ms()
        while True:
            await asyncio.sleep_ms(TICK_MS)
            now = time.ticks_ms()
            self.longest = max(self.longest, time.ticks_diff(now, last) - TICK_MS)
            last = now
            if self.client.last_error != self.error:
                self.error = self.client.last_error
                tell("error", reason=self.error)

    async def publish(self, topic, body, retain=False, qos=1):
        try:
            tell("published", id=await self.client.publish(topic, body, retain, qos))
        except OSError as fault:
            tell("failed", errno=fault.errno)

    async def orders(self):
        stdin = asyncio.StreamReader(sys.stdin.buffer)
        while True:
            line = await stdin.readline()
            if not line:
                return
            order = json.loads(line)
            what = order.pop("do")
            if what == "publish":
                await self.publish(**order)
            elif what == "many":
                body = "x" * order["size"]
                tasks = [self.publish("t/many", body) for _ in range(order["count"])]
                await asyncio.gather(*tasks)
            elif what == "report":
                gc.collect()
                tell(
                    "report",
                    up=self.client.up,
                    unacknowledged=self.client.unacknowledged,
                    oversize=self.client.oversize,
                    faults=self.client.callback_faults,
                    error=self.client.last_error,
                    free=gc.mem_free(),
                    held_up_ms=self.longest,
                )
            elif what == "hurry":
                self.client.hurry()
            elif what == "close":
                await self.client.close()
                return

    async def run(self):
        ticker = asyncio.create_task(self.tick())
        run = self.client.run(self.on_up, self.on_message, self.on_down, lambda: False)
        link = asyncio.create_task(run)
        await self.orders()
        await link
        ticker.cancel()
        tell("end", held_up_ms=self.longest)


asyncio.run(Device(json.loads(sys.stdin.readline())).run())
