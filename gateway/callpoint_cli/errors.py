"""The exit codes of a command, and how it ends with one line on standard error."""

import sys
from typing import IO, Any, NoReturn

import click

from callpoint_cli.language import language, texts
from callpoint_gateway.host.printable import printable
from callpoint_gateway.words.said import Said

OK = 0
USAGE = 2  # the command or a configuration file is wrong
MISSING = 3  # something it needs is not there: a broker, a file, a port, a program
BAD = 4  # the command ran, and what it found is bad


class Failure(click.ClickException):
    """Ends the command with one line on standard error and an exit code."""

    def __init__(self, why: Said, exit_code: int) -> None:
        """``why``: what was wrong and what to do."""
        self._head = texts()("error")
        # It may quote what a file, a device or a server has said.
        super().__init__("\n".join(map(printable, why.in_(language()).split("\n"))))
        # click declares it for the class; here each instance has its own.
        self.exit_code = exit_code  # type: ignore[misc]

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the line."""
        click.echo(f"{self._head}{self.format_message()}", file=file or sys.stderr)


def fail(why: Said, exit_code: int) -> NoReturn:
    """End the command with one line on standard error."""
    raise Failure(why, exit_code)
