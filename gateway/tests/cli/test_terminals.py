"""Each command prints in any terminal: 40 columns, no UTF-8, texts that would move a cursor."""

import asyncio
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from callpoint_cli.main import main
from callpoint_gateway.alarms.questions import AskExercises, ExercisesNow
from callpoint_gateway.arming.questions import ListPartitions, PartitionList, PartitionView
from callpoint_gateway.control.socket import Control
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    DeliveryBody,
    FaultBody,
    Quarantine,
)
from callpoint_gateway.journal.partition import State
from callpoint_gateway.supervision.questions import (
    InhibitList,
    InhibitView,
    ListInhibits,
)
from callpoint_protocol import names

from ..alarms.site_journals import Site
from ..conftest import ManualClock

COLUMNS = 40
# What a device, a server or a person may have sent: colours, a cursor home, an 8-bit escape.
NASTY = "门\x1b[31m\x1b]0;title\x07\x9b2J"
REGISTER = """\
[[place]]
id = "lobby"
city = "安徽省滁州市凤阳县"
street = "湖滨东路"
building = "3"
room = "301"

[[partition]]
id = "flat"
place = "lobby"

[[device]]
id = "button"
place = "lobby"

[[device.zone]]
zone = 3
kind = "panic"
"""
CONFIGURATION = """\
[gateway]
site = "estate"
state_dir = "."
register = "register.toml"
time_zone = "Asia/Shanghai"
"""
COMMANDS = [
    ["alarms"],
    ["alarm", "show", "1"],
    ["alarm", "show", "99"],
    ["watch", "--once"],
    ["events"],
    ["events", "--json"],
    ["events", "--telemetry"],
    ["events", "--quarantine"],
    ["report"],
    ["report", "--format", "csv"],
    ["report", "--format", "json"],
    ["partitions"],
    ["inhibit", "--list"],
    ["supervision"],
    ["drill", "status"],
    ["config", "check"],
    ["journal", "verify"],
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a state directory that has something for each command."""
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder, ManualClock())
    number = site.event(names.ALARM)
    site.tell(DeliveryBody("police", 1, True, NASTY, 12), about=number)
    site.tell(ActionBody(Action.NOTE, "desk-2", "console", note=NASTY), about=number)
    site.tell(FaultBody("centre/police", True, NASTY, NASTY))
    site.store(Quarantine("mqtt", NASTY, NASTY, NASTY.encode()))
    site.close()
    (folder / "register.toml").write_text(REGISTER, encoding="utf-8")
    (folder / "gateway.toml").write_text(CONFIGURATION, encoding="utf-8")
    return folder


def answers(folder: Path) -> Control:
    """Return a gateway that answers each looking command with something long and nasty."""
    control = Control(folder)
    partition = PartitionView(
        partition="flat",
        place=f"lobby {NASTY}",
        state=State.TRIGGERED,
        mode=None,
        left_s=3,
        bypassed=["button/3"] * 5,
        alarmed=[],
        open=["button/3"] * 5,
        changed_by="operator",
    )
    inhibit = InhibitView(
        number=1,
        left_s=60,
        device="button",
        zone=3,
        place="",
        reason=NASTY,
        role="operator",
        maintenance=True,
        life=True,
        from_ms=0,
        until_ms=1,
    )
    control.register(ListPartitions, lambda _, __: PartitionList([partition]))
    control.register(ListInhibits, lambda _, __: InhibitList([inhibit]))
    control.register(AskExercises, lambda _, __: ExercisesNow([]))
    return control


def in_terminal(folder: Path, words: list[str], **environment: str) -> tuple[int, str]:
    """Run a command in a terminal of 40 columns; return its exit code and all that it printed."""
    near, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    process = subprocess.Popen(
        [sys.executable, "-m", "callpoint_cli.main", *words],
        stdin=subprocess.DEVNULL,
        stdout=far,
        stderr=far,
        cwd=folder,
        env=kept | {"TERM": "xterm"} | environment,
    )
    os.close(far)
    said = b""
    try:
        while part := os.read(near, 65_536):
            said += part
    except OSError:
        pass  # the other end of a terminal is closed
    os.close(near)
    return process.wait(60), said.decode("utf-8", "replace")


def shown(folder: Path, words: list[str], **environment: str) -> str:
    """Return what a command shows while a gateway answers; it must not fail."""

    async def play() -> tuple[int, str]:
        control = answers(folder)
        await control.start()
        try:
            return await asyncio.to_thread(in_terminal, folder, words, **environment)
        finally:
            await control.close()

    code, said = asyncio.run(play())
    assert "Traceback" not in said, said
    assert code in (0, 3, 4), said
    return said


# A colour is an escape of ours: rich and click write nothing but colours and bold.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


ASCII = {"LANG": "C", "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
UTF_8 = {"LANG": "C.UTF-8"}


@pytest.mark.parametrize(
    ("words", "environment"),
    [*((words, ASCII) for words in COMMANDS), (["events"], UTF_8), (["watch", "--once"], UTF_8)],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value["LANG"],
)
def test_a_command_prints_in_a_narrow_terminal_in_any_encoding(
    folder: Path, words: list[str], environment: dict[str, str]
) -> None:
    said = shown(folder, [*words, "-c", "gateway.toml"], **environment)
    assert said.strip()
    plain = _COLOUR.sub("", said)
    assert "\x1b" not in plain, ascii(plain)
    assert "\x07" not in plain
    assert "\x9b" not in plain
    if words in (["partitions"], ["inhibit", "--list"], ["events"]):
        # Nothing of a row is lost where a table has no room.
        assert "button" in plain
        assert "…" not in plain


def _help() -> Iterator[list[str]]:
    for name in main.list_commands(click.Context(main)):
        command = main.get_command(click.Context(main), name)
        yield [name]
        if isinstance(command, click.Group):
            yield from ([name, inner] for inner in command.list_commands(click.Context(command)))


@pytest.mark.parametrize("words", list(_help()), ids=" ".join)
def test_help_fits_a_narrow_terminal(words: list[str]) -> None:
    context = click.Context(main, terminal_width=COLUMNS)
    command: click.Command = main
    for word in words:
        assert isinstance(command, click.Group)
        inner = command.get_command(context, word)
        assert inner is not None
        context = click.Context(
            inner,
            info_name=word,
            parent=context,
            terminal_width=COLUMNS,
            max_content_width=COLUMNS,
        )
        command = inner
    text = command.get_help(context)
    assert text.encode("ascii", "backslashreplace")
