"""What is wrong with a configuration is said in the language of whoever reads it."""

from pathlib import Path

import pytest

from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.configuration import config as configuration
from callpoint_gateway.configuration import register as registers
from callpoint_gateway.configuration.toml_file import ConfigError

GATEWAY = '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'


def refused(path: Path, text: str) -> ConfigError:
    path.write_text(text)
    if path.name == "register.toml":
        with pytest.raises(ConfigError) as met:
            registers.load(path)
    else:
        with pytest.raises(ConfigError) as met:
            configuration.load(path, PROTOCOLS)
    return met.value


@pytest.mark.parametrize(
    ("text", "line", "chinese"),
    [
        ("[gateway\n", 1, "TOML 格式错误"),
        ('[gateway]\nsitee = "x"\n', 2, "[gateway] 中有不认识的键“sitee”；是否指“site”？"),
        ('[gateway]\nsite = "x"\n', 1, "gateway：缺少 `state_dir`"),
        (GATEWAY.replace('"estate"', "3"), 2, "gateway.site：应为 `str`，实为 `int`"),
        (GATEWAY + "telemetry_mb = 0\n", 5, "gateway.telemetry_mb：应为 >= 1 的 `int`"),
        (GATEWAY + 'language = "fr"\n', 5, "没有“fr”，可用：en, zh"),
        (GATEWAY + 'time_zone = "Moon"\n', 5, "time_zone：没有“Moon”，例如 Asia/Shanghai"),
        (GATEWAY + '[broker]\nhost = "a b"\n', 6, "host：“a b”含有空格，请去掉"),
        (
            GATEWAY + '[timeseries]\nurl = "http://h:0/"\n',
            6,
            "url：端口不能为 0",
        ),
        (
            GATEWAY + '[[centre]]\nname = "a"\naccount = "1234"\nhost = "h"\n',
            5,
            "协议 dc09 缺少 `port`",
        ),
    ],
)
def test_a_mistake_is_named_in_chinese_with_its_line(
    tmp_path: Path, text: str, line: int, chinese: str
) -> None:
    error = refused(tmp_path / "gateway.toml", text)
    assert error.line == line
    said = error.why.in_("zh")
    assert said.startswith(f"{tmp_path / 'gateway.toml'}:{line}：")
    assert chinese in said
    assert str(error).isascii()


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ('[[place]]\nid = "a"\n[[place]]\nid = "a"\n', "有两个地点的编号为“a”"),
        ('[[place]]\nid = "a"\nphone = "1"\n', "登记表不得登记人员，请删除"),
        ('[[device]]\nid = "d"\nplace = "b"\n', "place：没有编号为“b”的 [[place]]"),
    ],
)
def test_a_mistake_of_the_register_is_named_in_chinese(
    tmp_path: Path, text: str, chinese: str
) -> None:
    assert chinese in refused(tmp_path / "register.toml", text).why.in_("zh")


def test_a_file_that_is_not_there_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"write it as CONFIGURATION\.md says") as met:
        configuration.load(tmp_path / "gateway.toml", PROTOCOLS)
    assert "没有此文件" in met.value.why.in_("zh")
