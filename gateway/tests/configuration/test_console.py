"""``[console]``: each mistake names its line; the gateway reads none of the console's files."""

from pathlib import Path

import pytest

from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.configuration import config
from callpoint_gateway.configuration.toml_file import ConfigError

MINIMAL = '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'
TLS = 'certificate_file = "c.pem"\nkey_file = "c.key"\n'
OUTSIDE = 'public_url = "https://console.example"\n'


def load(folder: Path, text: str) -> config.ConsoleSettings:
    path = folder / "gateway.toml"
    path.write_text(f"{MINIMAL}[console]\n{text}", encoding="utf-8")
    return config.load(path, PROTOCOLS).console


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('listen = "console"\n', "6: listen: 'console' is no address"),
        ('listen = "0.0.0.0"\n', "6: listen: passwords would cross the network unencrypted"),
        ('listen = "0.0.0.0"\n' + TLS, "6: listen: also needs public_url"),
        ('key_file = "k"\n', "6: key_file: certificate_file and key_file belong together"),
        ('certificate_file = "k"\n', "6: certificate_file: certificate_file and key_file"),
        ('proxies = ["nginx"]\n', "6: proxies: 'nginx' is no address"),
        ("idle_s = 59\n", "6: console.idle_s: "),
        ("idle_s = 3600\nabsolute_s = 600\n", "7: absolute_s: at least idle_s"),
        ('public_url = "console"\n', "6: public_url: it begins with http"),
        ('public_url = "http://console.example"\n', "6: public_url: https only"),
        ('public_url = "https://console.example"\n', "6: public_url: nobody speaks TLS here"),
        (TLS + 'public_url = "https://h/console"\n', "8: public_url: the address in the browser"),
    ],
)
def test_a_mistake_names_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        load(tmp_path, text)
    assert str(refusal.value).startswith(f"{tmp_path}/gateway.toml:{said}")


def test_its_files_need_not_be_readable_by_the_gateway(tmp_path: Path) -> None:
    settings = load(tmp_path, 'listen = "0.0.0.0"\n' + TLS + OUTSIDE)
    assert settings.key_file == str(tmp_path / "c.key")
    assert settings.tls


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", "http://127.0.0.1:8480"),
        ('listen = "::1"\nport = 1\n', "http://[::1]:1"),
        (TLS, "https://127.0.0.1:8480"),
        (TLS + 'public_url = "https://console.example/"\n', "https://console.example"),
        ('proxies = ["10.0.0.0/8"]\n' + OUTSIDE, "https://console.example"),
        ('public_url = "http://localhost:9000"\n', "http://localhost:9000"),
    ],
)
def test_the_address_that_people_type(tmp_path: Path, text: str, url: str) -> None:
    assert load(tmp_path, text).url == url
