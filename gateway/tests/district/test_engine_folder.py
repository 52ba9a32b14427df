"""The folder of an engine: what ``callpoint district engine`` refuses, and where it goes on."""

import subprocess
from pathlib import Path

import pytest

from callpoint_district.engine.folder import PROCESSES, EngineError, EngineFolder
from callpoint_gateway.host.clock import SystemClock


def make(
    folder: Path,
    hosts: tuple[str, ...] = ("d1.example",),
    *,
    listen: str = "127.0.0.1",
    store: Path | None = None,
    district: str = "d1",
) -> EngineFolder:
    files = EngineFolder(folder, SystemClock())
    where = store or folder / "store"
    files.make(district, hosts, listen=listen, port=4222, store=where, file_mb=64)
    return files


@pytest.mark.parametrize("host", ["a b", "", "d1.example:4222", "nats://d1.example"])
def test_a_bad_host_leaves_nothing_behind(tmp_path: Path, host: str) -> None:
    with pytest.raises(ValueError, match="host name"):
        make(tmp_path / "engine", (host,))
    assert not (tmp_path / "engine").exists()
    make(tmp_path / "engine")


@pytest.mark.parametrize(
    "listen", ["", 'a b"', 'a"b', "a\\b", "a\x7f", "tls://0.0.0.0", "g\udcff"]
)
def test_a_bad_address_is_refused(tmp_path: Path, listen: str) -> None:
    with pytest.raises(EngineError):
        make(tmp_path / "engine", listen=listen)
    assert not (tmp_path / "engine").exists()


def test_a_path_that_the_configuration_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="characters"):
        make(tmp_path / 'eng"ine')
    with pytest.raises(EngineError, match="characters"):
        make(tmp_path / "engine", store=tmp_path / 'st"ore')
    with pytest.raises(EngineError, match="characters"):
        make(tmp_path / "g\udcff")


@pytest.mark.parametrize("listen", ["0.0.0.0", "::", "[::1]", "localhost"])
def test_the_engine_understands_what_was_written(tmp_path: Path, listen: str) -> None:
    files = make(tmp_path / "an engine", listen=listen)
    command = ["nats-server", "-t", "-c", str(files.configuration)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_it_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    files = make(tmp_path / "engine")
    files.enrol("g1")
    files.configuration.unlink()
    with pytest.raises(EngineError, match="belongs to district d1"):
        make(tmp_path / "engine", district="d2")
    ca = (tmp_path / "engine" / "authority" / "ca.pem").read_bytes()
    assert make(tmp_path / "engine").enrolled() == ["g1"]
    assert (tmp_path / "engine" / "authority" / "ca.pem").read_bytes() == ca


def test_the_districts_own_processes_cannot_be_shut_out_by_mistake(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="is no name"):
        make(tmp_path / "engine").revoke(PROCESSES)


def test_an_empty_folder_is_named_with_the_command_that_fills_it(tmp_path: Path) -> None:
    files = EngineFolder(tmp_path, SystemClock())
    enrol, revoke = (lambda: files.enrol("g1")), (lambda: files.revoke("g1"))
    for ask in (files.enrolled, files.place, enrol, revoke):
        with pytest.raises(EngineError, match="has no files of an engine"):
            ask()
    with pytest.raises(EngineError, match="no other is"):
        make(tmp_path / "engine").revoke("g1")
