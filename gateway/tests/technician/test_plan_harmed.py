"""Files of a site that people or a disk have harmed are named, in both languages."""

import select
import subprocess
import sys
from pathlib import Path

import pytest

from callpoint_gateway.ingest.kept_orders import FILE, KeptOrders
from callpoint_technician.plan import placing

from .plan_house import ROWS, House

SOON_S = 60

NO_TEXT = "# 小区\n".encode("gb18030")


@pytest.mark.parametrize("words", [("import",), ("show",), ("export", "out.csv")])
def test_a_register_in_another_encoding(house: House, words: tuple[str, ...]) -> None:
    house.register_file.write_bytes(NO_TEXT + house.register_file.read_bytes())
    words = (*words, str(house.units)) if words == ("import",) else words
    for language, told in (("en", "is not UTF-8 text"), ("zh", "不是 UTF-8 文本")):
        done = house.call(*words, language=language)
        assert done.exit_code == 2
        assert "register.toml" in done.stderr
        assert told in done.stderr


@pytest.mark.parametrize("content", [b"{", b'{"version": 1, "cells": {"\xd0\xd0": []}}'])
def test_a_record_that_is_damaged(house: House, content: bytes) -> None:
    (house.folder / "plan.json").write_bytes(content)
    assert "plan.json: damaged; put it back from a backup" in house.refused()


def test_a_commit_that_is_damaged(house: House) -> None:
    commit = house.folder / ".plan-staging/commit.json"
    commit.parent.mkdir()
    commit.write_bytes(b"\0" * 16)
    assert "commit.json: an import was cut off" in house.refused()
    assert "导入曾中断" in house.refused("zh")


def test_a_book_that_is_damaged(house: House) -> None:
    (house.folder / "certificates/issued.json").write_bytes(b'{"\xd0\xd0": 1}')
    house.write(ROWS[0].replace("tamper", "door"), *ROWS[1:])
    assert "the authority cannot be read" in house.refused()


def test_a_command_that_waits_for_another_says_so(house: House) -> None:
    command = [sys.executable, "-m", "callpoint_cli.main", "plan", "show", "--lang", "zh"]
    command += ["-c", str(house.folder / "gateway.toml")]
    told = ""
    with (
        placing.alone(house.folder, lambda: None),
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as waiting,
    ):
        assert waiting.stderr is not None
        if select.select([waiting.stderr], [], [], SOON_S)[0]:
            told = waiting.stderr.readline()
        waiting.terminate()
    assert "另一条命令正在处理本站点" in told


def test_orders_that_cannot_be_read_hold_nothing(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b'[{"device": "\xd0\xd0"}]')
    assert KeptOrders(tmp_path).read() == []
