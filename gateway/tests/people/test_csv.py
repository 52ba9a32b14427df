"""Contacts come in and go out as CSV, in both languages, and never by half."""

import csv
import io
from pathlib import Path

import pytest

from callpoint_gateway.configuration import register as registers
from callpoint_people.cells import Cells
from callpoint_people.csv_file import Imported, export_csv, import_csv
from callpoint_people.csv_lines import Refused
from callpoint_people.household_csv import export_households, import_households
from callpoint_people.households import HouseholdStore, household
from callpoint_people.store import PeopleStore

from .estate import TODAY, register

CHINESE = """姓名,语言,电话,邮箱,同意日期,角色,地点,顺序,地址：bark,通知渠道
王芳,中文,138 0013 8000,,2026-01-02,居民,b3-u2-301,,key1,sms mail
王芳,中文,138 0013 8000,,2026-01-02,钥匙保管人,b3-u2-301,1,key1,sms mail
李强,,,li@example.com,2026-01-02,网格员,lake road / garden,,,
"""


def test_a_file_goes_in_and_out_and_in_again(tmp_path: Path) -> None:
    cells = Cells(register(tmp_path))
    with PeopleStore(tmp_path) as people:
        assert import_csv(people, cells, CHINESE.encode("gb18030"), TODAY) == Imported(2, 0, 3)
        before = people.contacts("desk-1")
        by_name = {contact.person.name: contact for contact in before}
        wang, li = by_name["王芳"], by_name["李强"]
        assert wang.person.addresses == {"phone": "13800138000", "bark": "key1"}
        assert wang.person.channels == ("sms", "mail")
        assert [(one.role, one.cell, one.order) for one in wang.responsible] == [
            ("key_holder", "b3-u2-301", 1),
            ("resident", "b3-u2-301", 0),
        ]
        assert li.person.language == "zh"
        assert li.responsible[0].cell == "Lake Road / Garden"
        for language in ("zh", "en"):
            content = export_csv(people.contacts("desk-1"), language)
            assert import_csv(people, cells, content, TODAY) == Imported(0, 2, 3)
            assert people.contacts("desk-1") == before


def test_a_line_with_an_id_replaces_the_person_and_the_roles(tmp_path: Path) -> None:
    cells = Cells(register(tmp_path))
    with PeopleStore(tmp_path) as people:
        import_csv(people, cells, CHINESE.encode(), TODAY)
        content = export_csv(people.contacts("desk-1"), "en").decode("utf-8-sig")
        kept = [line for line in content.splitlines() if "key holder" not in line]
        changed = "\n".join(kept).replace("13800138000", "13900000000")
        import_csv(people, cells, changed.encode(), TODAY)
        wang = next(one for one in people.contacts("desk-1") if one.person.name == "王芳")
        assert wang.person.addresses["phone"] == "13900000000"
        assert [one.role for one in wang.responsible] == ["resident"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("姓名,年龄,同意日期\n王芳,7,2026-01-02\n", ["line 1: no column '年龄'"]),
        ("姓名\n王芳\n", ["line 1: column 'consent on' is missing"]),
        ("name,name,consent on\n", ["line 1: column 'name' stands twice"]),
        ("name,consent on\nWang\n", ["line 2: 1 columns, and the first line has 2"]),
        ('name,consent on\n"Wang,2026-01-02\n', ["line 2: is no CSV"]),
        ("name,consent on\n", ["the file has no contact"]),
        (
            "姓名,电话,同意日期,角色,地点,顺序\n"
            "王芳,无,2026-01-02,,,\n"
            "李强,,明天,民警,b9,\n"
            "赵敏,,2026-01-02,Big Boss,b3,one\n",
            [
                "line 2, column 2 (电话): a telephone number",
                "line 3, column 3 (同意日期): the date of the consent",
                "line 3, column 5 (地点): the register has no such place (did you mean b4?)",
                "line 4, column 4 (角色): a role or group",
                "line 4, column 6 (顺序): a number from 0 to 99",
            ],
        ),
        ("id,name,consent on\np-none,Wang,2026-01-02\n", ["line 2, column 1 (id): there is no"]),
        (
            "name,phone,language,consent on\nWang,110,zh,2026-01-02\nWang,110,en,2026-01-02\n",
            ["line 3, column 1 (name): differs from line 2 of the same person"],
        ),
        (
            "name,consent on,role,place\nA,2026-01-02,grid worker,b3\nB,2026-01-02,网格员,b3\n",
            ["line 3, column 3 (role): b3 has a grid worker already"],
        ),
    ],
)
def test_mistakes_have_line_and_column_and_nothing_is_stored(
    tmp_path: Path, text: str, said: list[str]
) -> None:
    cells = Cells(register(tmp_path))
    with PeopleStore(tmp_path) as people:
        with pytest.raises(Refused) as refused:
            import_csv(people, cells, text.encode(), TODAY)
        found = [str(mistake) for mistake in refused.value.mistakes]
        assert len(found) == len(said), found
        for mistake, words in zip(found, said, strict=True):
            assert mistake.startswith(words), mistake
        for mistake in refused.value.mistakes:
            assert "王芳" not in mistake.in_("zh")
        assert people.ids() == []


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with PeopleStore(tmp_path) as people, pytest.raises(Refused, match="UTF-8"):
        import_csv(people, Cells(register(tmp_path)), b"\xff\xfe\x00\x81\xff", TODAY)


def test_no_cell_of_a_file_is_a_formula_and_it_goes_in_again(tmp_path: Path) -> None:
    path = tmp_path / "register.toml"
    path.write_text('[[place]]\nid = "b3"\ncommunity = "=HYPERLINK(A1)"\nbuilding = "3"\n')
    cells = Cells(registers.load(path))
    given = "name,phone,consent on,role,place,address: bark,channels\n"
    given += "Wang,+8613800138000,2026-01-02,resident,=HYPERLINK(A1),-2+3,-x\n"
    with PeopleStore(tmp_path) as people:
        import_csv(people, cells, given.encode(), TODAY)
        households = HouseholdStore(people)
        households.keep(
            cells.cell("=HYPERLINK(A1)"), household("second floor", "12", "2026-01-02", TODAY)
        )
        before = people.contacts("desk-1"), households.all("desk-1")
        contacts = export_csv(before[0], "en")
        noted = export_households(before[1], "en")
        for content in (contacts, noted):
            rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
            assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@")]
            assert any("HYPERLINK" in cell for cell in rows[1])
        import_csv(people, cells, contacts, TODAY)
        import_households(households, cells, noted, TODAY)
        assert (people.contacts("desk-1"), households.all("desk-1")) == before
