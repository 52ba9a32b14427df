"""``callpoint identity``: settings are checked, packed whole, and shown without their secrets."""

import json
import runpy
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import serialization

from callpoint_cli.main import main
from callpoint_cli.technician import identity
from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.host.clock import SystemClock
from callpoint_rig.tools import virtual_board_program
from callpoint_technician.identity import board_settings
from callpoint_technician.identity.image import PARTITION_SIZE

from .english import english

PASSWORD = "not-for-anybody"
KEY = "0123456789abcdef" * 2
WIFI = "nobody-knows-it"
SETTINGS: dict[str, Any] = {
    "site": "estate-1",
    "device": "lobby",
    "host": "broker.example",
    "user": "lobby",
    "password": PASSWORD,
    "zones": [{"zone": 1, "kind": "panic", "input": "button"}],
    "second": {"host": "192.0.2.1", "key": KEY},
    "board": {"map": "devkit", "ssid": "lab", "password": WIFI},
}


def callpoint(*words: str) -> Result:
    return CliRunner().invoke(main, ["identity", *words])


def build(folder: Path, content: Any, *words: str) -> Result:
    path = folder / "lobby.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    done = callpoint("build", str(path), "-o", str(folder / "lobby.bin"), *words)
    for secret in (PASSWORD, KEY, WIFI):
        assert secret not in done.stdout + done.stderr
    return done


def refused(done: Result, exit_code: int) -> str:
    assert done.exit_code == exit_code, done.stdout + done.stderr
    assert not done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith(("Error: ", "错误："))
    return line.removeprefix("Error: ")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, SystemClock())


def with_tls(authority: Authority, **more: str) -> dict[str, Any]:
    issued = authority.client("lobby", again=True)
    names = {"ca": "ca.pem", "cert": issued.certificate_file.name, "key": issued.key_file.name}
    return SETTINGS | {"tls": names | more}


def test_an_image_is_for_its_owner_and_says_how_to_write_it(tmp_path: Path) -> None:
    image = tmp_path / "lobby.bin"
    image.write_bytes(b"an old one")
    image.chmod(0o644)
    done = build(tmp_path, SETTINGS)
    assert done.exit_code == 0, done.stderr
    assert stat.S_IMODE(image.stat().st_mode) == 0o600
    assert image.stat().st_size == 16_384
    assert "identity of estate-1/lobby" in done.stdout
    assert "labelled 'identity'" in done.stdout
    assert f"esptool --port PORT write-flash 0x362000 {image}" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lobby.bin", "lobby.json"]


def test_the_partition_is_where_the_table_has_it() -> None:
    table = virtual_board_program().with_name("partitions-4MiB.csv").read_text()
    rows = [[cell.strip() for cell in row.split(",")] for row in table.splitlines()]
    (found,) = (row for row in rows if row[0] == "identity")
    assert (int(found[3], 16), int(found[4], 16)) == (identity.ADDRESS, PARTITION_SIZE)


def test_what_is_secret_is_not_shown(tmp_path: Path, authority: Authority) -> None:
    content = with_tls(authority)
    private = (tmp_path / content["tls"]["key"]).read_text().splitlines()[1]
    assert build(tmp_path, content).exit_code == 0
    done = callpoint("show", str(tmp_path / "lobby.bin"))
    assert done.exit_code == 0, done.stderr
    shown = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    for key in ("password", "tls.key", "second.key", "board.password"):
        assert shown[key] == "(set)"
    assert shown["board.ssid"] == "lab"
    assert shown["zones[0].kind"] == "panic"
    assert shown["tls.ca"].startswith("CN=Callpoint estate, until ")
    assert shown["tls.cert"].startswith("CN=lobby, until ")
    assert int(shown["made"]) > 1_700_000_000
    as_json = callpoint("show", "--json", str(tmp_path / "lobby.bin"))
    assert json.loads(as_json.stdout)["tls"]["key"] == "(set)"
    for secret in (PASSWORD, KEY, WIFI, private[:20]):
        assert secret not in done.stdout + as_json.stdout


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sit": "x"}, "unknown key 'sit'; near it: site"),
        ({"site": None}, "site: Expected `str`, got `null`"),
        ({"device": "Lobby"}, "device: 1 to 32 of a-z 0-9 - _"),
        ({"port": 70_000}, "port: Expected `int` <= 65535"),
        ({"zones": []}, "zones: Expected `array` of length >= 1"),
        ({"zones": [{"zone": 1, "kind": "panik", "input": "b"}]}, "zones[0].kind: one of door"),
        ({"zones": [{"zone": 1, "kind": "door"}]}, "zones[0].input: is needed"),
        (
            {"zones": [{"zone": 1, "kind": "door", "inputs": "b"}]},
            "zones[0]: unknown key 'inputs'; near it: input",
        ),
        (
            {"zones": [{"zone": 1, "kind": "smoke", "input": "b", "left_open_s": 5}]},
            "zones[0].left_open_s: not for kind smoke",
        ),
        (
            {"zones": [{"zone": 1, "kind": "smoke", "loop": {"input": "l", "preset": "9k"}}]},
            "zones[0].loop.pullup: is needed",
        ),
        (
            {"zones": [SETTINGS["zones"][0], {"zone": 1, "kind": "door", "input": "d"}]},
            "zones: two zones have the number 1",
        ),
        ({"settings": {"hbb": 1}}, "settings: unknown key 'hbb'; near it: hb"),
        ({"settings": {"hb": 1}}, "settings.hb: not a whole number from 5 to 86400"),
        ({"second": {"host": "192.0.2.1", "key": "abc"}}, "second.key: 32 to 128 hex digits"),
        (
            {"second": {"host": "gateway", "key": KEY}},
            "second.host: the second path needs an IPv4",
        ),
        ({"tls": {"ca": "none.pem"}}, "none.pem: No such file or directory"),
        ({"tls": {"ca": "lobby.json"}}, "lobby.json: no certificate in PEM or DER"),
        ({"tls": {"ca": "ca.pem", "cert": "x"}}, "tls: cert and key belong together"),
        (
            {"zones": [SETTINGS["zones"][0], {"zone": 2, "kind": "medical", "input": "button"}]},
            "zones: button is used twice",
        ),
        ({"host": "broker.local"}, "host: a name that ends in .local is not looked up"),
        ({"host": "mqtt://broker"}, "host: an IPv4 address or a name, without scheme"),
        ({"host": "broker:1883"}, "host: an IPv4 address or a name, without scheme"),
        ({"host": "the broker"}, "host: an IPv4 address or a name, without scheme"),
        ({"user": ""}, "user: Expected `str` of length >= 1"),
        ({"user": "y" * 20_000}, "size: the identity takes"),
        ({"host": "127.0.0.1"}, "host: the device itself"),
        ({"made": 3_800_000_000}, "made: later than now"),
        (
            {"zones": [{"zone": 1, "kind": "door", "input": "dor"}]},
            "devkit has no dor; near it: door",
        ),
        (
            {
                "zones": [
                    {
                        "zone": 1,
                        "kind": "smoke",
                        "loop": {"input": "loop3", "preset": "2k2", "pullup": 2_200},
                    }
                ],
                "board": {"map": "c3"},
            },
            "zones[0].loop.input: c3 has no loop3; near it: loop",
        ),
        *(
            ({"board": board}, "board" + said)
            for board, said in (
                ({"map": "c6"}, ".map: no map c6; near it: c3"),
                ({"map": 5}, ".map: no map 5; near it: devkit, s3, c3"),
                ({"ssdi": "lab"}, ": unknown key 'ssdi'; near it: ssid"),
                ({"ssid": 5}, ".ssid: a text of 1 to 32 bytes"),
                ({"ssid": "x" * 40}, ".ssid: "),
                ({"ssid": "lab", "password": 12_345_678}, ".password: a text of 8 to 64 bytes"),
                ({"ssid": "lab", "password": "12345"}, ".password: "),
                ({"static": ["192.0.2.7", "255.255.255.0", "192.0.2.1"]}, ".static: IPv4"),
                ({"static": "1234"}, ".static: "),
                ({"hostname": "x" * 40}, ".hostname: 1 to 32 letters"),
                ({"ntp": 7}, ".ntp: an address or a name"),
                ({"improv": "no"}, ".improv: 0 or 1"),
                ({"rail_mv": "3300"}, ".rail_mv: not a whole number"),
            )
        ),
    ],
)
def test_bad_settings_are_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    line = refused(build(tmp_path, SETTINGS | change), 2)
    assert line.startswith(f"{tmp_path}/lobby.json: ")
    assert said in line
    chinese = refused(build(tmp_path, SETTINGS | change, "--lang", "zh"), 2)
    assert english(chinese) == []
    assert not (tmp_path / "lobby.bin").exists()


def test_a_certificate_of_another_device_or_authority(
    tmp_path: Path, authority: Authority
) -> None:
    content = with_tls(authority)
    said = refused(build(tmp_path, content | {"device": "flat-301"}), 2)
    assert "tls.cert: is not the certificate of flat-301" in said
    (tmp_path / "strange").mkdir()
    strange = Authority(tmp_path / "strange", SystemClock())
    strange.client("lobby")
    tls = content["tls"] | {"ca": "strange/ca.pem"}
    assert "tls.cert: is not signed by tls.ca" in refused(
        build(tmp_path, content | {"tls": tls}), 2
    )


@pytest.mark.parametrize("name", ["ca", "gateway", "callpoint-gateway", "callpoint-panel", "crl"])
def test_no_device_has_a_name_of_the_site_itself(tmp_path: Path, name: str) -> None:
    said = refused(build(tmp_path, SETTINGS | {"device": name}), 2)
    assert f"device: '{name}' is one of the gateway's own names" in said


def test_the_maps_are_those_of_the_boards() -> None:
    for name, parts in board_settings.PARTS.items():
        found = runpy.run_path(str(virtual_board_program().with_name(f"{name}.py")))
        assert parts == (tuple(found["INPUTS"]), tuple(found["LOOPS"]))


def test_bad_files(tmp_path: Path, authority: Authority) -> None:
    other = authority.client("other").key_file.name
    content = with_tls(authority, key=other)
    assert "tls.key: does not belong to tls.cert" in refused(build(tmp_path, content), 2)
    locked = tmp_path / "locked.key"
    key = serialization.load_pem_private_key((tmp_path / other).read_bytes(), None)
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"x"),
        )
    )
    said = refused(build(tmp_path, with_tls(authority, key="locked.key")), 2)
    assert "locked.key: no private key without a password" in said
    assert "not JSON" in refused(build(tmp_path, '{"site": "' + PASSWORD), 2)
    assert "multiple of 4096" in refused(build(tmp_path, SETTINGS, "--size", "5000"), 2)
    missing = refused(callpoint("build", str(tmp_path / "no.json"), "-o", "x"), 3)
    assert missing == f"{tmp_path}/no.json: No such file or directory"
    said = refused(build(tmp_path / ".", SETTINGS, "-o", str(tmp_path / "no" / "x.bin")), 3)
    assert "No such file or directory" in said


def test_settings_as_editors_save_them(tmp_path: Path) -> None:
    path = tmp_path / "lobby.json"
    words = ("build", str(path), "-o", str(tmp_path / "lobby.bin"))
    path.write_bytes(json.dumps(SETTINGS).encode("utf-8-sig"))
    assert callpoint(*words).exit_code == 0
    path.write_bytes('{"site": "小区"}'.encode("gb18030"))
    assert refused(callpoint(*words), 2) == f"{path}: is not UTF-8 text"
    assert "不是 UTF-8 文本" in refused(callpoint(*words, "--lang", "zh"), 2)


def test_an_image_never_takes_the_place_of_what_it_is_made_of(
    tmp_path: Path, authority: Authority
) -> None:
    content = with_tls(authority)
    link = tmp_path / "link.bin"
    link.symlink_to(content["tls"]["key"])
    for name in ("lobby.json", content["tls"]["key"], "link.bin"):
        output = tmp_path / name
        told = refused(build(tmp_path, content, "-o", str(output)), 2)
        assert told == f"{output}: the image is made of this file; give -o another name"
    assert (tmp_path / content["tls"]["key"]).read_text().startswith("-----BEGIN")


def test_the_key_of_a_board_is_deleted_once_the_image_has_it(
    tmp_path: Path, authority: Authority
) -> None:
    content = with_tls(authority)
    key = tmp_path / content["tls"]["key"]
    kept = build(tmp_path, content, "--keep-key")
    assert f"{key}: the device's key is still there; delete it" in kept.stdout
    assert key.exists()
    refused(build(tmp_path, content | {"site": None}), 2)
    assert key.exists()
    done = build(tmp_path, content)
    assert f"{key}: deleted; the image holds the key" in done.stdout
    assert not key.exists()
    assert f"and then delete {tmp_path / 'lobby.bin'}" in done.stdout
    shown = callpoint("show", "--json", str(tmp_path / "lobby.bin")).stdout
    assert json.loads(shown)["tls"]["key"] == "(set)"


def test_certificates_may_be_der_and_chains(tmp_path: Path, authority: Authority) -> None:
    content = with_tls(authority)
    paths = {key: tmp_path / name for key, name in content["tls"].items()}
    assert build(tmp_path, content, "--keep-key").exit_code == 0
    from_pem = callpoint("show", "--json", str(tmp_path / "lobby.bin")).stdout
    private = serialization.load_pem_private_key(paths["key"].read_bytes(), None)
    paths["key"].write_bytes(
        private.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    paths["cert"].write_bytes(paths["cert"].read_bytes() + paths["ca"].read_bytes())
    assert build(tmp_path, content).exit_code == 0
    shown = json.loads(callpoint("show", "--json", str(tmp_path / "lobby.bin")).stdout)
    assert shown["tls"] == json.loads(from_pem)["tls"]


def test_a_harmed_image_is_refused(tmp_path: Path) -> None:
    assert build(tmp_path, SETTINGS).exit_code == 0
    image = tmp_path / "lobby.bin"
    whole = image.read_bytes()
    for content, said in (
        (b"", "truncated"),
        (b"\xff" * 16_384, "blank"),
        (b"X" + whole[1:], "wrong magic"),
        (whole[:8] + b"\x02" + whole[9:], "layout 2, not 1"),
        (whole[:200], "truncated"),
        (whole[:100] + b"X" + whole[101:], "wrong digest"),
    ):
        image.write_bytes(content)
        assert said in refused(callpoint("show", str(image)), 4)
    assert "No such file" in refused(callpoint("show", str(tmp_path / "no.bin")), 3)


@pytest.mark.parametrize("command", ["build", "show"])
def test_help_has_an_example(command: str) -> None:
    assert f"Example: callpoint identity {command} " in callpoint(command, "--help").stdout
