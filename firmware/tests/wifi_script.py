"""Runs on MicroPython: the station on a fake of the driver; prints one JSON line per finding.

``wifi_script.py <firmware> <protocol> <fakes>``
"""

import json
import sys

sys.path.insert(0, sys.argv[3])
sys.path += sys.argv[1:3]

import esp32
import network

from callpoint_boards import wifi
from callpoint_firmware.store import WIFI, Store

LAB = {"ssid": "lab", "password": "secret12"}


def found(name, value):
    print(json.dumps([name, value]))


class Clock:
    now = 0

    def monotonic_ms(self):
        return self.now


clock = Clock()


def fresh(**options):
    network.air.clear()
    network.air["lab"] = "secret12"
    network.script.clear()
    network.shown.clear()
    network.history.clear()
    return wifi.Wifi(options or LAB, clock)


def step(station, times=1):
    """Half a second each: what the station does, then what happens on the air."""
    states = []
    for _ in range(times):
        station.step()
        states.append(station.status())
        network.WLAN.one.turn()
        clock.now += 500
    return states


def turns_until(station, status, most=400):
    for number in range(most):
        if step(station)[0] == status:
            return number
    return None


def joins():
    station = fresh(static=["192.0.2.7", "255.255.255.0", "192.0.2.1", "192.0.2.53"],
                    hostname="lobby", **LAB)  # fmt: skip
    found("joins", step(station, 3))
    settings = network.WLAN.one.settings
    found("no power saving", settings["pm"] == network.WLAN.PM_NONE)
    found("no retries of the driver", settings["reconnects"])
    found("static", settings["static"][3])
    found("hostname", network.name)
    found("address", [station.address(), station.dns(), station.rssi()])
    station.step()
    del network.air["lab"]
    network.WLAN.one.turn()
    found("lost since the last look", [station.status(), station.rssi()])


def comes_back():
    """The access point restarts: a wrong password that is none, other codes, and it is back."""
    station = fresh()
    step(station, 3)
    del network.air["lab"]
    lost = step(station, 3)
    network.air["lab"] = "secret12"
    network.script.extend((202, 0, 203, 204))
    network.shown.extend((202, 1001, 1000))
    turns = turns_until(station, wifi.ONLINE)
    found("lost", lost[-1])
    found("comes back", turns is not None)
    found("never another password", station._network == ("lab", "secret12"))


def slow_and_late():
    """An attempt that the station has given up is still under way in the driver, and succeeds."""
    station = fresh()
    network.script.extend([0] * 40)
    states = step(station, 46)
    found("late", [states[39], states[-1]])
    found("attempts", len(network.history))


def switch():
    """From one working network to another: the news of leaving comes late."""
    station = fresh()
    step(station, 3)
    network.air["home"] = "password1"
    station.connect(b"home", b"password1")
    found("switch", step(station, 6))
    found("switched with", [str(one, "utf-8") if isinstance(one, bytes) else one
                            for one in network.history])  # fmt: skip


def improv():
    kept = Store(esp32.Partition("state"))
    station = fresh()
    station.use_store(kept)
    network.air["home"] = "password1"
    step(station, 3)
    station.connect(b"home", b"wrong")
    found("wrong password", step(station, 60))
    station.connect(b"home", b"password1")
    found("right password", step(station, 6)[-1])
    kept.put(WIFI, bytes((4,)) + b"home" + b"password1")
    station.connect(b"lab", b"wrong")
    step(station, 3)
    station.rejoin()
    found("rejoins", turns_until(station, wifi.ONLINE) is not None)
    network.history.clear()
    again = wifi.Wifi(LAB, clock)
    again.use_store(kept)
    step(again, 2)
    found("remembered", [str(bytes(ssid), "utf-8") for ssid in network.history])


def busy():
    """The driver refuses: it retries by itself, or there is no memory for it."""
    station = fresh()
    step(station)
    driver = network.WLAN.one
    driver._trying, driver._requested = True, False
    station._state = wifi.IDLE
    station.step()
    found("busy", station.status())
    driver._trying = False
    found("then", turns_until(station, wifi.ONLINE) is not None)
    network.memory_full = 3
    station = fresh()
    station.step()
    found("no memory", station.status())
    found("memory again", turns_until(station, wifi.ONLINE) is not None)
    station.off()
    found("off", [station.status(), station.address(), station.rssi()])


def backoff():
    """Pauses between attempts in a building without its access point."""
    station = fresh()
    network.air.clear()
    pauses = []
    for _ in range(12):
        count = len(network.history)
        began = clock.now
        while len(network.history) == count:
            step(station)
        pauses.append(clock.now - began)
    found("pauses", pauses)


def strongest():
    station = fresh()
    network.asked.clear()
    network.script.extend((203,))
    step(station, 12)
    found("asked", [address == network.STRONGEST for address in network.asked])
    network.asked.clear()
    asleep = wifi.Wifi(LAB, clock, False)
    step(asleep, 3)
    found("asked by a sleeper", network.asked)


def stale():
    """After a wrong password the right one, at an access point that takes three seconds."""
    station = fresh()
    network.air["home"] = "password1"
    station.connect(b"home", b"wrong")
    turns_until(station, wifi.FAILED)
    network.script.extend((0,) * 8)
    station.connect(b"home", b"password1")
    states = step(station, 12)
    found("slow after a failure", [wifi.FAILED in states, states[-1]])


def alone():
    """A day online without the broker, then with it."""
    station = fresh()
    reached = []
    station.watch(lambda: bool(reached))
    for _ in range(2 * 86_400):
        step(station)
    found("joined while alone", len(network.history))
    found("online again", turns_until(station, wifi.ONLINE) is not None)
    network.history.clear()
    reached.append(1)
    for _ in range(2 * 3_600):
        step(station)
    found("joined while reached", len(network.history))


def fallback():
    """The stored network is gone, the identity's is there; then the other way round."""
    kept = Store(esp32.Partition("state"))
    kept.put(WIFI, bytes((4,)) + b"gone" + b"password1")
    station = fresh()
    station.use_store(kept)
    found("falls back", turns_until(station, wifi.ONLINE) is not None)
    network.air.clear()
    network.air["gone"] = "password1"
    found("and back", turns_until(station, wifi.ONLINE) is not None)


def nothing_known():
    station = fresh(hostname="lobby")
    step_states = []
    for _ in range(3):
        station.step()
        step_states.append(station.status())
    found("nothing known", step_states)
    for wrong in ({"static": ["192.0.2.7"]}, {"static": ["a", "b", "c", "d"]}, {"hostname": ""},
                  {"hostname": "x" * 33}):  # fmt: skip
        try:
            wifi.Wifi(wrong, clock)
        except ValueError as error:
            found("refused", error.args[0].split(":")[0])


joins()
comes_back()
slow_and_late()
switch()
improv()
busy()
backoff()
strongest()
stale()
alone()
fallback()
nothing_known()
