"""Configuration and register: the examples of the reference load, and every mistake has one
line that names the file, the line and what to do."""

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.centres.cap.settings import CapSettings
from callpoint_gateway.centres.gbt26875.settings import GbtSettings
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.configuration import config, register
from callpoint_gateway.configuration.alarms import AlarmSettings, Rung
from callpoint_gateway.configuration.arming import ArmingSettings
from callpoint_gateway.configuration.toml_file import ConfigError, lines_of
from callpoint_gateway.host.clock import SystemClock

REFERENCE = Path(__file__).parents[2] / "CONFIGURATION.md"
MINIMAL = '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'
CENTRE = '[[centre]]\nname = "police"\nhost = "h"\nport = 1\naccount = "1234"\n'
PLACE = '[[place]]\nid = "home"\n'
DEVICE = PLACE + '[[device]]\nid = "button"\nplace = "home"\n'


SERIAL = '[[serial]]\nname = "a"\nkeys_file = "k"\n'
PARTITION = '[[partition]]\nid = "flat"\nplace = "home"\n'
DOOR = '[[device.zone]]\nzone = 3\nkind = "door"\n'
ZONE = '[[device.zone]]\nzone = 3\nkind = "panic"\n'


def examples() -> list[str]:
    return re.findall(r"```toml\n(.*?)```", REFERENCE.read_text(encoding="utf-8"), re.DOTALL)


def load(folder: Path, text: str) -> config.Config:
    path = folder / "gateway.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path, PROTOCOLS)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as refusal:
        load(folder, text)
    line = str(refusal.value)
    assert "\n" not in line
    return line.removeprefix(str(folder) + "/")


def refused_register(folder: Path, text: str) -> str:
    path = folder / "register.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refusal:
        register.load(path)
    return str(refusal.value).removeprefix(str(folder) + "/")


def test_a_wrong_choice_names_the_right_ones(tmp_path: Path) -> None:
    wrong = refused_register(tmp_path, PLACE + 'profile = "scool"\n')
    assert wrong == (
        "register.toml:3: place.0.profile: no 'scool'; "
        "valid are estate, school, kindergarten, hospital, bank, kiosk"
    )
    deep = refused_register(tmp_path, DEVICE + DOOR + 'armed = ["noon"]\n')
    assert deep.endswith("armed.0: no 'noon'; valid are home, away, night")


def test_the_reference_examples_load(tmp_path: Path) -> None:
    gateway, places = examples()
    Authority(tmp_path, SystemClock()).client("callpoint-gateway")
    (tmp_path / "timeseries.token").write_text("x\n")
    (tmp_path / "police.key").write_text("0123456789ABCDEF\n")
    (tmp_path / "device-keys.toml").write_text(f'lobby = "{"0f" * 32}"\n')
    (tmp_path / "device-keys.toml").chmod(0o600)
    (tmp_path / "desk.secret").write_text("a secret that both sides have\n")
    (tmp_path / "codes.toml").touch(mode=0o600)
    (tmp_path / "desk.token").write_text("a-token\n")
    for folder in ("firmware", "certificates"):
        (tmp_path / folder).mkdir()
    (tmp_path / "sign.public.pem").write_bytes(
        rsa.generate_private_key(public_exponent=65537, key_size=2048)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    loaded = load(tmp_path, gateway)
    assert loaded.gateway.register == str(tmp_path / "register.toml")
    assert loaded.gateway.state_dir == "/var/lib/callpoint"
    assert loaded.centre[0].key == b"0123456789ABCDEF"
    assert loaded.timeseries is not None
    assert loaded.firmware is not None
    assert loaded.firmware.packages_dir == str(tmp_path / "firmware")
    assert loaded.coap is not None
    assert loaded.coap.keys == {"lobby": b"\x0f" * 32}
    (tmp_path / "register.toml").write_text(places)
    site = register.load(tmp_path / "register.toml")
    assert site.centre_address("b3-u2-301-button", 2) == register.Address("12AB", 2, 17)
    assert site.centre_address("b3-u2-301-button", 1) == register.Address("12AB", 1, 1)
    assert site.reports_opening("b3-u2-301-button", 2)
    assert "Building" not in str(site.place_of("b3-u2-301-button", 1))
    assert str(site.place_of("b3-u2-301-button")).endswith("3 / 2 / 301")


def test_every_key_stands_in_the_reference() -> None:
    text = "".join(examples())
    sections = (
        config.GatewaySettings,
        config.Broker,
        config.Coap,
        config.Centre,
        ArmingSettings,
        CapSettings,
        GbtSettings,
        config.TimeSeries,
        config.Webhook,
        config.ConsoleSettings,
        AlarmSettings,
        Rung,
    )
    for struct in (*sections, register.Partition, register.Place, register.Device, register.Zone):
        for field in struct.__struct_fields__:
            assert re.search(rf"\b{field}\b", text), field


def test_the_least_that_is_needed(tmp_path: Path) -> None:
    loaded = load(tmp_path, MINIMAL)
    assert (loaded.broker.host, loaded.broker.port) == ("127.0.0.1", 1883)
    assert loaded.centre == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            MINIMAL + CENTRE.replace("account", "acount"),
            "gateway.toml:9: unknown key 'acount' in [[centre]]; did you mean 'account'?",
        ),
        (MINIMAL + "[brokr]\n", "gateway.toml:5: unknown key 'brokr'; did you mean 'broker'?"),
        (MINIMAL.replace('site = "estate"\n', ""), "gateway.toml:1: gateway: missing key"),
        (MINIMAL + '[broker]\nport = "1883"\n', "gateway.toml:6: broker.port: Expected `int`"),
        (MINIMAL + "[broker]\nport = 70000\n", "gateway.toml:6: broker.port: Expected `int` <="),
        (MINIMAL + "[broker]\nport = \n", "gateway.toml:6: not valid TOML: Invalid value"),
        (MINIMAL.replace("estate", "Estate!"), "gateway.toml:2: site: 1 to 32 of"),
        (MINIMAL + '[broker]\nkey_file = "no.key"\n', "gateway.toml:5: certificate_file and"),
        (
            MINIMAL + '[broker]\nca_file = "no.pem"\n',
            "gateway.toml:6: ca_file ",
        ),
        (
            MINIMAL + "[alarms]\npriorities = { smok = 1 }\n",
            "gateway.toml:6: priorities: no kind 'smok'",
        ),
        (
            MINIMAL + '[alarms]\nsilence_at = "never"\n',
            "gateway.toml:6: silence_at: one of acknowledge, resolve, close",
        ),
        (
            MINIMAL + '[alarms]\nladder = [{ to = "a", after_s = 9 }, { to = "b" }]\n',
            "gateway.toml:6: ladder: each step's after_s",
        ),
        (MINIMAL + CENTRE + CENTRE, "gateway.toml:11: two centres are named 'police'"),
        (
            MINIMAL + CENTRE + 'kinds = ["panic", "smok"]\n',
            "gateway.toml:10: kinds: no kind 'smok'; valid are panic, medical",
        ),
        (
            MINIMAL + CENTRE + 'kinds = ["panic"]\n',
            "gateway.toml:5: no centre takes medical, smoke",
        ),
        (MINIMAL + CENTRE.replace("1234", "12"), "gateway.toml:9: centre.0.account: Expected"),
        (
            MINIMAL + CENTRE + 'encoding = "X"\n',
            "gateway.toml:10: centre.0.encoding: no 'X'; valid are SIA-DCS",
        ),
        (MINIMAL + CENTRE + 'protocol = "x"\n', "gateway.toml:10: protocol: no 'x'; valid are"),
        (MINIMAL + CENTRE.replace("port = 1\n", ""), "gateway.toml:5: missing key `port`"),
        (MINIMAL + CENTRE + 'url = "http://h"\n', "gateway.toml:10: url: not used for protocol"),
        (
            MINIMAL + CENTRE + 'protocol = "gbt26875"\n',
            "gateway.toml:5: gbt: [centre.gbt] belongs to protocol gbt26875",
        ),
        (
            MINIMAL
            + CENTRE
            + 'protocol = "gbt26875"\n[centre.gbt]\nsource = 1\ncentre = 2\n'
            + "components = { smok = 40 }\n",
            "gateway.toml:14: components: no kind 'smok'; valid are",
        ),
        (MINIMAL + CENTRE + "[[centre.path]]\nport = 2\n", "gateway.toml:10: path: host, port"),
    ],
)
def test_a_mistake_names_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert refused(tmp_path, text).startswith(said)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.toml: cannot be read: there is no such file"):
        config.load(tmp_path / "missing.toml", PROTOCOLS)
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        config.load(tmp_path, PROTOCOLS)
    (tmp_path / "latin.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        config.load(tmp_path / "latin.toml", PROTOCOLS)


def test_a_bad_key_shows_before_the_first_alarm_and_never_itself(tmp_path: Path) -> None:
    (tmp_path / "k").write_text("seventeen letters")
    said = refused(tmp_path, MINIMAL + CENTRE + 'key_file = "k"\n')
    assert said.startswith("gateway.toml:10: key_file: ")
    assert "seventeen" not in said


@pytest.mark.parametrize("content", ["", "\n"])
def test_an_empty_key_does_not_switch_encryption_off(tmp_path: Path, content: str) -> None:
    (tmp_path / "k").write_text(content)
    said = refused(tmp_path, MINIMAL + CENTRE + 'key_file = "k"\n')
    assert said.startswith("gateway.toml:10: key_file: ")


def test_a_secret_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\xff")
    text = MINIMAL + '[timeseries]\nurl = "http://h"\ntoken_file = "token"\n'
    assert refused(tmp_path, text).endswith("token: is not text")


@pytest.mark.parametrize("url", ["nonsense", "http://", "ftp://h"])
def test_an_address_that_is_none(tmp_path: Path, url: str) -> None:
    said = refused(tmp_path, MINIMAL + f'[timeseries]\nurl = "{url}"\n')
    assert said.startswith("gateway.toml:6: timeseries.url: ")


def test_a_secret_is_not_part_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "k").write_text("0123456789ABCDEF")
    assert "0123456789ABCDEF" not in repr(load(tmp_path, MINIMAL + CENTRE + 'key_file = "k"\n'))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DEVICE.replace('place = "h', 'place = "w'), "register.toml:5: place: no [[place]]"),
        (DEVICE + 'phone = "x"\n', "register.toml:6: unknown key 'phone' in [[device]]; persons"),
        (DEVICE + '[[device]]\nid = "button"\nplace = "home"\n', "register.toml:7: two devices"),
        (PLACE + PLACE, "register.toml:4: two places have the id 'home'"),
        (DEVICE + '[[device.zone]]\nzone = 300\nkind = "panic"\n', "register.toml:7: device.0"),
        (DEVICE + '[[device.zone]]\nzone = 3\nkind = "fire"\n', "register.toml:8: kind: no kind"),
        (DEVICE + 2 * ZONE, "register.toml:10: zone 3 stands twice"),
        (DEVICE + ZONE + 'place = "x"\n', "register.toml:9: place: no [[place]] has the id 'x'"),
        (DEVICE.replace("button", "Button 1"), "register.toml:4: id: 1 to 32"),
        (
            DEVICE.replace("button", "callpoint-gateway"),
            "register.toml:4: id: 'callpoint-gateway' is one of the gateway's own",
        ),
        (DEVICE.replace("button", "ca"), "register.toml:4: id: 'ca' is one of the gateway's own"),
        (DEVICE + ZONE + 'guarded_by = "x"\n', "register.toml:9: guarded_by: no [[partition]]"),
        (DEVICE + ZONE + "entry = true\n", "register.toml:9: entry: only of a zone with"),
        (
            PARTITION + DEVICE + ZONE + 'guarded_by = "flat"\n',
            "register.toml:12: guarded_by: a zone of kind panic is always on; only door, intr",
        ),
        (
            PARTITION + DEVICE + DOOR + 'guarded_by = "flat"\nreport_opening = true\n',
            "register.toml:13: report_opening: not with guarded_by",
        ),
        (PLACE + PARTITION + PARTITION, "register.toml:7: two partitions have the id 'flat'"),
        (PARTITION.replace('"home"', '"x"'), "register.toml:3: place: no [[place]]"),
        (DEVICE + 'alerts = ["button"]\n', "register.toml:6: alerts: no other [[device]] has"),
    ],
)
def test_a_mistake_in_the_register_names_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert refused_register(tmp_path, text).startswith(said)


def test_an_unknown_device_is_none() -> None:
    empty = register.Register([], [])
    assert empty.device("x") is None
    assert empty.place_of("x") is None
    assert empty.centre_address("x", 4) == register.Address(None, 1, 4)
    assert not empty.reports_opening("x", 4)


def test_lines_are_found_in_every_way_of_writing() -> None:
    text = (
        "# a comment\n"
        "a.b = 1\n"
        'text = """\n'
        "c = 2\n"
        '"""\n'
        "[t]\n"
        "x = { y = 1, z = 2 }\n"
        "[[l]]\n"
        "k = 1\n"
        "[[l]]\n"
        '"k" = 2\n'
        "[[l.m]]\n"
        "n = 1\n"
    )
    assert lines_of(text) == {
        ("a", "b"): 2,
        ("text",): 3,
        ("t",): 6,
        ("t", "x"): 7,
        ("t", "x", "y"): 7,
        ("t", "x", "z"): 7,
        ("l",): 8,
        ("l", 0): 8,
        ("l", 0, "k"): 9,
        ("l", 1): 10,
        ("l", 1, "k"): 11,
        ("l", 1, "m"): 12,
        ("l", 1, "m", 0): 12,
        ("l", 1, "m", 0, "n"): 13,
    }


@given(st.text(max_size=200))
def test_any_text_is_loaded_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    for loader in (lambda path: config.load(path, PROTOCOLS), register.load):
        try:
            loader(path)
        except ConfigError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SERIAL, "gateway.toml:5: give the line a port or a usb, one of them"),
        (SERIAL + 'port = "/dev/x"\nusb = "0403:6001"\n', "gateway.toml:5: give the line"),
        (SERIAL + 'port = "x"\n', "gateway.toml:8: serial.0.port: "),
        (SERIAL + 'usb = "0403"\n', "gateway.toml:8: serial.0.usb: "),
        (SERIAL + 'port = "/x"\n' + SERIAL + 'port = "/y"\n', "gateway.toml:10: two serial lines"),
        ("[supervision]\nkinds = { fog = 3 }\n", "gateway.toml:6: kinds: no kind 'fog'"),
        ("[supervision]\nbroker_s = -1\n", "gateway.toml:6: supervision.broker_s: "),
    ],
)
def test_serial_lines_and_supervision_are_checked(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "k").write_text(f'lobby = "{"0f" * 32}"\n')
    (tmp_path / "k").chmod(0o600)
    assert refused(tmp_path, MINIMAL + text).startswith(said)


@pytest.mark.parametrize(
    "place", ["=cmd|x", "-h", "+1", "@a", "a\\u001b[2J", "", "x" * 65, "a\\nb"]
)
def test_a_place_has_an_id_that_is_a_word(tmp_path: Path, place: str) -> None:
    path = tmp_path / "register.toml"
    path.write_text(f'[[place]]\nid = "{place}"\n')
    with pytest.raises(ConfigError, match="id: 1 to 64 letters"):
        register.load(path)


@pytest.mark.parametrize("place", ["flat-301", "3/2/301", "三栋", "Hall 2"])
def test_a_place_may_be_called_as_people_call_it(tmp_path: Path, place: str) -> None:
    path = tmp_path / "register.toml"
    path.write_text(f'[[place]]\nid = "{place}"\n', encoding="utf-8")
    assert register.load(path).has_place(place)
