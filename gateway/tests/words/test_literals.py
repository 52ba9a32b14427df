"""What a command prints or refuses with is no literal: it would be in one language only.

``fail`` and the errors of the gateway take a coded text alone, which the type check sees to. Here
is what takes any text.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import callpoint_cli
from callpoint_gateway.broker.authority import AuthorityError
from callpoint_gateway.broker.revocation import NotInForce
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.host.service_error import ServiceError
from callpoint_gateway.host.state_lock import StateDirInUse
from callpoint_gateway.journal.backup import BackupError
from callpoint_gateway.journal.reader import JournalError
from callpoint_gateway.protocols.dc09.errors import FrameError as Dc09FrameError
from callpoint_gateway.protocols.gbt26875.frame import FrameError as GbtFrameError
from callpoint_people.outbox_file import OutboxUnusable

CALLS = ("echo", "UsageError", "BadParameter", "ClickException", "add_column", "verbatim")
# Units, and what a person copies as it is.
SAME = {"dBm", "host", "port", "broker"}
# Their English is said by a Chinese table in the same file (``callpoint_cli.usage``).
OWN_TABLE = {"usage.py", "help_page.py"}


def literals(node: ast.expr) -> Iterator[str]:
    """Yield the literal text of an argument, also within an f-string or a sum."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            return
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def found(source: str) -> list[str]:
    """Return each literal with English in it that a source hands to one of ``CALLS``."""
    wrong = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in CALLS:
            for argument in node.args:
                for text in literals(argument):
                    words = set(re.findall(r"[A-Za-z]{2,}", text)) - SAME
                    wrong += [f"{node.lineno}: {text}"] if words else []
    return wrong


@pytest.mark.parametrize("bad", ['click.echo("done")', 'click.echo(f"{path}: done")'])
def test_a_literal_is_found(bad: str) -> None:
    assert found(bad)
    assert not found('click.echo(texts()("act.done", alarm=1))')


def test_no_command_prints_a_literal() -> None:
    for path in Path(callpoint_cli.__path__[0]).rglob("*.py"):
        if path.name not in OWN_TABLE:
            assert found(path.read_text(encoding="utf-8")) == [], path.name


@pytest.mark.parametrize(
    "error",
    [
        AuthorityError,
        BackupError,
        Dc09FrameError,
        GbtFrameError,
        JournalError,
        NotInForce,
        OutboxUnusable,
        QuestionRefused,
        ServiceError,
        StateDirInUse,
    ],
)
def test_an_error_for_people_takes_a_coded_text(error: type[Exception]) -> None:
    assert error.__init__.__annotations__["why"].__name__ == "Said"
