"""A MicroPython that plays scenarios: see ``wired_script.py`` for what one is."""

import json
import subprocess
from pathlib import Path
from typing import Any

from interpreters import FIRMWARE, PROTOCOL, interpreter

_SCRIPT = Path(__file__).with_name("wired_script.py")


class Wired:
    """The process stays, so that a scenario costs a few milliseconds."""

    def __init__(self, name: str) -> None:
        self._process = subprocess.Popen(
            [interpreter(name), str(_SCRIPT), str(FIRMWARE), str(PROTOCOL)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def play(self, **scenario: Any) -> Any:
        """Return the events of each start."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._process.stdin.write(json.dumps(scenario) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, self._process.stderr.read()
        return json.loads(line)

    def events(self, zone: dict[str, Any], until: int, happens: Any, **more: Any) -> Any:
        """Play one start with one zone; return (state, detail, happened at) of each event."""
        configured = more.pop("configured", {})
        start = {"until": until, "happens": happens, **more}
        played = self.play(zones=[zone], starts=[start], configured=configured)
        return [(event[2], event[4], event[6]) for event in played[0]]

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=60)
