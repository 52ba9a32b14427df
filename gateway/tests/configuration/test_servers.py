"""What cannot be used to reach a server is refused when the configuration is checked."""

from pathlib import Path

import pytest

from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.configuration import config
from callpoint_gateway.configuration.http_server import http_server
from callpoint_gateway.configuration.notes import notes
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.host.clock import SystemClock

MINIMAL = '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'
SECTIONS = {
    "timeseries": "[timeseries]\n",
    "webhook": '[[webhook]]\nname = "desk"\nsecret_file = "secret"\n',
    "centre": '[[centre]]\nname = "desk"\nprotocol = "cap"\n'
    '[centre.cap]\nsender = "gw@estate"\naddresses = "desk"\n',
}


def text_of(section: str, url: str, *more: str) -> str:
    lines = [f'url = "{url}"', *more]
    if section == "centre":
        lines = [line for line in lines if not line.startswith("ca_file")]
        before, after = SECTIONS[section].split("[centre.cap]")
        inside = [line for line in more if line.startswith(("ca_file", "token_file"))]
        outside = "\n".join(line for line in lines if line not in inside)
        return MINIMAL + before + outside + "\n[centre.cap]" + after + "\n".join(inside) + "\n"
    return MINIMAL + SECTIONS[section] + "\n".join(lines) + "\n"


def load(folder: Path, text: str) -> config.Config:
    (folder / "secret").write_text("a secret that both sides have\n")
    path = folder / "gateway.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path, PROTOCOLS)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as refusal:
        load(folder, text)
    return str(refusal.value).removeprefix(str(folder) + "/")


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize(
    "url",
    [
        "http://h:99999/",
        "http://h:0/",
        "http://h:port/",
        "http://[::1/",
        "http://[::g]/",
        "http://a..b/",
        f"http://{'a' * 64}/",
        "http://user:word@h/",
        "ftp://h/",
        "http:///path",
        "http://h/a\\nb",
    ],
)
def test_a_url_that_cannot_be_used(tmp_path: Path, section: str, url: str) -> None:
    said = refused(tmp_path, text_of(section, url))
    line = 1 + text_of(section, url).splitlines().index(f'url = "{url}"')
    assert said.startswith(f"gateway.toml:{line}: ")
    assert "word" not in said


@pytest.mark.parametrize("section", SECTIONS)
def test_authorities_that_are_no_pem(tmp_path: Path, section: str) -> None:
    (tmp_path / "ca").write_text("no PEM")
    said = refused(tmp_path, text_of(section, "https://h/", 'ca_file = "ca"'))
    assert "ca_file: " in said
    assert "no certificate in PEM form" in said


def test_authorities_of_the_broker_that_are_no_pem(tmp_path: Path) -> None:
    (tmp_path / "ca").write_text("")
    assert "PEM" in refused(tmp_path, MINIMAL + '[broker]\nca_file = "ca"\n')


@pytest.mark.parametrize("section", ["timeseries", "centre"])
@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("\ufefftoken", "byte order mark"),
        ("token\nother", "more than one line"),
        ("“token”", "beyond ASCII"),
        ("a token", "spaces"),
        ("to\x00ken", "control character"),
    ],
)
def test_a_token_that_no_header_can_carry(
    tmp_path: Path, section: str, token: str, reason: str
) -> None:
    (tmp_path / "token").write_text(token, encoding="utf-8")
    said = refused(tmp_path, text_of(section, "https://h/", 'token_file = "token"'))
    assert reason in said
    assert "ken" not in said.replace("token", "")


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("http://desk.example/cap", False),
        ("https://desk.example/cap", True),
        ("http://127.0.0.1:8080/cap", True),
    ],
)
def test_a_token_of_a_centre_goes_over_no_network_in_clear(
    tmp_path: Path, url: str, good: bool
) -> None:
    (tmp_path / "token").write_text("sesame")
    text = text_of("centre", url, 'token_file = "token"')
    if good:
        load(tmp_path, text)
    else:
        assert "in clear; use an https url" in refused(tmp_path, text)


CENTRE = '[[centre]]\nname = "police"\naccount = "1234"\nport = 1\nhost = '


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("[arming]\nmqtt = true\n", "nobody can disarm from a panel"),
        ('[arming]\nmqtt = true\ncodes_file = "codes"\n', ""),
        ('[broker]\nhost = "h"\nusername = "u"\npassword_file = "secret"\n', "[broker]: the"),
        ('[broker]\nusername = "u"\npassword_file = "secret"\n', ""),
        ('[timeseries]\nurl = "http://h/"\ntoken_file = "token"\n', "[timeseries]: the token"),
        ('[timeseries]\nurl = "https://h/"\ntoken_file = "token"\n', ""),
        (CENTRE + '"h"\n', "centre police: anybody"),
        (CENTRE + '"h"\ntransport = "tls"\n', ""),
        (CENTRE + '"h"\nkey_file = "key"\n', ""),
        (CENTRE + '"127.0.0.1"\n', ""),
    ],
)
def test_what_is_allowed_and_may_not_be_meant_is_said(
    tmp_path: Path, lines: str, said: str
) -> None:
    (tmp_path / "codes").touch(mode=0o600)
    (tmp_path / "token").write_text("sesame")
    (tmp_path / "key").write_text("k" * 16)
    found = [str(note.what) for note in notes(load(tmp_path, MINIMAL + lines))]
    assert bool(found) == bool(said)
    assert said in "".join(found)


def test_codes_that_arming_needs_and_that_are_not_there(tmp_path: Path) -> None:
    text = MINIMAL + "[arming]\nmqtt = true\ncode_to_arm = true\n"
    assert "code_to_arm: there are no codes" in refused(tmp_path, text)


def test_secrets_of_others_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("\ufeffword", encoding="utf-8")
    login = ('username = "u"', 'password_file = "password"')
    assert "byte order" in refused(tmp_path, text_of("timeseries", "http://h/", *login))
    assert "byte order" in refused(tmp_path, MINIMAL + "[broker]\n" + "\n".join(login) + "\n")
    hook = text_of("webhook", "http://h/").replace('"secret"', '"password"')
    assert "byte order" in refused(tmp_path, hook)


def test_a_user_with_a_colon_has_no_password(tmp_path: Path) -> None:
    assert "colon" in refused(tmp_path, text_of("timeseries", "http://h/", 'username = "a:b"'))


def test_what_can_be_used_is_loaded(tmp_path: Path) -> None:
    Authority(tmp_path / "ca", SystemClock())
    for section in SECTIONS:
        text = text_of(section, "https://[fd00::1]:8443/报警", 'ca_file = "ca/ca.pem"')
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("url", "used", "host", "local"),
    [
        ("http://127.0.0.1:8086", "http://127.0.0.1:8086", "127.0.0.1", True),
        ("http://[::1]:8086/", "http://[::1]:8086/", "::1", True),
        ("https://localhost/a", "https://localhost/a", "localhost", True),
        ("https://desk.example/报?a=é#b", "https://desk.example/%E6%8A%A5?a=%C3%A9", "", False),
        ("https://desk.example/%E6%8A%A5", "https://desk.example/%E6%8A%A5", "", False),
        ("https://报警.example/", "https://xn--4ru202g.example/", "", False),
    ],
)
def test_the_parts_of_a_url(url: str, used: str, host: str, local: bool) -> None:
    found = http_server(url)
    assert found.url == used
    assert found.url.isascii()
    assert host in found.host
    assert found.on_this_machine is local
    assert "?" not in found.base


def test_what_a_district_may_ask_is_named_as_there_is_one(tmp_path: Path) -> None:
    text = MINIMAL + (
        '[upstream]\ndistrict = "d1"\ngateway = "g1"\nservers = ["nats://127.0.0.1:4222"]\n'
        "questions = [{names}]\n"
    )
    told = refused(tmp_path, text.format(names='"alarm", "inhibt"'))
    assert told.startswith("gateway.toml:9: questions: ")
    assert "near it: inhibit" in told
    assert "'reload'" in refused(tmp_path, text.format(names='"reload"'))
    upstream = load(tmp_path, text.format(names='"alarm", "exercise-start"')).upstream
    assert upstream is not None
