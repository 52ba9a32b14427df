"""``callpoint console`` as a process of its own, which a test stops, freezes and starts again."""

import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Final

from callpoint_console.accounts.roles import Grant
from callpoint_console.accounts.schema import SUBJECTS
from callpoint_console.accounts.sessions import SessionStore
from callpoint_console.accounts.store import AccountStore, LoginTaken
from callpoint_console.database import Database, file_in
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import SystemClock
from callpoint_rig.ports import free_port
from callpoint_rig.rig import PROGRAM

END_S: Final = 60.0


class ConsoleProcess:
    """A console of a configuration. It keeps its port over a restart."""

    running: ClassVar[dict[str, "ConsoleProcess"]] = {}  # by address

    def __init__(
        self,
        config: Path,
        program: Sequence[str] = PROGRAM,
        command: Sequence[str] = ("console",),
    ) -> None:
        """Start it and wait until it listens. ``program``: what Python runs as ``callpoint``.

        ``command``: which console.
        """
        self.config = config
        self._program = program
        self._command = command
        self.port = free_port()
        self.start()

    def start(self) -> None:
        """Start it on the port that it had before."""
        command = [sys.executable, *self._program, *self._command]
        command += ["-c", str(self.config), "--port", str(self.port)]
        self._process = subprocess.Popen(
            ["env", "--default-signal=INT", *command],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline().decode()
        if "listening on http://" not in line:
            self.kill()
            raise AssertionError(f"the console does not start: {line}")
        self.running[self.address] = self

    @property
    def address(self) -> str:
        """Return the address in a browser, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Return its process number."""
        return self._process.pid

    def cookie(self, language: str, login: str = "", place: str = "") -> dict[str, str]:
        """Return a cookie that signs a browser in, with every role at a place, "": everywhere.

        ``language``: the account's; ``login``: its name, else one of the language.
        """
        token = signed_in(self.config, login or f"desk-{language}", language, place)
        return {"name": "callpoint-session", "value": token, "url": self.address}

    def freeze(self) -> None:
        """Have it stand still (SIGSTOP)."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._close()

    def stop(self) -> None:
        """End it as systemd does; it must end by itself."""
        self._process.terminate()
        assert self._close() == 0

    def _close(self) -> int:
        code = self._process.wait(END_S)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code


def signed_in(config: Path, login: str, language: str, place: str = "") -> str:
    """Return the token of a new session of an account, which is made if there is none."""
    settings = tomllib.loads(config.read_text("utf-8"))
    # A district's is at the top of its file.
    state_dir = config.parent / settings.get("gateway", settings)["state_dir"]
    database, clock = Database(file_in(state_dir), SUBJECTS), SystemClock()
    try:
        store = AccountStore(database, clock)
        with suppress(LoginTaken):
            store.add(login, [Grant(role, place) for role in Role], language)
        account = store.find(login).id
        database.write(
            lambda c: c.execute(
                "UPDATE accounts SET factor = 'SECRET', must_change = 0 WHERE id = ?", (account,)
            )
        )
        sessions = SessionStore(database, ConsoleSettings(), clock)
        return sessions.begin(account, "127.0.0.1", "a test", factor=True)
    finally:
        database.close()
