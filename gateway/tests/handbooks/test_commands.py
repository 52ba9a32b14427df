"""Every command of the handbooks exists as it stands there, and what can run here is run."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Final

import click
import pytest
from click.testing import CliRunner

from callpoint_cli.errors import BAD, OK
from callpoint_cli.main import main
from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.broker.configuration import write_configuration
from callpoint_gateway.host.clock import SystemClock
from callpoint_rig.ports import free_port
from callpoint_technician.chips import CHIPS

from ..mosquitto_process import running
from ..technician.synthetic import stock_file
from .handbook import LANGUAGES, lines, mentioned, pages

CONFIGURATION: Final = """
[gateway]
site = "estate"
state_dir = "state"
register = "register.toml"
language = "{language}"
[broker]
port = {port}
[renewal]
certificates_dir = "certificates"
[console]
public_url = "http://127.0.0.1:8480"
public_pages = true
"""
CONTACTS: Final = "name,consent on,phone,role\nAn Example,2026-11-01,13800000000,volunteer\n"
PASSWORD: Final = "another-password\n"
# What needs more than a machine and its gateway; other tests run each of these.
NOT_HERE: Final = {
    "setup": "a machine with the package, as root",
    "upgrade": "the same",
    "flash": "boards",
    "device identify": "a board that answers",
    "handover verify": "a report",
    "alarm ack": "an alarm",
    "alarm close": "an alarm",
    "restore": "a gateway that has stopped; the end of the test runs it",
}
# They judge what they find.
JUDGES: Final = ("doctor", "notify check")
# From a plan to its orders; then what goes on at a site that has devices.
OF_DISTRICT: Final = "district.md"  # test_district.py runs it
ORDER: Final = ("technician.md", "install.md", "operator.md", "trouble.md")
FIRST_LINES: Final = (["sudo", "-i"], ["cd", "/etc/callpoint"])


def leaf(words: Sequence[str]) -> tuple[str, click.Command, list[str]]:
    """Return the name of the command that the words call, the command, and what is left."""
    command: click.Command = main
    rest, names = list(words[1:]), []
    while isinstance(command, click.Group) and rest:
        found = command.get_command(click.Context(command), rest[0])
        assert found is not None, f"no command {words}"
        names.append(rest.pop(0))
        command = found
    return " ".join(names), command, rest


def typed() -> list[list[str]]:
    """Return the commands of all code blocks; the languages have the same."""
    return [words for text in pages("en").values() for words in lines(text)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a site, which commands are typed in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_command_is_understood(folder: Path) -> None:
    (folder / "identities").mkdir()
    (folder / "handover-1.json").touch()
    (folder / "handover.pem").touch()
    (folder / "district.toml").touch()
    for words in typed():
        if words[0] != "callpoint":
            assert words[0] in ("sudo", "cd", "chmod", "ssh"), words
            continue
        name, command, rest = leaf(words[: words.index(">")] if ">" in words else words)
        assert not isinstance(command, click.Group) or command.invoke_without_command, words
        command.make_context(name, rest)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_within_a_sentence_exists(language: str) -> None:
    for text in pages(language).values():
        for words in mentioned(text):
            _, command, rest = leaf(words)
            known = {option for each in command.params for option in each.opts}
            assert {word for word in rest if word.startswith("--")} <= known, words


@contextmanager
def site(folder: Path, language: str) -> Iterator[None]:
    """Have a broker and a gateway without devices, and what a technician has downloaded."""
    Authority(folder / "certificates", SystemClock())
    port = free_port()
    (folder / "gateway.toml").write_text(CONFIGURATION.format(language=language, port=port))
    (folder / "register.toml").touch()
    (folder / "contacts.csv").write_text(CONTACTS)
    for words in typed():
        if words[:3] == ["callpoint", "firmware", "image"]:
            chip = CHIPS[words[words.index("--chip") + 1]]
            Path(words[words.index("--stock") + 1]).write_bytes(stock_file(chip))
    path = write_configuration(folder / "broker", port, user=getuser())
    command = [sys.executable, "-m", "callpoint_cli.main", "run", "-c", "gateway.toml"]
    with (
        running(path, port, "mosquitto"),
        Popen(command, stdout=DEVNULL, stderr=DEVNULL) as gateway,
    ):
        try:
            while CliRunner().invoke(main, ["orders", "-c", "gateway.toml"]).exit_code != OK:
                assert gateway.poll() is None
            yield
        finally:
            gateway.terminate()


def do(words: Sequence[str], language: str) -> None:
    """Do what a person types in the folder of the site."""
    if words[0] == "chmod":
        os.chmod(words[2], int(words[1], 8))  # noqa: PTH101
    if words[0] != "callpoint":
        return
    output = None
    if ">" in words:
        words, output = words[: words.index(">")], words[-1]
    name, command, _ = leaf(words)
    call = [word.replace("/mnt/stick/", "stick-") for word in words[1:]]
    if call[:2] == ["orders", "--withdraw"]:
        waiting = CliRunner().invoke(main, ["orders", "--json", "-c", "gateway.toml"])
        call[2] = str(json.loads(waiting.stdout)[-1]["number"])  # whichever the gateway gave
    if any("-c" in each.opts for each in command.params):
        call += ["-c", "gateway.toml"]
    done = CliRunner().invoke(main, [*call, "--lang", language], input=PASSWORD)
    assert done.exit_code in ((OK, BAD) if name in JUDGES else (OK,)), (words, done.output)
    if output is not None:
        Path(output).write_text(done.stdout, "utf-8")


def is_here(words: Sequence[str]) -> bool:
    """Say whether a line can be run without boards, package and alarms."""
    if words[0] != "callpoint":
        return True
    name, _, rest = leaf(words)
    if name == "device" and "--later" in rest:
        return True
    return name not in NOT_HERE and f"{name} {rest[1] if len(rest) > 1 else ''}" not in NOT_HERE


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_site_is_set_up_and_kept_as_the_handbooks_say(folder: Path, language: str) -> None:
    texts = pages(language)
    left = texts.keys() - {*ORDER, OF_DISTRICT}
    assert all(not list(lines(texts[page])) for page in left)
    with site(folder, language):
        for page in ORDER:
            for words in lines(texts[page]):
                if words not in FIRST_LINES and is_here(words):
                    do(words, language)
    (back,) = [words for words in lines(texts["install.md"]) if "restore" in words]
    do(back, language)


def test_what_is_not_run_here_stands_in_the_handbooks() -> None:
    left = [words for words in typed() if words[0] == "callpoint" and not is_here(words)]
    for name in NOT_HERE:
        assert any(words[1] == name.split()[0] for words in left), name
