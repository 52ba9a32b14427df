"""A table of units becomes register, identities, keys and certificates, again and again."""

import json
from pathlib import Path

import pytest
from cryptography import x509

from callpoint_gateway.broker import book
from callpoint_gateway.configuration.device_keys import device_keys
from callpoint_technician.identity import image
from callpoint_technician.plan import example

from ..cli.english import english
from .plan_house import HEAD, ROWS, House


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path)
    made.write(*ROWS)
    return made


def identity(house: House, device: str) -> image.DeviceSettings:
    return image.read((house.identities / f"{device}.bin").read_bytes())


def test_a_table_becomes_a_site(house: House) -> None:
    told = house.good()
    assert "6 added, 0 changed, 0 no longer" in told
    register = house.register
    assert register.device_ids() == ["b3-2-301", "b3-2-302", "b3-2-303"]
    place = register.place_of("b3-2-302")
    assert place is not None
    assert (place.id, place.grid) == ("Building 3-2-302", ("Building 3", "2", "302"))
    assert [zone.kind for zone in register.device("b3-2-302").zone] == ["panic", "smoke"]  # type: ignore[union-attr]
    assert register.device("b3-2-303").power == "battery"  # type: ignore[union-attr]
    found = identity(house, "b3-2-301")
    assert found.board == {"map": "c3", "ssid": "lab", "password": "nobody-knows-it"}
    assert [(zone.kind, zone.input, zone.active) for zone in found.zones] == [
        ("panic", "button", 0),
        ("tamper", "tamper", 1),
    ]
    assert identity(house, "b3-2-303").sleep
    assert (house.identities / "b3-2-301.bin").stat().st_mode & 0o777 == 0o600
    issued = book.read(house.folder / "certificates")
    assert {known.name for known in issued.certificates} == set(register.device_ids())
    assert found.tls
    assert found.tls.cert
    certificate = image.certificates(image.material(found.tls.cert))[0]
    written = (house.folder / "certificates/b3-2-301.pem").read_bytes()
    assert x509.load_pem_x509_certificate(written) == certificate
    assert not (house.folder / "certificates/b3-2-301.key").exists()


def test_a_second_import_changes_nothing(house: House) -> None:
    house.good()
    before = house.files()
    assert "0 added, 0 changed, 0 no longer in the plan, 6 as they were" in house.good()
    assert house.files() == before


def test_a_dry_run_writes_nothing(house: House) -> None:
    before = house.files()
    assert "nothing was written" in house.good("--dry-run")
    assert house.files() == before
    assert json.loads(house.good("--dry-run", "--json"))["written"] is False


def test_only_what_differs_is_changed(house: House) -> None:
    house.good()
    before = house.files()
    tls = identity(house, "b3-2-301").tls
    house.write(ROWS[0].replace("panic + tamper", "panic + door"), *ROWS[1:])
    told = house.good()
    assert "~ device b3-2-301  zones: panic + tamper -> panic + door; new identity" in told
    after = house.files()
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"identities/b3-2-301.bin", "plan.json", "register.toml"}
    assert identity(house, "b3-2-301").tls == tls  # no key is made anew


def test_no_key_is_replaced_unasked(house: House) -> None:
    house.good()
    (house.identities / "b3-2-301.bin").unlink()  # flashed
    house.write(ROWS[0].replace("panic + tamper", "panic + door"), *ROWS[1:])
    told = house.refused()
    assert "line 2, column 4 (device): b3-2-301 has a key already" in told
    house.good("--new-keys")
    assert identity(house, "b3-2-301").zones[1].kind == "door"


def test_nothing_is_removed_unasked(house: House) -> None:
    house.good()
    house.write(*ROWS[1:])
    assert "- device b3-2-301" in house.good()
    assert house.register.device("b3-2-301") is not None
    house.good("--remove")
    assert house.register.device_ids() == ["b3-2-302", "b3-2-303"]
    assert not house.register.has_place("Building 3-2-301")
    assert not (house.identities / "b3-2-301.bin").exists()
    issued = book.read(house.folder / "certificates")
    assert [known.name for known in issued.certificates if known.revoked] == ["b3-2-301"]
    assert "0 no longer" in house.good()


def test_what_people_wrote_into_the_register_stays(house: House) -> None:
    by_hand = """\
# Our site
[[place]]
id = "hall"     # the big one
building = "Hall"

[[partition]]
id = "home"
place = "hall"

[[device]]
id = "old"
place = "hall"
silent_after_s = 60

# End
"""
    house.register_file.write_text(by_hand)
    house.good()
    text = house.register_file.read_text()
    assert text.startswith(by_hand.rstrip())
    guarded = 'kind = "door"\nguarded_by = "home"'
    house.register_file.write_text(text.replace('kind = "door"', guarded))
    house.write(*ROWS[:2], ROWS[2].replace("303,b3", "303 a,b3"))
    house.good()
    zone = house.register.zone("b3-2-303", 1)
    assert zone is not None
    assert zone.guarded_by == "home"
    house.write(*ROWS[:2], ROWS[2].replace("door", "smoke"))
    assert "zone 1 of b3-2-303 has settings made by hand" in house.refused()


def test_a_form_that_is_not_understood_is_refused(house: House) -> None:
    house.good()
    text = house.register_file.read_text()
    one_line = text.replace(
        '[[device.zone]]\nzone = 1\nkind = "door"', 'zone = [{zone = 1, kind = "door"}]'
    )
    assert one_line != text
    house.register_file.write_text(one_line)
    house.good()
    house.write(*ROWS[:2], ROWS[2].replace("door", "smoke"))
    assert "in a form that only a person can change" in house.refused()


def test_all_mistakes_are_named_at_once_in_both_languages(house: House) -> None:
    house.write(
        "Building 3,2,301,b3-2-301,c3,panic + smoke,mains,estate",
        "Building 3,2,３０１,b3_2_301,c9,panik,mains,estate",
        "Building 3,2,303,ca,c3,panic + medical,wind,moon",
        "Building 3,2,304,call 13812345678,c3,,mains,estate",
        "Building  3,2,305,b3-2-305,c3,panic,mains,estate",
        "Building 3,2,306,b3-2-305,c3,panic,mains,estate",
        "Building 3,2,307,b3-2-307,c3,panic + medical,mains,estate",
        "Building 3,2,308,b3-2-308,c3,panic@butten,mains,estate",
    )
    told = house.refused()
    for mistake in (
        "line 2, column 6 (wiring): identity of b3-2-301: zones[1].input: c3 has no relay",
        "line 3, column 3 (room): line 2 has nearly the same",
        "line 3, column 4 (device): line 2 has nearly the same",
        "line 3, column 5 (board): 'c9' is none of devkit, s3, c3",
        "line 3, column 6 (wiring): no kind 'panik'; near it: panic",
        "line 4, column 4 (device): 'ca' is one of the gateway's own names",
        "line 4, column 7 (power): 'wind' is none of mains, battery",
        "line 4, column 8 (profile): 'moon' is none of estate, school",
        "line 5, column 4 (device): 1 to 32 of a-z",
        "line 5, column 6 (wiring): a board needs a wiring",
        "line 6, column 1 (building): line 2 has nearly the same",
        "line 7, column 4 (device): as in line 6",
        "line 8, column 6 (wiring): identity of b3-2-307: zones: button is used twice",
        "line 9, column 6 (wiring): identity of b3-2-308: zones[0].input: c3 has no butten",
    ):
        assert mistake in told, (mistake, told)
    assert english(house.refused("zh"), "Building 3", "moon", "wind", "butten") == []


def test_mistakes_are_bounded(house: House) -> None:
    house.write(*(f"B,1,{n},d-{n},c9,panic,mains,estate" for n in range(100)))
    lines = house.refused().splitlines()
    assert len(lines) == 21
    assert lines[-1] == "and 80 more"


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("building,room,姓名", "people do not belong in a plan"),
        ("building,room,电话", "people do not belong in a plan"),
        ("building,romm,device", "column 2 (romm): no such column"),
        ("building,楼栋,device", "column 2 (楼栋): there twice"),
        ("device,board,wiring", "there is no column with places"),
    ],
)
def test_heads(house: House, head: str, told: str) -> None:
    house.write("a,b,c", head=head)
    assert told in house.refused()
    assert english(house.refused("zh"), "romm", "callpoint contact import") == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_chinese_tables(house: House, encoding: str, delimiter: str) -> None:
    head = "楼栋,单元,房号,设备编号,板型,接线,供电,用途"
    row = "3号楼,2单元,301,b3-2-301,c3,紧急按钮、防拆开关,市电,住宅小区"
    house.write(
        "# 注释", row.replace(",", delimiter), head=head.replace(",", delimiter), encoding=encoding
    )
    house.good()
    assert house.register.zones("b3-2-301") == [1, 2]
    assert [place.id for place in house.register.places()] == ["3号楼-2单元-301"]


def test_tables_as_spreadsheets_save_them(house: House) -> None:
    house.units.write_bytes("\t".join(HEAD.split(",")).encode("utf-16") + "\n".encode("utf-16-le"))
    assert "the table has no line" in house.refused()
    house.write(HEAD, *ROWS, head="sep=,")
    assert "6 added" in house.good("--dry-run")
    for workbook in (b"PK\x03\x04\x14\x00", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        house.units.write_bytes(workbook + bytes(600))
        assert "save the sheet as CSV UTF-8" in house.refused()
        assert "另存为 CSV UTF-8" in house.refused("zh")


def test_merged_cells_are_no_places_without_a_building(house: House) -> None:
    house.write(ROWS[0], ",,302,b3-2-302,c3,panic,mains,estate", ",3,301,x,c3,panic,mains,estate")
    told = house.refused()
    assert "line 3, column 1 (building): empty, and 'Building 3' is above it" in told
    assert "line 3, column 2 (unit): empty, and '2' is above it" in told
    assert "line 4, column 1 (building): empty, and 'Building 3' is above it" in told
    assert "line 4, column 2" not in told
    assert "合并单元格" in house.refused("zh")
    house.write("g,Building 3,2,301", "roof,Building 3,,roof", head="place,building,unit,room")
    assert "2 added" in house.good()
    house.write("Building 4,,", "Building 5,1,101", "Building 5,,", head="building,unit,room")
    assert "3 added" in house.good()


def test_ids_are_made_of_places(house: House) -> None:
    house.write("B3,2,301,,c3,panic,mains,estate", "B3,2,302,,c3,panic,mains,estate")
    house.good()
    assert house.register.device_ids() == ["b3-2-301", "b3-2-302"]
    house.write("B3,2,301,,c3,panic,mains,estate", "B3,2,301,,c3,smoke@tamper,mains,estate")
    assert "column 4 (device): as in line 2; give each device an id" in house.refused()


def test_keys_for_the_second_path(tmp_path: Path) -> None:
    house = House(tmp_path, coap=True)
    keys = tmp_path / "coap.keys"
    keys.write_text('# ours\nb3-2-302 = "00112233445566778899aabbccddeeff"\n')
    keys.chmod(0o600)
    house.write(*ROWS)
    house.good()
    assert keys.read_text().startswith('# ours\nb3-2-302 = "00112233445566778899aabbccddeeff"\n')
    found = device_keys(keys)
    for device in house.register.device_ids():
        second = identity(house, device).second
        assert second
        assert bytes.fromhex(second.key) == found[device]
    house.write(*ROWS[1:])
    house.good("--remove")
    assert set(device_keys(keys)) == {"b3-2-302", "b3-2-303"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_export_imports_without_a_change(house: House, language: str) -> None:
    house.register_file.write_text(
        '[[place]]\nid = "hall"\nlabel = "Hall, \\"big\\""\n[[device]]\nid = "old"\n'
        'place = "hall"\n[[device.zone]]\nzone = 7\nkind = "gas"\npartition = 2\n'
    )
    house.write(
        ROWS[0] + ",grid worker + volunteer,building",
        ROWS[1].replace("panic + smoke", "3=smoke/nc/relay_fault + panic") + ",,",
        ROWS[2].replace("door", "tamper@door/no + smoke@loop1:2k2").replace("battery", "mains")
        + ",police officer,room",
        head=HEAD + ",responders,cell",
    )
    house.good()
    table = house.folder / "out.csv"
    done = house.call("export", str(table), language=language)
    assert done.exit_code == 0, done.output
    before = house.files()
    assert house.call("export", str(table)).exit_code == 2  # it overwrites nothing
    house.units.write_bytes(table.read_bytes())
    told = house.good()
    assert "0 added, 0 changed, 0 no longer" in told, told
    after = house.files()
    changed = {name for name in after if after[name] != before[name]}
    assert changed <= {"plan.json"}  # what was made by hand is of the plan now
    found = json.loads(house.call("show", "--json").output)
    assert found["cells"] == {
        "Building 3": ["grid_worker", "volunteer"],
        "Building 3 / 2 / 303": ["police_officer"],
    }


def test_nobody_is_named_yet(house: House) -> None:
    house.write(ROWS[0] + ",grid worker,building", head=HEAD + ",responders,cell")
    house.good()
    told = house.call("show").output
    assert "Building 3: nobody is grid worker yet" in told
    assert "identity not flashed yet" in told
    assert english(house.call("show", language="zh").output, "Building 3 / 2 / 301") == []


def test_contacts_that_cannot_be_read_are_said(house: House) -> None:
    house.good()
    people = house.folder / "state/people"
    people.mkdir(parents=True)
    (people / "people.sqlite3").touch()
    done = house.call("show")
    assert done.exit_code == 3
    assert "people.key is missing" in done.stderr


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_examples_can_be_imported(tmp_path: Path, language: str) -> None:
    house = House(tmp_path)
    shown = house.call("example", language=language)
    house.units.write_text(shown.output)
    boards = tmp_path / "boards.toml"
    boards.write_text(example.boards(language))
    done = house.imports()
    assert done.exit_code == 0, done.output
    assert house.register.device_ids() == ["b3-u2-301", "b3-u2-302"]


def test_others_may_not_read_the_boards_file(house: House) -> None:
    (house.folder / "boards.toml").chmod(0o644)
    assert "chmod 600" in house.refused()
