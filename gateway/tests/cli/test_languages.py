"""Every command speaks the language of the person who types it."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from callpoint_cli.help_page import TABLES, english
from callpoint_cli.language import language_option
from callpoint_cli.main import main
from callpoint_gateway.words.language import chosen, language_of

# Names of things, which are the same in every language.
NAMES = set(
    re.findall(
        r"\S+",
        """
    Callpoint callpoint Mosquitto MQTT DC GB CAP JSON CSV TOML PEM TLS ESP32 IMAGE ROMFS mpy
    Wi-Fi Improv SIGTERM SIGHUP Ctrl-C shell Webhook esptool bin public pem root gateway toml
    mosquitto conf site state_dir log_format time_zone codes_file update keys firmware UPDATE
    MicroPython micropython parts json
    README md en zh LANG mon tue sun holiday none status code identify walk-test siren
    resident key_holder police_officer grid_worker volunteer IV I a-z sim
    """,
    )
)


def commands(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))


EVERY = list(commands(main))


def run(*typed: str, **environment: str) -> str:
    """Return what a command prints, without any language in the environment but this one."""
    unset = dict.fromkeys(("LC_ALL", "LC_MESSAGES", "LANG"), "")
    result = CliRunner().invoke(main, typed, env=unset | environment, terminal_width=100)
    assert not isinstance(result.exception, Exception), result.exception
    return result.output


def own(found: click.Command) -> set[str]:
    """Return the English paragraphs that stand at a command and its options."""
    helps = [found.help, *(p.help for p in found.params if isinstance(p, click.Option))]
    paragraphs = {part for text in helps for part in english(text).split("\n\n")}
    return {
        part
        for part in paragraphs
        if part and not part.startswith(("Example: ", "Examples: ", "callpoint "))
    }


def test_every_help_is_in_chinese_and_no_chinese_is_left_over() -> None:
    said = own(main) | {str(language_option().help)}
    for _, command in EVERY:
        said |= own(command)
    translated = {text for table in TABLES for text in table}
    assert len(translated) == sum(map(len, TABLES)), "a text stands in two tables"
    assert said - translated == set()
    assert translated - said == set()


@pytest.mark.parametrize("path", [path for path, _ in EVERY], ids=" ".join)
def test_the_chinese_help_has_no_english_words(path: tuple[str, ...]) -> None:
    page = run("--lang", "zh", *path, "--help")
    assert "用法：" in page
    assert not re.search("default|required|Options|Commands", page)
    for line in page.splitlines():
        if "示例：" in line or line.strip().startswith(("用法", "callpoint")):
            continue
        line = re.sub(r"\[.*?\]|`.*?`|'.*?'|^  [a-z]+(?=  )", "", line)
        line = line.strip().partition("  ")[2] if line.strip().startswith("-") else line
        words = re.findall(
            r"(?<![-/.\w])[A-Za-z][A-Za-z_-]+(?![\w/])", re.sub(r"`.*?`|'.*?'", "", line)
        )
        assert [w for w in words if not w.isupper() and w not in NAMES] == [], line


@pytest.mark.parametrize("path", [path for path, _ in EVERY], ids=" ".join)
def test_the_english_help_has_no_chinese(path: tuple[str, ...]) -> None:
    assert run(*path, "--help", "--lang", "en", LANG="zh_CN.UTF-8").isascii()


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("zh", "zh"),
        ("zh_CN.UTF-8", "zh"),
        ("zh-Hans", "zh"),
        ("ZH_tw", "zh"),
        ("en_GB.UTF-8", "en"),
        ("C", None),
        ("fr_FR", None),
        ("", None),
    ],
)
def test_names_of_languages(name: str, found: str | None) -> None:
    assert language_of(name) == found


@pytest.mark.parametrize(
    ("asked", "configured", "environment", "found"),
    [
        ("en", "zh", {"LANG": "zh_CN"}, "en"),
        (None, "zh", {"LANG": "en_GB"}, "zh"),
        (None, None, {"LANG": "zh_CN.UTF-8"}, "zh"),
        (None, None, {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        (None, None, {"LC_ALL": "", "LC_MESSAGES": "zh_CN", "LANG": "en_GB"}, "zh"),
        ("fr", None, {"LANG": "zh_CN"}, "zh"),
        (None, None, {}, "en"),
    ],
)
def test_who_decides(
    asked: str | None, configured: str | None, environment: dict[str, str], found: str
) -> None:
    assert chosen(asked, configured, environment) == found


def test_the_option_stands_before_or_behind_the_command(tmp_path: Path) -> None:
    nowhere = ("alarm", "ack", "5", "--state-dir", str(tmp_path))
    for typed in (("--lang", "zh", *nowhere), (*nowhere, "--lang=zh_CN")):
        assert "没有运行中的网关" in run(*typed)
    assert "没有运行中的网关" in run(*nowhere, LANG="zh_CN.UTF-8")
    assert "no gateway runs" in run(*nowhere, "--lang", "en", LANG="zh_CN.UTF-8")


def test_the_configurations_language_counts_also_when_the_rest_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text('[gateway]\nlanguage = "zh"\n')
    assert "错误：" in run("alarms", "-c", str(file), LANG="en_GB.UTF-8")
    assert "Error: " in run("alarms", "-c", str(file), "--lang", "en")


def test_a_mistake_on_the_command_line_is_named_in_chinese() -> None:
    assert "没有选项 '--bad'" in run("watch", "--bad", "--lang", "zh")
    assert "没有命令 'wach'" in run("--lang", "zh", "wach")
    assert "缺少参数 'ALARM'" in run("alarm", "ack", "--lang", "zh")
    assert "不在范围" in run("events", "--limit", "0", "--lang", "zh")
    assert "没有语言“fr”" in run("watch", "--lang", "fr", LANG="zh_CN")


@pytest.mark.parametrize(
    "typed", [("bad",), ("watch", "--bad"), ("alarm", "acc"), ("alarm", "ack")]
)
def test_the_usage_above_a_mistake_is_in_chinese(typed: tuple[str, ...]) -> None:
    said = run(*typed, "--lang", "zh")
    assert said.startswith("用法：")
    assert not re.search("Usage|Try|OPTIONS|COMMAND|ARGS", said)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (("alrams",), "alarms"),
        (("alrams",), "alarm"),
        (("dotcor", "--config", "x"), "doctor"),
        (("alarm", "acc"), "ack"),
        (("config", "chekc"), "check"),
    ],
)
def test_a_mistyped_command_is_answered_with_the_nearest(
    typed: tuple[str, ...], meant: str
) -> None:
    english, chinese = run(*typed), run("--lang", "zh", *typed)
    assert "Did you mean" in english
    assert f"'{meant}'" in english
    assert "是否指" in chinese
    assert f"'{meant}'" in chinese
    assert "Did" not in chinese


def test_a_command_like_no_other_is_named_alone() -> None:
    assert "Did you mean" not in run("xylophone")


@pytest.mark.parametrize(
    ("typed", "bounds"),
    [
        (("inhibit", "lobby", "--reason", "x", "--for", "0s"), ("1s", "7d")),
        (("inhibit", "lobby", "--reason", "x", "--for", "8d"), ("1s", "7d")),
        (("level", "begin", "--level", "2", "--reason", "x", "--for", "59s"), ("1m", "31d")),
        (("level", "begin", "--level", "2", "--reason", "x", "--for", "32d"), ("1m", "31d")),
    ],
)
def test_a_time_out_of_bounds_is_answered_with_the_bounds(
    typed: tuple[str, ...], bounds: tuple[str, str], tmp_path: Path
) -> None:
    least, most = bounds
    typed = (*typed, "--state-dir", str(tmp_path))
    assert f"at least {least} and at most {most}" in run(*typed)
    chinese = run(*typed, "--lang", "zh")
    assert f"最短 {least}，最长 {most}" in chinese
    assert "int" not in chinese


@pytest.mark.parametrize("written", ["soon", "10", "h", "1h 30m"])
def test_what_is_no_time_is_answered_with_how_to_write_it(written: str, tmp_path: Path) -> None:
    typed = ("inhibit", "lobby", "--reason", "x", "--state-dir", str(tmp_path), "--for", written)
    assert "write 90s, 30m, 2h or 1d" in run(*typed)


def test_several_units_are_added(tmp_path: Path) -> None:
    typed = ("inhibit", "lobby", "--reason", "x", "--state-dir", str(tmp_path), "--for")
    assert "no gateway runs" in run(*typed, "6d23h59m60s")
    assert "at most 7d" in run(*typed, "6d23h59m61s")
