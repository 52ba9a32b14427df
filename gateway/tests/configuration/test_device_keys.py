"""The file of the devices' keys: what is wrong with it is named, and no key is shown."""

from pathlib import Path

import pytest

from callpoint_gateway.configuration.device_keys import device_keys
from callpoint_gateway.configuration.toml_file import ConfigError


@pytest.mark.parametrize(
    ("text", "mode", "complaint"),
    [
        ('button = "' + "00" * 32 + '"\n', 0o644, "chmod 600"),
        ('button = "00"\n', 0o600, "32 to 128 hex digits"),
        ('button = "zz"\n', 0o600, "no hex text"),
        ("button = 7\n", 0o600, "no hex text"),
        ('Button = "' + "00" * 32 + '"\n', 0o600, "named by"),
        ("button = secret\n", 0o600, "not TOML"),
    ],
)
def test_a_wrong_key_file_is_told_without_its_keys(
    tmp_path: Path, text: str, mode: int, complaint: str
) -> None:
    file = tmp_path / "keys.toml"
    file.write_text("# keys\n" + text)
    file.chmod(mode)
    with pytest.raises(ConfigError) as refused:
        device_keys(file)
    assert complaint in str(refused.value)
    assert "secret" not in str(refused.value)
    assert "00" * 16 not in str(refused.value)
