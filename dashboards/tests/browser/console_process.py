"""``callpoint console`` as a process of its own, which a test stops, freezes and starts again."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

END_S: Final = 20.0


class ConsoleProcess:
    """A console of a configuration. It keeps its port over a restart."""

    def __init__(self, config: Path) -> None:
        """Start it and wait until it listens."""
        self._config = config
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start it on the port that it had before."""
        command = [sys.executable, "-m", "callpoint_cli.main", "console"]
        command += ["-c", str(self._config), "--port", str(self.port)]
        self._process = subprocess.Popen(
            ["env", "--default-signal=INT", *command],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline().decode()
        assert "listening on http://" in line, line
        self.port = int(line.rstrip().rstrip("/").rpartition(":")[2])

    @property
    def address(self) -> str:
        """Return the address in a browser, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Return its process number."""
        return self._process.pid

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
