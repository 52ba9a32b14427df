"""`make test-root` is skipped where it cannot run, and fails where the package cannot be built."""

from pathlib import Path

import pytest
import run

from environment import Uv
from prepare import ENVIRONMENT, uv_program
from steps import NotReady

BROKEN = """
[project]
name = "broken"
version = "1"
[build-system]
requires = []
build-backend = "nowhere"
"""
NEEDS_THE_INDEX = """
[project]
name = "apart"
version = "1"
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""


def problem_of(project: str, folder: Path) -> NotReady:
    (folder / "pyproject.toml").write_text(project)
    uv = Uv(uv_program(), folder / "cache", ENVIRONMENT / "bin/python", 0)
    with pytest.raises(NotReady) as refused:
        uv.wheel(folder, folder / "wheel")
    return refused.value


@pytest.fixture(autouse=True)
def no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")


def test_a_package_that_cannot_be_built_is_a_failure(tmp_path: Path) -> None:
    assert not run.cannot_run_here(problem_of(BROKEN, tmp_path))


def test_the_command_fails_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def build(*_: object) -> Path:
        raise NotReady("dpkg-deb did not build the package:\n    error: no room", "Report it.")

    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(run, "base", lambda _: None)
    monkeypatch.setattr(run, "district_base", lambda _: None)
    monkeypatch.setattr(run, "build", build)
    assert run.main() == 1
    assert "FAILED: dpkg-deb did not build" in capsys.readouterr().out


def test_an_index_that_does_not_answer_is_none(tmp_path: Path) -> None:
    assert run.cannot_run_here(problem_of(NEEDS_THE_INDEX, tmp_path))


@pytest.mark.parametrize(
    ("said", "skipped"),
    [
        ("E: Failed getting release file http://127.0.0.1:9/dists/bookworm/Release", True),
        ("E: Couldn't download packages: tzdata", True),
        ("E: Couldn't find these debs: nothing-of-that-name", False),
        ("unshare: unshare failed: Operation not permitted", True),
        ("cp: error writing: No space left on device", False),
    ],
)
def test_what_debootstrap_says(said: str, skipped: bool) -> None:
    assert run.cannot_run_here(NotReady(said, "")) is skipped
