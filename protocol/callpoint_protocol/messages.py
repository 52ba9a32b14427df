"""Encode and decode every message by hand, sparing of memory, on both interpreters.

``encode_*`` returns the bytes of a message and refuses a value out of bounds with a
ValueError whose text starts with the key. ``decode_*`` returns a tuple or dict of
checked values, ignores unknown keys and refuses everything else the same way.
JSON text is written directly: a dict has no order on MicroPython, and building one costs
memory that a device does not have to spend. Reading is ``callpoint_protocol.reader``'s.
"""

from binascii import unhexlify

from callpoint_protocol.names import (
    ALLOWED,
    CAUSES,
    COMMANDS,
    DOOR,
    DOOR_FAULTS,
    FAULTS,
    GAS,
    GESTURES,
    IMAGE_CHUNK,
    INTRUSION,
    KINDS,
    LOOP_FAULTS,
    MAX_AGE_MS,
    MAX_BODY,
    MAX_BOOT,
    MAX_COMMAND_S,
    MAX_COUNT,
    MAX_DETAIL,
    MAX_FLAGS,
    MAX_HARDWARE,
    MAX_ID,
    MAX_PACKAGE,
    MAX_SEQ,
    MAX_TIME_MS,
    MAX_ZONE,
    MEDICAL,
    MIN_TIME_MS,
    PANIC,
    POSITIONS,
    READINGS,
    SETTINGS,
    SMOKE,
    STAGES,
    STATES,
    STATUSES,
    STORED,
    TAMPER,
    TESTS,
    TROUBLE,
    TROUBLE_RESTORE,
    VERSION,
    WATER,
    ZONE_SETTINGS,
)
from callpoint_protocol.names import BATTERY as _BATTERY
from callpoint_protocol.names import DEVICE as _DEVICE
from callpoint_protocol.names import TEST as _TEST
from callpoint_protocol.reader import read
from callpoint_protocol.topics import valid_id

# Kind: what its details mean, but for a trouble; and what they mean for a trouble.
DETAILS = {PANIC: GESTURES, MEDICAL: GESTURES, DOOR: POSITIONS, _TEST: TESTS}
TROUBLES = {
    PANIC: LOOP_FAULTS,
    MEDICAL: LOOP_FAULTS,
    SMOKE: LOOP_FAULTS,
    DOOR: DOOR_FAULTS,
    INTRUSION: LOOP_FAULTS,
    TAMPER: LOOP_FAULTS,
    GAS: LOOP_FAULTS,
    WATER: LOOP_FAULTS,
    _DEVICE: FAULTS,
}


def check_range(key: str, value: object, low: int, high: int) -> int:
    """Return ``value`` if it is an integer from low to high; ValueError names the key."""
    # A bool is an int on CPython and is none on MicroPython: refuse it on both.
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError("%s: not a whole number from %d to %d" % (key, low, high))
    return value


def check_code(key: str, value: object, codes: dict[int, str]) -> int:
    """Return ``value`` if it is one of ``codes``; ValueError names the key."""
    if check_range(key, value, 0, 255) not in codes:
        raise ValueError("%s: no such code" % key)
    return value  # type: ignore[return-value]


def details(kind: int, state: int) -> dict[int, str]:
    """Return what the details of this kind and state mean; 0 is *not known or not used*."""
    return (TROUBLES if state in (TROUBLE, TROUBLE_RESTORE) else DETAILS).get(kind, {})


def check_detail(kind: int, state: int, detail: int) -> None:
    """Refuse a detail that this kind does not have in this state."""
    if kind != _BATTERY and detail and detail not in details(kind, state):
        raise ValueError("d: %d has no meaning for kind %d, state %d" % (detail, kind, state))


def check_event(kind: object, state: object, detail: object) -> None:
    """Refuse a kind, a state or a combination that protocol version 1 does not have."""
    known = check_code("k", kind, KINDS)
    became = check_code("s", state, STATES)
    if became not in ALLOWED[known]:
        raise ValueError("s: kind %d has no state %d" % (known, became))
    check_detail(known, became, check_range("d", detail, 0, MAX_DETAIL))


def encode_event(
    boot: int,
    seq: int,
    kind: int,
    state: int,
    zone: int,
    detail: int = 0,
    count: int = 1,
    flags: int = 0,
    age_ms: int | None = None,
    time_ms: int | None = None,
) -> bytes:
    """Return an event's body. ``age_ms`` is ms since it happened, ``time_ms`` Unix ms."""
    check_event(kind, state, detail)
    check_range("b", boot, 1, MAX_BOOT)
    check_range("q", seq, 1, MAX_SEQ)
    check_range("z", zone, 0, MAX_ZONE)
    text = '{"v":%d,"b":%d,"q":%d,"k":%d,"s":%d,"z":%d' % (VERSION, boot, seq, kind, state, zone)
    if detail:
        text += ',"d":%d' % detail
    if check_range("c", count, 1, MAX_COUNT) != 1:
        text += ',"c":%d' % count
    if check_range("f", flags, 0, MAX_FLAGS):
        text += ',"f":%d' % flags
    if age_ms is not None:
        text += ',"a":%d' % check_range("a", age_ms, 0, MAX_AGE_MS)
    if time_ms is not None:
        text += ',"t":%d' % check_range("t", time_ms, MIN_TIME_MS, MAX_TIME_MS)
    return (text + "}").encode()


def encode_telemetry(boot: int, seq: int, readings: dict[str, int]) -> bytes:
    """Return a telemetry body; readings that a device does not have are left out."""
    check_range("b", boot, 1, MAX_BOOT)
    check_range("q", seq, 1, MAX_SEQ)
    text = '{"v":%d,"b":%d,"q":%d' % (VERSION, boot, seq)
    for key, low, high in READINGS:
        if key in readings:
            text += ',"%s":%d' % (key, check_range(key, readings[key], low, high))
    return (text + "}").encode()


def check_firmware(text: str) -> str:
    """Return ``text`` if JSON can hold it as it is; the interpreters escape differently."""
    if len(text) > MAX_ID:
        raise ValueError("fw: longer than %d" % MAX_ID)
    for letter in text:
        if not " " <= letter <= "~" or letter in '"\\':
            raise ValueError("fw: not printable ASCII without quote and backslash")
    return text


def encode_status(status: int, boot: int, firmware: str = "", cause: int = 0) -> bytes:
    """Return a status body; the last will has neither firmware nor cause."""
    check_code("s", status, STATUSES)
    check_range("b", boot, 1, MAX_BOOT)
    text = '{"v":%d,"s":%d,"b":%d' % (VERSION, status, boot)
    if firmware:
        text += ',"fw":"%s"' % check_firmware(firmware)
    if check_range("rc", cause, 0, 255):
        text += ',"rc":%d' % check_code("rc", cause, CAUSES)
    return (text + "}").encode()


def _check_run(stage: int, seq: int, count: object) -> int:
    """Only ``stored`` names more than one event, and none before the first of the boot."""
    return check_range("n", count, 1, seq if stage == STORED else 1)


def encode_ack(stage: int, boot: int, seq: int, count: int = 1) -> bytes:
    """Return an acknowledgement of the ``count`` events of one boot that end with ``seq``."""
    check_code("g", stage, STAGES)
    check_range("b", boot, 1, MAX_BOOT)
    check_range("q", seq, 1, MAX_SEQ)
    text = '{"v":%d,"g":%d,"b":%d,"q":%d' % (VERSION, stage, boot, seq)
    if _check_run(stage, seq, count) != 1:
        text += ',"n":%d' % count
    return (text + "}").encode()


def encode_command(number: int, command: int, seconds: int = 0, network: str = "") -> bytes:
    """Return a command; ``number`` tells repeats apart, ``seconds`` bounds its effect.

    ``network``: of the command ``WIFI``, hex of length of the SSID, SSID, password.
    """
    check_code("c", command, COMMANDS)
    check_range("i", number, 1, MAX_SEQ)
    check_range("sec", seconds, 0, MAX_COMMAND_S)
    text = '{"v":%d,"i":%d,"c":%d,"sec":%d' % (VERSION, number, command, seconds)
    if network:
        text += ',"net":"%s"' % network
    return (text + "}").encode()


def encode_get(
    package: int, offset: int, length: int, sequence: int, product: str, hardware: int
) -> bytes:
    """Return a request for ``length`` bytes of an update package; package 0 is the newest one."""
    check_range("p", package, 0, MAX_PACKAGE)
    check_range("o", offset, 0, MAX_PACKAGE)
    check_range("n", length, 1, IMAGE_CHUNK)
    check_range("sq", sequence, 0, MAX_SEQ)
    if not valid_id(product):
        raise ValueError("pr: 1 to %d of a-z 0-9 - _" % MAX_ID)
    check_range("hw", hardware, 0, MAX_HARDWARE)
    text = '{"v":%d,"p":%d,"o":%d,"n":%d' % (VERSION, package, offset, length)
    return (text + ',"sq":%d,"pr":"%s","hw":%d}' % (sequence, product, hardware)).encode()


def _zone_of(text: str) -> int:
    """Return the zone that ``text`` names, written without sign and leading zero, else -1."""
    if not 0 < len(text) <= 3 or (text[0] == "0" and text != "0"):
        return -1
    zone = 0
    for letter in text:
        if not "0" <= letter <= "9":
            return -1
        zone = zone * 10 + ord(letter) - 48
    return zone if zone <= MAX_ZONE else -1


def setting_place(key: str) -> tuple[int, int, int, int] | None:
    """Return (place in the order of the tables, zone, lowest, highest) of a setting, else None."""
    place = 0
    for known, low, high in SETTINGS:
        if key == known:
            return place, 0, low, high
        place += 1
    for known, low, high in ZONE_SETTINGS:
        zone = _zone_of(key[len(known) :]) if key.startswith(known) else -1
        if zone >= 0:
            return place, zone, low, high
        place += 1
    return None


def encode_configuration(revision: int, settings: dict[str, int]) -> bytes:
    """Return a desired configuration; settings left out keep the device's default."""
    check_range("r", revision, 1, MAX_SEQ)
    members = []
    for key in settings:
        place = setting_place(key)
        if place is None:
            raise ValueError("%s: no such setting" % key)
        members.append((place, key, check_range(key, settings[key], place[2], place[3])))
    text = '{"v":%d,"r":%d' % (VERSION, revision)
    for _, key, value in sorted(members):
        text += ',"%s":%d' % (key, value)
    if len(text) >= MAX_BODY:
        raise ValueError("body: longer than %d bytes" % MAX_BODY)
    return (text + "}").encode()


def _open(body: bytes) -> dict[str, int | None]:
    if len(body) > MAX_BODY:
        raise ValueError("body: longer than %d bytes" % MAX_BODY)
    members = read(body)
    if members.get("v") != VERSION:
        raise ValueError("v: not version %d" % VERSION)
    return members


def decode_ack(body: bytes) -> tuple[int, int, int, int]:
    """Return (stage, boot, seq, count) of an acknowledgement."""
    members = _open(body)
    stage = check_code("g", members.get("g"), STAGES)
    boot = check_range("b", members.get("b"), 1, MAX_BOOT)
    seq = check_range("q", members.get("q"), 1, MAX_SEQ)
    return stage, boot, seq, _check_run(stage, seq, members.get("n", 1))


def decode_command(body: bytes) -> tuple[int, int, int]:
    """Return (number, command, seconds) of a command."""
    members = _open(body)
    command = check_code("c", members.get("c"), COMMANDS)
    number = check_range("i", members.get("i"), 1, MAX_SEQ)
    return number, command, check_range("sec", members.get("sec", 0), 0, MAX_COMMAND_S)


def network_in(body: bytes) -> bytes:
    """Return the network of a ``WIFI`` command: length of the SSID, SSID, password.

    The reader knows numbers only; whoever calls this has had it check the form.
    """
    begin = body.find(b'"net":"') + 7
    try:
        found = unhexlify(body[begin : body.find(b'"', begin)] if begin > 6 else b"")
    except ValueError:
        found = b""
    size = len(found) - 1 - found[0] if found else -1
    if not found or not 0 < found[0] <= 32 or (size and not 8 <= size <= 64):
        raise ValueError("net: no network")
    return found


def decode_configuration(body: bytes) -> tuple[int, dict[str, int]]:
    """Return (revision, settings) of a desired configuration."""
    members = _open(body)
    settings: dict[str, int] = {}
    for key in members:
        place = setting_place(key)
        if place is not None:
            settings[key] = check_range(key, members[key], place[2], place[3])
    return check_range("r", members.get("r"), 1, MAX_SEQ), settings
