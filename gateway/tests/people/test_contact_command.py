"""``callpoint contact`` and ``callpoint rota``, as a person types them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.main import main

from .estate import REGISTER

NAME, NUMBER = "Wang Fang", "13800138000"


class Desk:
    """The commands of one site."""

    def __init__(self, folder: Path) -> None:
        (folder / "register.toml").write_text(REGISTER)
        self.config = folder / "gateway.toml"
        self.config.write_text(
            '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'
            'time_zone = "Asia/Shanghai"\n'
        )

    def __call__(self, *words: str, typed: str | None = None, code: int = 0) -> str:
        result = CliRunner().invoke(main, [*words, "-c", str(self.config)], input=typed)
        assert result.exit_code == code, result.output
        return result.output

    def add(self, *words: str) -> str:
        said = self("contact", "add", *words, typed=f"{NAME}\n{NUMBER}\n\n")
        return said.split()[-2].removesuffix(":")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_contact_is_added_seen_on_record_and_deleted(desk: Desk) -> None:
    id = desk.add("--role", "grid_worker", "--place", "b3")
    (shown,) = json.loads(desk("contact", "list", "--place", "b3-u2-301", "--json"))
    assert (shown["id"], shown["person"]["name"]) == (id, NAME)
    assert json.loads(desk("contact", "list", "--place", "b4", "--json")) == []
    assert NUMBER in desk("contact", "show", id, "--as", "desk-7")
    looks = json.loads(desk("contact", "looks", "--json"))
    assert (looks[0]["who"], looks[0]["person"]) == ("desk-7", id)
    assert NAME not in json.dumps(looks)
    desk("contact", "give", id, "--role", "volunteer", "--place", "b4")
    assert "volunteer at b4" in desk("contact", "show", id)
    desk("contact", "take", id, "--role", "volunteer", "--place", "b4")
    said = desk("contact", "delete", id)
    assert "with 1 responsibilities, 0 shifts" in said
    assert "no contact" in desk("contact", "show", id, code=4)
    assert "没有联系人" in desk("contact", "list", "--lang", "zh")


def test_contacts_go_out_into_a_private_file_and_come_back(desk: Desk, tmp_path: Path) -> None:
    desk.add("--role", "志愿者", "--place", "Lake Road")
    file = tmp_path / "contacts.csv"
    desk("contact", "export", str(file), "--lang", "zh")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "志愿者" in file.read_text("utf-8-sig")
    assert "exists" in desk("contact", "export", str(file), code=2)
    assert "更新 1 人" in desk("contact", "import", str(file), "--lang", "zh")
    file.write_text("姓名,同意日期\n,明天\n")
    said = desk("contact", "import", str(file), "--lang", "zh", code=4)
    assert "第 2 行第 2 列（同意日期）" in said


def test_who_is_on_duty(desk: Desk) -> None:
    id = desk.add("--role", "guard")
    assert "all of them are told" in desk("rota", "now", "guard")
    days = "mon,tue,wed,thu,fri,sat,sun"
    said = desk("rota", "add", id, "--role", "guard", "--days", days, "--hours", "00:00-00:00")
    assert "on duty" in desk("rota", "now", "guard", "--place", "b3")
    desk("rota", "holiday", "2026-10-01")
    desk("rota", "holiday", "2026-10-10", "thu")
    shown = json.loads(desk("rota", "show", "--json"))
    assert shown["special"] == {"2026-10-01": "holiday", "2026-10-10": "thu"}
    assert "保安" in desk("rota", "show", "--lang", "zh")
    desk("rota", "remove", said.split()[1])
    assert "nobody is manager" in desk("rota", "now", "manager")


@pytest.mark.parametrize(
    "words",
    [
        ("contact", "add", "--place", "nowhere", "--role", "guard"),
        ("contact", "add", "--role", "Big Boss"),
        ("contact", "add", "--consent-on", "tomorrow"),
        ("rota", "add", "p-none", "--role", "guard", "--days", "mon", "--hours", "08:00-20:00"),
        ("rota", "add", "--role", "guard", "--days", "funday", "--hours", "08:00-20:00"),
    ],
)
def test_what_is_refused_names_no_person(desk: Desk, words: tuple[str, ...]) -> None:
    said = desk(*words, typed=f"{NAME}\n{NUMBER}\n\n", code=4)
    error = said[said.index("Error: ") :]
    assert NAME not in error
    assert NUMBER not in error
