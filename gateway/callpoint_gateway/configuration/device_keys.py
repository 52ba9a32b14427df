"""The file of the devices' keys, with a line ``device = "hex"`` for each (mode 0600)."""

from pathlib import Path

from callpoint_gateway.configuration.secret_file import private_lines
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.words.said import of, said
from callpoint_protocol import topics
from callpoint_protocol.seal import MAX_KEY, MIN_KEY


def device_keys(path: Path) -> dict[str, bytes]:
    """Return the key of each device. ConfigError: it names the line, and never shows a key."""
    keys: dict[str, bytes] = {}
    for device, value, line in private_lines(path, 'device = "hex"'):
        if not topics.valid_id(device):
            raise ConfigError(of(device, said("key.device")), path, line)
        try:
            key = bytes.fromhex(value)
        except (TypeError, ValueError):
            raise ConfigError(of(device, said("key.no_hex")), path, line) from None
        if not MIN_KEY <= len(key) <= MAX_KEY:
            why = said("key.length", least=2 * MIN_KEY, most=2 * MAX_KEY)
            raise ConfigError(of(device, why), path, line)
        keys[device] = key
    return keys
