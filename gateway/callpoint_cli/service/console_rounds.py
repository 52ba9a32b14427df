"""The rounds of a console, a site's or a district's: each begins with what its files say then."""

from collections.abc import Callable, Iterable
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, Generic, TypeVar

import click
import msgspec

from callpoint_cli.errors import MISSING, fail
from callpoint_cli.language import texts
from callpoint_cli.service.console_address import addresses
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.words.said import Said

if TYPE_CHECKING:
    from callpoint_console.reloading import Reloading

T = TypeVar("T")


class Wrong(Exception):
    """What the files say cannot be used; ``code``: how the command ends at its start."""

    def __init__(self, why: Said, code: int = MISSING) -> None:
        super().__init__(why)
        self.why, self.code = why, code


class Rounds(Generic[T]):
    """Loads what a console is to use, and loads it again when the files have changed."""

    def __init__(
        self,
        load: Callable[[], T],
        files: Callable[[T], Iterable[Path]],
        fixed: Callable[[T], object],
        restart: Said,
    ) -> None:
        """``load`` returns what the files say now, or raises ``Wrong``.

        ``files``: which files these are. ``fixed``: of what was loaded, what only a new start of
        the console can change; ``restart`` says so.
        """
        self._load, self._files, self._fixed, self._restart = load, files, fixed, restart
        self._at_start: object = None
        self._told = False

    def first(self) -> T:
        """Return what the files say at the start, or end the command."""
        try:
            loaded = self._load()
        except Wrong as wrong:
            fail(wrong.why, wrong.code)
        self._at_start = self._fixed(loaded)
        return loaded

    def then(self, loaded: T, serve: "Callable[[T, Reloading[T]], bool]") -> T | None:
        """Serve until something else is loaded, and return that; None: the console is to end.

        ``serve`` serves one round; True: nobody has told it to stop.
        """
        from callpoint_console.reloading import Reloading

        reloading = Reloading(self._files(loaded), self._again)
        return reloading.loaded if serve(loaded, reloading) else None

    def _again(self) -> T:
        from callpoint_console.reloading import Unusable

        try:
            again = self._load()
        except Wrong as wrong:
            raise Unusable(wrong.why) from wrong
        if self._fixed(again) != self._at_start:
            raise Unusable(self._restart)
        return again

    def listens(self, settings: ConsoleSettings) -> None:
        """Say where the console listens, once."""
        if not self._told:
            click.echo(texts()("console.listening", url=addresses(settings)))
        self._told = True


def listening_at(settings: ConsoleSettings, listening: socket) -> ConsoleSettings:
    """Return the settings with the port that the socket has."""
    return msgspec.structs.replace(settings, port=listening.getsockname()[1])
