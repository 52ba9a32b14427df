"""The set-up knows where it can work, sees when nothing has changed, and says what to do."""

import os
import sys
from pathlib import Path

import pytest

import prepare
import steps
from prepare import bundles_for, pip_wheel, release
from steps import NotReady, complaint_in, run

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nVERSION_CODENAME=trixie\nID=debian\n'


def test_release_of_debian() -> None:
    assert release(DEBIAN) == "trixie"


@pytest.mark.parametrize(
    "text",
    [
        'PRETTY_NAME="Ubuntu 24.04"\nID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n',
        'PRETTY_NAME="Raspbian GNU/Linux 12"\nID=raspbian\nVERSION_CODENAME=bookworm\n',
        'PRETTY_NAME="Fedora 41"\nID=fedora\n',
        "",
    ],
)
def test_another_system_is_told_what_is_needed(text: str) -> None:
    with pytest.raises(NotReady) as refused:
        release(text)
    assert "Debian 12, Debian 13 and Raspberry Pi OS" in refused.value.remedy


def test_32_bit_micropython_only_where_the_processor_runs_it() -> None:
    names = {bundle.name for bundle in bundles_for("bookworm", "arm64")}
    assert names == {
        "influxdb",
        "libcoap",
        "mosquitto",
        "mosquitto-bookworm",
        "mosquitto-trixie",
        "openssl",
        "systemd",
        "victoria-metrics",
        "micropython",
    }
    (small,) = [b for b in bundles_for("bookworm", "amd64") if b.architecture == "i386"]
    assert small.programs == {"micropython32": "usr/bin/micropython"}


def test_micropython_is_one_version_everywhere_and_the_broker_the_machines_own() -> None:
    for codename in ("bookworm", "trixie"):
        releases = {b.name: b.codename for b in bundles_for(codename, "amd64")}
        assert releases["micropython"] == releases["micropython32"] == "trixie"
        assert releases["mosquitto"] == codename
        for other in ("bookworm", "trixie"):
            assert releases[f"mosquitto-{other}"] == other


def test_a_wheel_of_pip_is_found_where_debian_puts_it(tmp_path: Path) -> None:
    wheels = tmp_path / "usr/share/python-wheels"
    wheels.mkdir(parents=True)
    (wheels / "pip-99.0-py3-none-any.whl").touch()
    (wheels / "setuptools-66.1-py3-none-any.whl").touch()
    assert pip_wheel([tmp_path]) == wheels / "pip-99.0-py3-none-any.whl"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that has been prepared."""
    here = tmp_path / "bootstrap"
    here.mkdir()
    for name in ("pyproject.toml", "uv.lock", "bootstrap/requirements.txt", "bootstrap/one.py"):
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(prepare, "CHECKOUT", tmp_path)
    monkeypatch.setattr(prepare, "HERE", here)
    monkeypatch.setattr(prepare, "STAMP", tmp_path / "prepared")
    cache = tmp_path / "cache"
    cache.mkdir()
    (tmp_path / "prepared").write_text(f"{prepare.fingerprint()}\n{cache}")
    return tmp_path


def test_nothing_is_done_twice(checkout: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert prepare.prepared()
    assert prepare.main() == 0
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "changed", ["pyproject.toml", "uv.lock", "bootstrap/requirements.txt", "bootstrap/one.py"]
)
def test_a_change_of_what_decides_the_set_up_is_seen(checkout: Path, changed: str) -> None:
    (checkout / changed).write_text("other")
    assert not prepare.prepared()


def test_a_change_of_anything_else_is_not(checkout: Path) -> None:
    (checkout / "README.md").write_text("other")
    assert prepare.prepared()


def test_a_cache_that_was_removed_is_seen(checkout: Path) -> None:
    (checkout / "cache").rmdir()
    assert not prepare.prepared()


def test_an_interpreter_that_was_replaced_is_seen(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version", "3.14.0 (another)")
    assert not prepare.prepared()


@pytest.mark.parametrize("contents", [b"", b"\xff\xfe\0", b"0" * 64])
def test_a_broken_stamp_is_no_stamp(checkout: Path, contents: bytes) -> None:
    (checkout / "prepared").write_bytes(contents)
    assert not prepare.prepared()


def test_a_failure_is_one_message_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise NotReady("The mirror does not answer", "Check the network.")

    monkeypatch.setattr(prepare, "CACHE", tmp_path)
    monkeypatch.setattr(prepare, "prepared", lambda: False)
    monkeypatch.setattr(prepare, "prepare", fail)
    assert prepare.main() == 1
    assert capfd.readouterr().err == (
        "prepare: The mirror does not answer\n  What to do: Check the network.\n"
    )


def test_a_full_disk_is_called_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fill() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(prepare, "CACHE", tmp_path)
    monkeypatch.setattr(prepare, "prepared", lambda: False)
    monkeypatch.setattr(prepare, "prepare", fill)
    assert prepare.main() == 1
    assert steps.DISK_FULL in capfd.readouterr().err


def test_a_program_that_fails_is_quoted() -> None:
    script = "echo W: a warning >&2; echo E: the reason >&2; exit 3"
    with pytest.raises(NotReady) as refused:
        run(["sh", "-c", script], failed="It did not work", remedy="Try again.")
    assert refused.value.what == "It did not work:\n    E: the reason"
    assert refused.value.remedy == "Try again."


def test_a_program_that_found_the_disk_full() -> None:
    with pytest.raises(NotReady) as refused:
        run(["sh", "-c", f"echo '{os.strerror(28)}' >&2; exit 1"], failed="No", remedy="Other")
    assert refused.value.remedy == steps.DISK_FULL


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(NotReady, match="there is no program no-such-program"):
        run(["no-such-program"], failed="No", remedy="Install it.")


def test_complaints_without_a_mark_are_the_last_lines() -> None:
    assert complaint_in("\n".join(f"line {n}" for n in range(9)), most=2) == "line 7\n    line 8"
    assert complaint_in("") == "it gave no reason"
