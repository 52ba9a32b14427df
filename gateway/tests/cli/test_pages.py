"""Each command that a page or a text of the program names exists, with its options."""

import ast
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from callpoint_cli.main import main

ROOT = Path(__file__).parents[3]
PAGES = (
    "packaging/README.md",
    *("README.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md", "dashboards/README.md"),
    *("gateway/CONFIGURATION.md", "gateway/WEBHOOK.md", "hil_tests/README.md"),
    *(
        "protocol/README.md",
        "firmware/README.md",
        "firmware/UPDATE.md",
        "firmware/boards/README.md",
    ),
    *("firmware/callpoint_boards/README.md", "firmware/callpoint_boards/WIRING.md"),
    "gateway/systemd/callpoint.service",
    "gateway/systemd/callpoint-broker.service",
    "gateway/systemd/callpoint-notify.service",
    "gateway/systemd/callpoint-console.service",
    "gateway/systemd/callpoint-district@.service",
    "gateway/systemd/callpoint-district-console.service",
    "gateway/systemd/callpoint-enrolment.service",
    "gateway/systemd/callpoint-engine.service",
)
PROGRAMS = (
    *("gateway/callpoint_gateway", "gateway/callpoint_cli", "gateway/callpoint_rig"),
    *("gateway/callpoint_people", "gateway/callpoint_notify"),
)
# A placeholder, an ellipsis or a value: what follows it is no subcommand.
_NAME = re.compile(r"[a-z][a-z-]*")


def missing(line: str) -> str | None:
    """Return what of a `callpoint ...` line does not exist; None when all of it does.

    `a | b` names several subcommands or commands.
    """
    words = shlex.split(line.replace("...", " "), comments=True)[1:]
    alternatives = re.split(r"\s+\|\s+", " ".join(words))
    first = alternatives[0].split()
    for other in alternatives[1:]:
        if problem := _missing([*first[:-1], *other.split()]):
            return problem
    return _missing(first)


def _missing(words: list[str]) -> str | None:
    context = click.Context(main)
    command: click.Command = main
    options = {"--help", "-h", "--version"}
    for number, word in enumerate(words):
        if word.startswith("-"):
            if word.split("=")[0] not in options:
                return f"option {word}"
        elif isinstance(command, click.Group) and number == _depth(words, number):
            found = command.get_command(context, word)
            if found is None:
                return f"command {word}"
            command = found
            options = {"--help", "-h"}
            for parameter in command.params:
                if isinstance(parameter, click.Option):
                    options |= {*parameter.opts, *parameter.secondary_opts}
    return None


def _depth(words: list[str], number: int) -> int:
    """Return the number of the word if only names stand before it, otherwise -1."""
    return number if all(_NAME.fullmatch(word) for word in words[:number]) else -1


def lines_of(page: str) -> Iterator[str]:
    """Yield what a page tells its reader to type: in blocks, and in a line between back quotes."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:sh)?\n(.*?)```", text, re.DOTALL)
    typed = [line.strip() for block in blocks for line in block.splitlines()]
    typed += [line.strip() for line in text.splitlines() if line.startswith("    ")]
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    typed += [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose)]
    typed += re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    for line in (line.rstrip("\\") for line in typed):
        program = line.split(" ")[0]
        ours = program == "make" and "-C" not in line
        if ours or (program.rpartition("/")[2] == "callpoint" and " " in line):
            yield line


def texts_of(folder: str) -> Iterator[str]:
    """Yield the commands that texts of a program name: in help, errors and remedies."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for found in re.findall(r"\bcallpoint ((?:[a-z]+ ?){1,3})", node.value):
                    yield f"{path.relative_to(ROOT)}: callpoint {found}"


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_exist(page: str) -> None:
    for line in set(lines_of(page)):
        if line.startswith("make "):
            words = [word for word in shlex.split(line, comments=True)[1:] if word != "..."]
            done = subprocess.run(
                ["make", "-n", *words], cwd=ROOT, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{page}: {line}: {done.stderr}"
        elif line != "make":
            assert missing(line) is None, f"{page}: {line}: there is no {missing(line)}"


@pytest.mark.parametrize("folder", PROGRAMS)
def test_the_commands_that_a_program_names_exist(folder: str) -> None:
    found = set(texts_of(folder))
    for text in found:
        line = text.partition(": ")[2]
        name = line.split()[1]
        assert main.get_command(click.Context(main), name) is not None, text


def test_a_command_that_does_not_exist_is_found() -> None:
    assert missing("callpoint rum") == "command rum"
    assert missing("callpoint journal verfy -c gateway.toml") == "command verfy"
    assert missing("callpoint watch --colour") == "option --colour"
    assert missing("callpoint firmware key | bild") == "command bild"
    assert missing("callpoint journal verify -c gateway.toml  # looks") is None


def test_the_list_of_commands_cuts_no_text_off() -> None:
    shown = CliRunner().invoke(main, ["--help"], terminal_width=80).output
    assert [
        line for line in shown.splitlines() if line.startswith("  ") and line.endswith("...")
    ] == []
