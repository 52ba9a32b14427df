"""Runs on MicroPython: play steps from stdin against Improv; time is played too.

``improv_script.py <firmware> <protocol>``; a step is a JSON object a line: ``{"rx": hex}`` comes
over the line at once, ``{"idle": ms}`` lets time pass, ``{"status": n}`` changes what Wi-Fi says.
The first line says how the world is: ``networks`` {ssid: password}, ``silent`` an SSID that never
answers, ``kept`` (ssid, password) stored before, ``scan`` [[ssid, dBm, secured]], ``coroutine``
whether a scan is one, ``busy`` whether Wi-Fi refuses, ``full`` whether the store does, ``device``.
What happens is printed, a JSON list a line: [ms, "tx", hex] and so on.
"""

import asyncio
import json
import sys
import time

sys.path += sys.argv[1:3]

from binascii import hexlify, unhexlify

from callpoint_firmware import improv


class Ended(BaseException):
    pass


class Time:
    now = 0

    ticks_ms = staticmethod(lambda: Time.now)
    ticks_add = staticmethod(time.ticks_add)
    ticks_diff = staticmethod(time.ticks_diff)


class Asyncio:
    create_task = staticmethod(asyncio.create_task)

    @staticmethod
    async def sleep_ms(ms):
        await asyncio.sleep_ms(0)
        Time.now += ms


def tell(*what):
    print(json.dumps([Time.now] + list(what)))


class Wifi:
    def __init__(self, world):
        self.world = world
        self.kept = world.get("kept")
        self.now = 2 if self.kept else 0

    def connect(self, ssid, password):
        if self.world.get("busy"):
            raise OSError("Wifi Internal State Error")
        name = ssid.decode()
        tell("connect", name)
        if name == self.world.get("silent"):
            self.now = 1
        else:
            self.now = 2 if self.world["networks"].get(name) == password.decode() else 3

    def rejoin(self):
        tell("rejoin", self.kept and self.kept[0])
        self.now = 2 if self.kept else 0

    def status(self):
        return self.now

    def scan(self):
        if self.world.get("busy"):
            raise OSError("Wifi Internal State Error")
        found = self.world.get("scan", [])
        return self._scan(found) if self.world.get("coroutine") else found

    async def _scan(self, found):
        await Asyncio.sleep_ms(5)
        return found

    def address(self):
        return "192.0.2.7"


class Port:
    def __init__(self, steps, wifi):
        self.steps = steps
        self.wifi = wifi
        self.until = 0

    def read(self):
        if Time.now < self.until:
            return None
        if not self.steps:
            raise Ended
        step = self.steps.pop(0)
        if "idle" in step:
            self.until = Time.now + step["idle"]
            return None
        if "status" in step:
            self.wifi.now = step["status"]
            return None
        return unhexlify(step["rx"])

    def write(self, data):
        tell("tx", hexlify(data).decode())


async def main():
    lines = sys.stdin.read().split("\n")
    world = json.loads(lines[0])
    wifi = Wifi(world)
    port = Port([json.loads(line) for line in lines[1:] if line], wifi)

    def store_wifi(ssid, password):
        if world.get("full"):
            raise OSError(28)
        wifi.kept = (ssid.decode(), password.decode())
        tell("store", wifi.kept[0])

    device = tuple(world.get("device", ("callpoint", "0.2.0", "unix", "lobby", "")))
    try:
        await improv.Improv(port, wifi, store_wifi, device).run()
    except Ended:
        tell("end", wifi.kept)


improv.time = Time
improv.asyncio = Asyncio
asyncio.run(main())
