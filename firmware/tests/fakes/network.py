"""A fake of the port's ``network``: a station whose codes come as the fact sheet saw them."""

STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 1000, 1001, 1010
STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD, STAT_HANDSHAKE_TIMEOUT = 201, 202, 204

# What is on the air: ssid: password; and how the driver misbehaves next.
air = {}
script = []  # codes that status() returns one after the other before the true one
name = None
history = []


def hostname(text):
    global name
    name = text


class WLAN:
    IF_STA, IF_AP = 0, 1
    PM_NONE, PM_PERFORMANCE, PM_POWERSAVE = 0, 1, 2

    def __init__(self, interface):
        self._up = False
        self._retrying = False
        self._reconnects = -1
        self._asked = None
        self._joined = False
        self.settings = {}

    def active(self, up=None):
        if up is None:
            return self._up
        self._up = up
        if not up:
            self._joined = self._retrying = False

    def config(self, **settings):
        self.settings.update(settings)
        self._reconnects = settings.get("reconnects", self._reconnects)

    def connect(self, ssid, key):
        if not self._up:
            raise OSError("Wifi Internal Error")
        if self._retrying:
            raise OSError("Wifi Internal Error")
        history.append(ssid)
        self._asked = (ssid, key)
        self._retrying = self._reconnects != 0

    def disconnect(self):
        if not self._joined:
            raise OSError("Wifi Not Connected")
        self._joined = False

    def isconnected(self):
        self._look()
        return self._joined

    def _look(self):
        if script:
            return
        if self._asked:
            ssid, key = [
                str(part, "utf-8") if isinstance(part, bytes) else part for part in self._asked
            ]
            self._joined = ssid in air and air[ssid] == key

    def status(self, what=None):
        if what == "rssi":
            return -61
        if script:
            return script.pop(0)
        self._look()
        if self._joined:
            return STAT_GOT_IP
        if not self._asked:
            return STAT_IDLE
        return STAT_NO_AP_FOUND if self._asked[0] not in air else STAT_WRONG_PASSWORD

    def ifconfig(self, values=None):
        if values:
            self.settings["static"] = values
        return ("192.0.2.7", "255.255.255.0", "192.0.2.1", "192.0.2.53")

    def scan(self):
        return [(ssid.encode(), b"\1\2\3\4\5\6", 6, -52, 3, False) for ssid in air]
