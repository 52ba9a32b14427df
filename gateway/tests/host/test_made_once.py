"""A key file is made once, for its owner alone, and never by half."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from callpoint_gateway.host.made_once import make_once


def test_what_stands_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "key"
    old = os.umask(0)
    try:
        make_once(path, b"first")
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o600
    make_once(path, b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_of_two_processes_one_gives_the_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, numbers = tmp_path / "key", iter(range(8))
    monkeypatch.setattr(os, "getpid", lambda: next(numbers))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: make_once(path, b"%d" % number * 9), range(8)))
    content = path.read_bytes()
    assert content in {b"%d" % number * 9 for number in range(8)}
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        make_once(tmp_path / "none" / "key", b"x")
