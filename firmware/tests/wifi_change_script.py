"""Runs on MicroPython: another network over the air, on a fake of the driver; prints JSON lines.

``wifi_change_script.py <firmware> <protocol> <fakes>``
"""

import json
import sys
from binascii import hexlify

sys.path.insert(0, sys.argv[3])
sys.path += sys.argv[1:3]

import esp32
import network

from callpoint_boards import wifi
from callpoint_firmware.store import OTHER_WIFI, WIFI, Store
from callpoint_firmware.wifi_change import WifiChange
from callpoint_protocol import messages, names

LAB = {"ssid": "lab", "password": "secret12"}
NEW = b"\3new" + b"password1"
OLD = b"\3old" + b"password2"


class Clock:
    now = 0
    wall = 1_800_000_000_000

    def monotonic_ms(self):
        return self.now

    def wall_ms(self):
        return self.wall and self.wall + self.now


clock = Clock()


class Link:
    """What the change asks of the link; the broker answers when ``reached``."""

    idle = True
    proven = True
    reached = True
    reports = 0

    def doubt(self):
        self.proven = False

    def report(self):
        self.reports += 1


def order(record, seconds):
    text = str(hexlify(record), "utf-8")
    return messages.encode_command(5, names.WIFI, seconds, text)


class World:
    """A board in the network ``lab``, or in the one that is stored."""

    def __init__(self, stored=b""):
        network.air.clear()
        network.air["lab"] = "secret12"
        network.history.clear()
        self.flash = esp32.Partition("state")
        self.link = Link()
        self.start()
        self.store.put(OTHER_WIFI, b"")
        self.store.put(WIFI, stored)
        self.start()

    def start(self):
        self.store = Store(self.flash)
        self.station = wifi.Wifi(dict(LAB), clock)
        self.station.use_store(self.store)
        self.change = WifiChange(self.store, self.station, self.link, clock)

    def run(self, seconds):
        for _ in range(2 * seconds):
            self.station.step()
            network.WLAN.one.turn()
            clock.now += 500
            online = self.station.status() == wifi.ONLINE
            self.link.proven = self.link.proven or (online and self.link.reached)
            self.change.step()

    def told(self):
        name = self.station.current()[0]
        online = self.station.status() == wifi.ONLINE
        return [str(name, "utf-8"), online, self.change.state, self.link.reports]


def found(name, value):
    print(json.dumps([name, value]))


def trial(name, *, air=True, reached=True, seconds=90):
    world = World()
    world.run(5)
    if air:
        network.air["new"] = "password1"
    world.link.reached = reached
    world.change.take(order(NEW, 60), 60)
    world.run(seconds)
    found(name, world.told())
    return world


world = trial("good")
found("good is kept", bytes(world.store.get(WIFI)) == NEW)
world.start()
world.run(5)
found("after a restart", world.told())

world = trial("nobody there", air=False)
found("nothing is kept", world.store.get(WIFI) or None)
trial("no broker there", reached=False)

world = trial("in the middle", air=False, seconds=20)
world.start()
world.run(10)
found("cut off", world.told())

world = World()
world.run(5)
world.change.take(order(NEW, 0), 0)
world.run(60)
found("waits", world.told())
world.start()
del network.air["lab"]
network.air["new"] = "password1"
world.run(120)
found("moves by itself", world.told())

world = World(OLD)
network.air["old"] = "password2"
network.air["new"] = "password1"
world.run(5)
world.change.take(order(NEW, 60), 60)
world.run(30)
found("moved", world.told())
del network.air["new"]
del network.air["lab"]
world.run(180)
found("falls back", world.told())
network.air["new"] = "password1"
del network.air["old"]
world.run(180)
found("and returns", world.told())
clock.now += 87_000_000
world.run(5)
found("forgets after a day", len(world.store.get(OTHER_WIFI)))

for number, wrong in enumerate(
    (b"{}", order(b"\0", 0), order(b"\3new1234", 0), order(b"\x21a", 0))
):
    world = World()
    world.change.take(wrong, 0)
    found("malformed %d" % number, world.change.state)
