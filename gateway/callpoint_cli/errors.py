"""The exit codes of a command, and how it ends with one line on standard error."""

from typing import NoReturn

import click

from callpoint_gateway.host.printable import printable

OK = 0
USAGE = 2  # the command or a configuration file is wrong
MISSING = 3  # something it needs is not there: a broker, a file, a port, a program
BAD = 4  # the command ran, and what it found is bad


class Failure(click.ClickException):
    """Ends the command with one line on standard error and an exit code."""

    def __init__(self, text: str, exit_code: int) -> None:
        """``text`` says what was wrong and what to do."""
        # It may quote what a file, a device or a server has said.
        super().__init__("\n".join(map(printable, text.split("\n"))))
        # click declares it for the class; here each instance has its own.
        self.exit_code = exit_code  # type: ignore[misc]


def fail(text: str, exit_code: int) -> NoReturn:
    """End the command with one line on standard error."""
    raise Failure(text, exit_code)
