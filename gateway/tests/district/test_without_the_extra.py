"""What ``callpoint`` says where the packages of a district are not installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# An import of a name that stands for None in ``sys.modules`` finds no module.
_WITHOUT = """
import sys
for name in {away!r}:
    sys.modules[name] = None
from callpoint_cli.main import main
main()
"""
AWAY = (["nats"], ["psycopg"], ["psycopg_pool"], ["nats", "psycopg", "psycopg_pool"])


def callpoint(away: list[str], *words: str, language: str = "en_US") -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT.format(away=away), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "LC_ALL": f"{language}.UTF-8"},
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("away", AWAY, ids="+".join)
def test_a_site_without_a_district_has_all_its_help(away: list[str]) -> None:
    code, printed = callpoint(away, "--help")
    assert code == 0, printed
    assert "district" in printed


@pytest.mark.parametrize("language", ["en_US", "zh_CN"])
def test_what_needs_the_extra_names_it(tmp_path: Path, language: str) -> None:
    file = tmp_path / "district.toml"
    file.write_text(
        'district = "d1"\nservers = ["nats://127.0.0.1:9"]\ndatabase = "host=127.0.0.1 port=9"\n',
        encoding="utf-8",
    )
    alarm = ("alarm", "g1", "1", "note", "--account", "op-7", "--as", "operator")
    for words in (("run",), ("status",), ("doctor",), alarm):
        code, printed = callpoint(AWAY[-1], "district", *words, "-c", str(file), language=language)
        assert code == 3, printed
        assert "pip install 'callpoint[district]'" in printed
        assert ("区级平台" in printed) == (language == "zh_CN")
        assert "Traceback" not in printed


def test_the_files_of_an_engine_need_no_extra(tmp_path: Path) -> None:
    words = ("engine", str(tmp_path / "engine"), "--district", "d1", "--host", "d1.example")
    code, printed = callpoint(AWAY[-1], "district", *words)
    assert code == 0, printed
