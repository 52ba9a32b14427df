"""``callpoint district console`` and ``callpoint user`` with a district's configuration."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from callpoint_console.live.broadcaster import View
from callpoint_console.visitor import EVERYTHING, Scope
from callpoint_district.console.overview import FRAME
from callpoint_district.console.views.strip import not_reloaded
from callpoint_gateway.control.roles import Role
from callpoint_gateway.words.said import said

from .written_district import CITY, XIHU, WrittenDistrict

END_S = 60.0
_WITHOUT = """
import sys
for name in {away!r}:
    sys.modules[name] = None
from callpoint_cli.main import main
main()
"""


def callpoint(*words: str, language: str = "en_US", away: tuple[str, ...] = ()) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT.format(away=away), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "LC_ALL": f"{language}.UTF-8"},
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@contextmanager
def serving(config: str) -> Iterator[str]:
    """Run the console and yield its address."""
    console = ("district", "console", "-c", config, "--port", "0")
    with subprocess.Popen(
        [sys.executable, "-m", "callpoint_cli.main", *console],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1", "LC_ALL": "en_US.UTF-8"},
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().decode().split()[-1]
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(END_S) == 0


@pytest.fixture
def config(tmp_path: Path, district: WrittenDistrict) -> str:
    """Return the configuration of a district with one site."""
    district.site("g1", [(CITY, XIHU, "Beishan", "Garden", "3", "101")])
    file = tmp_path / "district.toml"
    file.write_text(
        f'district = "d1"\nservers = ["nats://127.0.0.1:9"]\ndatabase = "{district.address}"\n'
        'state_dir = "kept"\n',
        encoding="utf-8",
    )
    return str(file)


def test_accounts_are_for_parts_of_the_grid_and_the_console_serves_them(config: str) -> None:
    add = ("user", "add", "xihu-1", "-c", config, "--role")
    code, printed = callpoint(*add, f"operator@{CITY} / Nowhere")
    assert code == 2, printed
    assert f"no gateway has told a place in '{CITY} / Nowhere'; write an area" in printed
    code, printed = callpoint(*add, f"operator@{CITY} / {XIHU}", "--role", "viewer@site:g1")
    assert code == 0, printed
    assert "/welcome/" in printed
    assert (Path(config).parent / "kept" / "console" / "console.sqlite3").exists()
    away = Path(config).with_name("away.toml")
    text = Path(config).read_text(encoding="utf-8")
    text = re.sub(r'database = ".*"', 'database = "host=127.0.0.1 port=9"', text)
    away.write_text(text, encoding="utf-8")
    code, printed = callpoint(*add[:2], "x", "-c", str(away), "--role", f"viewer@{CITY}")
    assert code == 3
    assert "Traceback" not in printed
    code, printed = callpoint("user", "list", "-c", config)
    assert f"operator@{CITY} / {XIHU}, viewer@site:g1" in printed
    with (
        serving(config) as address,
        urllib.request.urlopen(f"{address}login", timeout=END_S) as answer,
    ):
        assert answer.status == 200
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_changed_configuration_is_used_without_a_new_start(config: str) -> None:
    behind = {"Host": "district.example", "X-Forwarded-Proto": "https"}

    def status(address: str) -> int:
        try:
            request = urllib.request.Request(f"{address}login", headers=behind)
            with urllib.request.urlopen(request, timeout=END_S) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            refused.close()
            return refused.code

    with serving(config) as address:
        assert status(address) == 421  # this is not its address
        with Path(config).open("a", encoding="utf-8") as file:
            file.write('[console]\npublic_url = "https://district.example"\n')
            file.write('proxies = ["127.0.0.1"]\n')
        ends_s = time.monotonic() + END_S
        while status(address) != 200 and time.monotonic() < ends_s:
            time.sleep(0.1)
        assert status(address) == 200


def test_why_a_change_is_not_used_is_said_to_those_who_work_here() -> None:
    why = said("district.console_restart")
    seen = not_reloaded(why, View(FRAME, "en", EVERYTHING))
    assert seen.startswith("The changed configuration is not used: district, database,")
    looking = Scope(frozenset({(Role.VIEWER, "")}))
    assert not_reloaded(why, View(FRAME, "en", looking)) == ""
    assert not_reloaded(None, View(FRAME, "en", EVERYTHING)) == ""


@pytest.mark.parametrize(
    ("away", "language"), [("psycopg", "en_US"), ("starlette", "zh_CN"), ("nats", "en_US")]
)
def test_a_missing_extra_is_one_sentence(config: str, away: str, language: str) -> None:
    code, printed = callpoint(
        "district", "console", "-c", config, "--port", "0", language=language, away=(away,)
    )
    assert code == 3, printed
    assert "pip install 'callpoint[district,console]'" in printed
    assert "Traceback" not in printed
    assert ("区级平台" in printed) == (language == "zh_CN")
