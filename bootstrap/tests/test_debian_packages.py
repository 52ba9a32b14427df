"""A launcher becomes its program, and apt is told nothing that reaches outside the checkout."""

import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

import debian_packages
from debian_packages import (
    NOT_NEEDED,
    OUT_OF_STEP,
    Bundle,
    apt_configuration,
    installed_already,
    launcher,
    sources_stanza,
    write_launchers,
)
from steps import NotReady


def unpacked(root: Path, header: bytes, *, loader: bool) -> Bundle:
    """A bundle as it lies in the cache, with a program that begins with `header`."""
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/broker").write_bytes(header)
    libraries = root / "usr/lib/x86_64-linux-gnu"
    libraries.mkdir(parents=True)
    if loader:
        (libraries / "ld-linux-x86-64.so.2").write_bytes(b"")
    return Bundle("broker", "trixie", "amd64", ("broker",), {"broker": "usr/bin/broker"})


def test_a_program_runs_through_the_loader_that_came_with_it(tmp_path: Path) -> None:
    bundle = unpacked(tmp_path, b"\x7fELF...\0/lib64/ld-linux-x86-64.so.2\0", loader=True)
    script = launcher(bundle, tmp_path, "usr/bin/broker")
    assert script.startswith("#!/bin/sh\n")
    assert re.search(r"^exec \S+/ld-linux-x86-64\.so\.2 --library-path ", script, re.MULTILINE)
    assert script.endswith(f'{tmp_path}/usr/bin/broker "$@"\n')


def test_a_static_program_runs_by_itself(tmp_path: Path) -> None:
    bundle = unpacked(tmp_path, b"\x7fELF", loader=False)
    script = launcher(bundle, tmp_path, "usr/bin/broker")
    assert script.endswith(f'exec {tmp_path}/usr/bin/broker "$@"\n')


def test_a_program_without_its_loader_is_not_left_to_the_systems(tmp_path: Path) -> None:
    bundle = unpacked(tmp_path, b"\x7fELF...\0/lib64/ld-linux-x86-64.so.2\0", loader=False)
    with pytest.raises(NotReady, match="without its dynamic loader"):
        launcher(bundle, tmp_path, "usr/bin/broker")


def test_a_launcher_is_the_program_for_signals_and_arguments(tmp_path: Path) -> None:
    """The tests kill a broker hard by the process that they started: it must be the broker."""
    cache, binaries = tmp_path / "cache with a space", tmp_path / "bin"
    binaries.mkdir()
    bundle = Bundle("sleeper", "trixie", "amd64", ("sleeper",), {"sleeper": "usr/bin/sleeper"})
    program = bundle.directory(cache) / "usr/bin/sleeper"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\nprintf "%s|" "$$" "$@"\nexec sleep 60\n')
    program.chmod(0o755)
    write_launchers(bundle, cache, binaries)
    with subprocess.Popen(
        [binaries / "sleeper", "-p", "1 2", "$HOME"], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        expected = f"{process.pid}|-p|1 2|$HOME|".encode()
        assert process.stdout.read(len(expected)) == expected
        process.kill()
        assert process.wait(60) == -signal.SIGKILL


def test_a_bundle_moves_when_its_contents_change(tmp_path: Path) -> None:
    bundle = Bundle("broker", "trixie", "amd64", ("broker",))
    assert bundle.directory(tmp_path) == Bundle(
        "broker", "trixie", "amd64", ("broker",)
    ).directory(tmp_path)
    others = [
        Bundle("broker", "bookworm", "amd64", ("broker",)),
        Bundle("broker", "trixie", "arm64", ("broker",)),
        Bundle("broker", "trixie", "amd64", ("broker", "clients")),
    ]
    assert len({other.directory(tmp_path) for other in [bundle, *others]}) == 4


def test_apt_stays_inside_its_directory(tmp_path: Path) -> None:
    if shutil.which("apt-config") is None:
        pytest.fail("these tests run on Debian, as the set-up does")
    text = apt_configuration(tmp_path, "i386")
    places = dict(re.findall(r'^(Dir::\S+) "([^"]*)";', text, re.MULTILINE))
    assert {"Dir::State", "Dir::State::status", "Dir::Cache"} <= places.keys()
    assert all(
        place == "/dev/null" or place.startswith(str(tmp_path)) for place in places.values()
    )
    assert "Invoke" not in text, "no commands of the machine's configuration"
    assert 'APT::Architectures { "i386"; };' in text


def test_what_apt_takes_for_installed() -> None:
    stanzas = installed_already("arm64").split("\n\n")
    assert len(stanzas) == len(NOT_NEEDED)
    assert all("Status: install ok installed" in stanza for stanza in stanzas)


def test_only_debians_key_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = tmp_path / "keyring.gpg"
    monkeypatch.setattr(debian_packages, "KEYRINGS", (tmp_path / "none.gpg", keyring))
    with pytest.raises(NotReady, match="keys are not on this machine") as refused:
        sources_stanza("http://m.example/debian", "trixie", "amd64")
    assert "debian-archive-keyring" in refused.value.remedy
    keyring.touch()
    stanza = sources_stanza("http://m.example/debian", "trixie", "amd64")
    assert f"Signed-By: {keyring}\n" in stanza
    assert "Trusted" not in stanza


@pytest.mark.parametrize(
    ("complaint", "worth_another_name"),
    [
        (
            "E: Failed to fetch x  File has unexpected size (1 != 2). Mirror sync in progress?",
            True,
        ),
        ("E: Failed to fetch x  Hash Sum mismatch", True),
        ("E: Failed to fetch x  404  Not Found [IP: 192.0.2.1 80]", True),
        ("E: Failed to fetch x  Temporary failure resolving 'm.example'", False),
        ("E: Failed to fetch x  Could not connect to m.example:80", False),
    ],
)
def test_another_name_is_tried_only_when_it_can_help(
    complaint: str, worth_another_name: bool
) -> None:
    assert bool(OUT_OF_STEP.search(complaint)) is worth_another_name
