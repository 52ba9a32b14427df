"""What ``[notify]`` may say: mistakes have their line, and no secret is read by the gateway."""

from pathlib import Path

import pytest

from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.configuration import config as configuration
from callpoint_gateway.configuration.toml_file import ConfigError

HEAD = '[gateway]\nsite = "estate"\nstate_dir = "."\nregister = "register.toml"\n[notify]\n'
ROBOT = '[[notify.channel]]\nname = "robot"\nurl_file = "robot.url"\n'


def load(folder: Path, text: str) -> configuration.Config:
    path = folder / "gateway.toml"
    path.write_text(HEAD + text)
    return configuration.load(path, PROTOCOLS)


def test_files_are_beside_the_configuration_and_need_not_be_readable(tmp_path: Path) -> None:
    settings = load(tmp_path, f'heartbeat_file = "beat.url"\n{ROBOT}').notify
    assert settings.channel[0].url_file == str(tmp_path / "robot.url")
    assert settings.heartbeat_file == str(tmp_path / "beat.url")
    assert settings.channels_for("guard") == ["robot"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("enabled = true\n", 6, "enabled: there is no"),
        (f'order = ["robot", "sms"]\n{ROBOT}', 6, "order: no channel 'sms'; valid are robot"),
        (f'quiet = "22-7"\n{ROBOT}', 6, "quiet: hours such as 22:00-07:00"),
        ('[[notify.channel]]\nname = "x"\n', 6, "url_file or a request_file"),
        (f"{ROBOT}{ROBOT}", 10, "two channels are named 'robot'"),
        (f'{ROBOT}address = "Phone No"\n', 9, "address: a kind of address"),
        (f"{ROBOT}per_minute = 1\n", 9, "per_minute"),
        ('tell = [["guard"]]\n', 6, "tell"),
        ('tell = [["Wang Fang"], [], [], []]\n', 6, "tell: a role"),
        (f'{ROBOT}[[notify.recipient]]\nwho = "guard"\nchannels = ["x"]\n', 11, "no channel 'x'"),
    ],
)
def test_mistakes_have_their_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refused:
        load(tmp_path, text)
    assert refused.value.line == line


def test_a_step_of_the_ladder_may_inform_several(tmp_path: Path) -> None:
    text = (
        '[alarms]\nladder = [{ to = "operator" }, { to = ["guard", "responders"], after_s = 9 }]\n'
    )
    ladder = load(tmp_path, text).alarms.ladder
    assert [rung.text for rung in ladder] == ["operator", "guard, responders"]
    for wrong in ("[{ to = [] }]", '[{ to = ["Wang Fang"] }]'):
        with pytest.raises(ConfigError, match="ladder"):
            load(tmp_path, f"[alarms]\nladder = {wrong}\n")
