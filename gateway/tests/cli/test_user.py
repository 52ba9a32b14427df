"""``callpoint user``, as an admin types it, also while the console has the file open."""

import ast
import json
import os
import re
import string
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

import callpoint_cli.people.user as user_command
from callpoint_cli.main import main
from callpoint_cli.people.user_words import TEXTS
from callpoint_console.accounts.looks import LookStore
from callpoint_console.accounts.roles import Grant
from callpoint_console.accounts.schema import SUBJECTS
from callpoint_console.accounts.store import AccountStore
from callpoint_console.database import Database, file_in
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import SystemClock

REGISTER = '[[place]]\nid = "b3"\nbuilding = "3"\n[[place]]\nid = "b3-101"\nbuilding = "3"\n'
LINK = re.compile(r"https://console\.example/(welcome|screen)/[\w-]{43}")


class Machine:
    """A machine with a site, at which somebody types commands."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        (folder / "register.toml").write_text(REGISTER)
        self.config = folder / "gateway.toml"
        self.config.write_text(
            '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'
            '[console]\npublic_url = "https://console.example"\nproxies = ["127.0.0.1"]\n'
        )

    def __call__(self, *words: str, code: int = 0) -> str:
        """Type `callpoint user` and words, and return what is printed."""
        result = CliRunner().invoke(main, ["user", *words, "-c", str(self.config)])
        assert result.exit_code == code, result.output
        return result.output

    def list(self) -> dict[str, dict[str, object]]:
        """Return the accounts by their login names."""
        return {account["login"]: account for account in json.loads(self("list", "--json"))}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_first_account_is_made_in_one_line(machine: Machine) -> None:
    assert "callpoint user add admin --role admin" in machine("list")
    said = machine("add", "admin", "--role", "admin")
    assert LINK.search(said)
    assert machine.list()["admin"]["grants"] == ["admin"]
    assert "no password yet" in machine("list")


def test_accounts_change_while_the_console_has_the_file_open(machine: Machine) -> None:
    machine("add", "admin", "--role", "admin")
    database = Database(file_in(machine.state), SUBJECTS)
    store = AccountStore(database, SystemClock())
    machine("add", "Desk-1", "--role", "operator", "--role", "viewer@b3", "--language", "zh")
    account = store.find("desk-1")
    assert account.grants == (Grant(Role.OPERATOR), Grant(Role.VIEWER, "b3"))
    assert account.language == "zh"
    assert machine("role", "desk-1", "--add", "supervisor@b3", "--remove", "operator") == (
        "desk-1: supervisor@b3, viewer@b3\n"
    )
    assert "cannot sign in any more" in machine("disable", "desk-1")
    assert store.find("desk-1").disabled
    assert "can sign in again" in machine("enable", "desk-1")
    assert LINK.search(machine("reset", "desk-1", "--second-factor"))
    assert "sessions ended: 0" in machine("logout", "desk-1")
    database.close()


def test_a_screen_is_a_viewer(machine: Machine) -> None:
    machine("add", "wall", "--role", "operator", "--screen", code=2)
    said = machine("add", "wall", "--role", "viewer@b3", "--screen")
    assert "/screen/" in said
    machine("role", "wall", "--add", "operator", code=2)
    assert "/screen/" in machine("reset", "wall")
    assert machine.list()["wall"]["grants"] == ["viewer@b3"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("add", "1", "--role", "viewer"), 2, "is no login name"),
        (("add", "o13800138000", "--role", "viewer"), 2, "no telephone"),
        (("add", "li", "--role", "boss"), 2, "'boss' is no role"),
        (("add", "li", "--role", "viewer@b9"), 2, "no place 'b9'"),
        (("add", "li"), 2, "--role"),
        (("add", "admin", "--role", "viewer"), 4, "already"),
        (("role", "admin"), 2, "--add ROLE"),
        (("role", "admin", "--remove", "viewer"), 2, "admin has no role 'viewer'"),
        (("role", "admin", "--remove", "admin"), 4, "somebody else admin first"),
        (("disable", "admin"), 4, "somebody else admin first"),
        (("disable", "nobody"), 4, "there is no account nobody"),
        (("reset", "nobody"), 4, "there is no account nobody"),
        (("logout", "nobody"), 4, "there is no account nobody"),
        (("logout", "nobody", "--lang", "zh"), 4, "没有账号 nobody"),
    ],
)
def test_what_is_refused_says_what_to_write(
    machine: Machine, words: tuple[str, ...], code: int, said: str
) -> None:
    machine("add", "admin", "--role", "admin")
    assert said in machine(*words, code=code)
    assert machine.list()["admin"]["grants"] == ["admin"]


def test_a_role_at_a_place_that_is_gone_is_taken_away(machine: Machine, tmp_path: Path) -> None:
    machine("add", "li", "--role", "viewer@b3", "--role", "manager")
    (tmp_path / "register.toml").write_text('[[place]]\nid = "b4"\n')
    machine("add", "admin", "--role", "admin")
    assert machine("role", "li", "--remove", "viewer@b3") == "li: manager\n"


def test_looks_are_read(machine: Machine) -> None:
    assert "nobody has looked" in machine("looks")
    database = Database(file_in(machine.state), SUBJECTS)
    looks = LookStore(database, SystemClock())
    looks.record_look("desk-1", "household", "b3-101", alarm=7)
    looks.record_look("desk-2", "export", "", persons=80, why="yearly letter")
    database.close()
    assert "alarm 7" in machine("looks")
    (look,) = json.loads(machine("looks", "--by", "desk-2", "--json"))
    assert (look["why"], look["persons"]) == ("yearly letter", 80)
    assert "报警 7" in machine("looks", "--place", "b3-101", "--lang", "zh")


def test_a_damaged_file_says_what_to_do(machine: Machine) -> None:
    machine("add", "admin", "--role", "admin")
    file_in(machine.state).write_bytes(b"nonsense" * 1000)
    assert "callpoint restore" in machine("list", code=3)


def test_root_makes_no_file_that_the_console_cannot_write() -> None:
    # The folders of pytest are closed to others.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        machine = Machine(folder)
        machine.state.mkdir()
        # Only root can give a folder to somebody else.
        user = os.geteuid()
        owner = user or 12345
        os.chown(machine.state, owner, -1 if user else owner)
        machine("add", "admin", "--role", "admin")
        file = file_in(machine.state)
        assert {path.stat().st_uid for path in (file.parent, *file.parent.iterdir())} == {owner}
        assert os.geteuid() == user


def test_every_sentence_is_used_and_has_the_same_fields_in_both_languages() -> None:
    used = set()
    for name in ("user", "user_line"):
        file = Path(str(user_command.__file__)).with_name(f"{name}.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                used.add(node.value)
    assert set(TEXTS) - used - {"person", "screen"} == set()
    for key, text in TEXTS.items():
        fields = [
            {name for _, name, _, _ in string.Formatter().parse(side) if name} for side in text
        ]
        assert fields[0] == fields[1], key
