"""A fake of the port's ``network``: a station that answers as the port's event handler has it.

What happens on the air reaches the driver at ``turn()`` and not before: a link that was left is
still there for a moment, and the news of it then counts against whatever was begun meanwhile.
"""

STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 1000, 1001, 1010
STAT_BEACON_TIMEOUT, STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD = 200, 201, 202
STAT_CONNECT_FAIL, STAT_HANDSHAKE_TIMEOUT = 203, 204
ASSOC_LEAVE = 8  # a raw reason, as the driver gives it for a link that was left

air = {}  # ssid: password
script = []  # how the next attempts end: a code of failure, 0 for one more turn of trying
shown = []  # what status() says next, whatever the truth
memory_full = 0  # so many times active(True) finds no memory
name = None
history = []  # every ssid that connect was called with
asked = []  # and every address
STRONGEST = b"\2\2\3\4\5\6"


def hostname(text):
    global name
    name = text


class WLAN:
    IF_STA, IF_AP = 0, 1
    PM_NONE, PM_PERFORMANCE, PM_POWERSAVE = 0, 1, 2
    one = None

    def __init__(self, interface):
        WLAN.one = self
        self._up = False
        self._limit = 0  # as in the port: 0 is endless, n + 1 stands for n reconnects
        self._used = 0
        self._requested = self._trying = self._joined = False
        self._reason = 0
        self._left = False
        self._asked = None
        self.settings = {}

    def active(self, up=None):
        global memory_full
        if up is None:
            return self._up
        if up and memory_full:
            memory_full -= 1
            raise OSError("WiFi Out of Memory")
        self._up = up
        if not up:
            self._joined = self._trying = self._requested = False

    def config(self, **settings):
        self.settings.update(settings)
        if "reconnects" in settings:
            self._limit = settings["reconnects"] + 1

    def connect(self, ssid, key, bssid=None):
        if not self._up:
            raise OSError("Wifi Not Started")
        if self._trying or (self._joined and not self._left):
            raise OSError("Wifi Internal Error")
        history.append(ssid)
        asked.append(bssid)
        self._asked = [
            str(part, "utf-8") if isinstance(part, (bytes, bytearray)) else part
            for part in (ssid, key)
        ]
        self._used = 0
        self._requested = self._trying = True

    def disconnect(self):
        if not self._up:
            raise OSError("Wifi Not Started")
        self._requested = False
        self._left = self._left or self._joined or self._trying
        self._trying = False

    def _lost(self, reason):
        self._joined = False
        self._reason = reason
        if self._requested:
            self._used += 1
            if not self._limit or self._used < self._limit:
                self._trying = True

    def turn(self):
        """Time passes."""
        if self._left:
            self._left = False
            self._lost(ASSOC_LEAVE)
            return
        if self._joined and air.get(self._asked[0]) != self._asked[1]:
            self._lost(STAT_BEACON_TIMEOUT)
        if not self._trying:
            return
        reason = 0
        if script:
            reason = script.pop(0)
            if not reason:
                return
        elif self._asked[0] not in air:
            reason = STAT_NO_AP_FOUND
        elif air[self._asked[0]] != self._asked[1]:
            reason = STAT_WRONG_PASSWORD
        self._trying = False
        if reason:
            self._lost(reason)
        else:
            self._joined = True
            self._reason = 0

    def isconnected(self):
        return self._joined

    def status(self, what=None):
        if what == "rssi":
            if not self._joined:
                raise OSError("Wifi Not Connected")
            return -61
        if shown:
            return shown.pop(0)
        if self._joined:
            return STAT_GOT_IP
        if self._reason:
            return self._reason  # of the last failure, until there is an address
        if self._requested and (not self._limit or self._used < self._limit):
            return STAT_CONNECTING
        return STAT_IDLE

    def ifconfig(self, values=None):
        if values:
            self.settings["static"] = values
        return ("192.0.2.7", "255.255.255.0", "192.0.2.1", "192.0.2.53")

    def scan(self):
        if not self._up:
            raise OSError("STA must be active")
        found = []
        for ssid in air:
            found.append((ssid.encode(), b"\1\2\3\4\5\6", 6, -52, 3, False))
            found.append((ssid.encode(), STRONGEST, 11, -40, 3, False))
            found.append((ssid.encode(), b"\3\2\3\4\5\6", 1, -71, 3, False))
        return found
