"""MQTT topics: ``callpoint/v1/<site>/<device_id>/<channel>``."""

from callpoint_protocol.names import DOWN_CHANNELS, MAX_ID, ROOT, UP_CHANNELS

_ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-_"


def valid_id(text: str) -> bool:
    """Say whether ``text`` can name a site or a device: a-z, 0-9, ``-`` and ``_``, 1 to 32."""
    if not 0 < len(text) <= MAX_ID:
        return False
    for letter in text:
        if letter not in _ID_LETTERS:
            return False
    return True


def topic(site: str, device: str, channel: str) -> str:
    """Return the topic of one device's channel; ValueError names the part that is wrong."""
    if not valid_id(site):
        raise ValueError("site: 1 to 32 of a-z 0-9 - _")
    if not valid_id(device):
        raise ValueError("device: 1 to 32 of a-z 0-9 - _")
    if channel not in UP_CHANNELS and channel not in DOWN_CHANNELS:
        raise ValueError("channel: not one of event telemetry status get ack cmd cfg img crt")
    return ROOT + "/" + site + "/" + device + "/" + channel


def split(text: str) -> tuple[str, str, str]:
    """Return (site, device, channel) of a topic; ValueError names the part that is wrong."""
    parts = text.split("/")
    if len(parts) != 5 or parts[0] + "/" + parts[1] != ROOT:
        raise ValueError("topic: not " + ROOT + "/<site>/<device>/<channel>")
    if not valid_id(parts[2]):
        raise ValueError("site: 1 to 32 of a-z 0-9 - _")
    if not valid_id(parts[3]):
        raise ValueError("device: 1 to 32 of a-z 0-9 - _")
    if parts[4] not in UP_CHANNELS and parts[4] not in DOWN_CHANNELS:
        raise ValueError("channel: not one of event telemetry status get ack cmd cfg img crt")
    return parts[2], parts[3], parts[4]
