"""``callpoint notify check``, ``status`` and ``test``, as a person types them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_people.person import Responsibility

from .conftest import MakeHouse
from .notify_house import House, run
from .notify_process import private

TELL = 'tell = [["guard"], [], ["manager"], []]\norder = ["sms"]\n'


def callpoint(house: House, *words: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, ["notify", *words, "-c", str(house.folder / "gateway.toml")])
    assert result.exit_code == code, result.output
    return result.output


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_what_would_keep_somebody_from_being_told_is_named(
    make_house: MakeHouse, tmp_path: Path
) -> None:
    house = make_house(TELL, '[alarms]\nladder = [{ to = "guard" }]\n')
    house.person("Guard", Responsibility("guard", "b3"))
    private(tmp_path / "robot.url", "nonsense://x/\n")
    private(tmp_path / "mail.url", "mailto://127.0.0.1?from=gw@example.com&to={address}\n")
    said = callpoint(house, "check", code=4)
    assert "robot.url: Apprise does not know this URL" in said
    assert "sms.toml: No such file or directory" in said
    assert "channel mail: can be used" in said
    assert "guard: 1 to tell" in said
    assert "manager: NOBODY TO TELL; add somebody: callpoint contact add --role manager" in said
    assert "set public_url in [console]" in said
    private(tmp_path / "robot.url", "dingtalk://abcdefghijklmnop/\n")
    private(tmp_path / "sms.toml", 'url = "http://127.0.0.1/"\nbody = "{address}"\n')
    house.person("Manager", Responsibility("manager", ""))
    assert "物业经理：可通知 1 人" in callpoint(house, "check", "--lang", "zh")


def test_a_site_without_channels_is_told_to_write_one(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text(
        f'[gateway]\nsite = "estate"\nstate_dir = "{tmp_path}"\nregister = "register.toml"\n'
    )
    (tmp_path / "register.toml").write_text('[[place]]\nid = "b3"\nbuilding = "3"\n')
    command = ["notify", "check", "-c", str(tmp_path / "gateway.toml")]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 4, result.output
    assert "set enabled = true in [notify]" in result.output
    assert "add a [[notify.channel]]" in result.output
    assert "callpoint contact add --role police_officer" in result.output


def test_status_says_what_waits_and_why(make_house: MakeHouse) -> None:
    house = make_house(TELL)
    id = house.person("Guard", Responsibility("guard", ""))

    async def play() -> None:
        assert json.loads(callpoint(house, "status", "--json"))["messages"] == []
        with house.running():
            house.services["sms"].refusing = "HTTP 503"
            alarm = house.press()
            await house.step()
            said = callpoint(house, "status", "--lang", "zh", code=4)
            assert "HTTP 503" in said
            assert id in said
            house.services["sms"].refusing = ""
            await house.step(30_000)
            found = json.loads(callpoint(house, "status", "--alarm", str(alarm), "--json"))
            assert [one["state"] for one in found["messages"]] == ["sent"]
            callpoint(house, "test", id)
            await house.step(20_000)
            assert "这是一条测试消息" in house.services["sms"].texts[-1]
            assert "no contact" in callpoint(house, "test", "p-none", code=4)
            callpoint(house, "test", code=2)

    run(play())
