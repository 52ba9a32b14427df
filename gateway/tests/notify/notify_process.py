"""A site whose notifier is a process; the test writes the journal in the gateway's place."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from callpoint_gateway.configuration import register as registers
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import NewEntry, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_people.notifications import Notifications
from callpoint_people.person import Responsibility, person
from callpoint_people.store import PeopleStore
from callpoint_protocol import names

from ..alarms.case_entries import commit, event
from ..people.estate import REGISTER, TODAY

SOON_S = 60.0
SMS_BODY = """'{"to": "{address}", "text": "{body}", "id": "{id}"}'"""


def private(path: Path, text: str) -> None:
    """Write a file that only its owner may read."""
    path.touch(0o600)
    path.write_text(text)


class NotifySite:
    """A state folder, a journal, and a process that is started and killed."""

    def __init__(self, folder: Path, notify: str, robot_port: int = 0) -> None:
        """``notify``: the text of ``[notify]`` and its tables."""
        self.folder = folder
        self._robot_port = robot_port
        (folder / "register.toml").write_text(REGISTER)
        self.register = registers.load(folder / "register.toml")
        self.config = folder / "gateway.toml"
        self.config.write_text(
            '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'
            f'time_zone = "Asia/Shanghai"\nlog_level = "debug"\n[notify]\nenabled = true\n{notify}'
        )
        (folder / "state").mkdir()
        self.journal = Journal(folder / "state" / "alarms.db", SystemClock(), chained=True)
        self.notifications = Notifications(folder / "state")
        self.log = folder / "notify.log"
        self.seq = 0
        self._child: subprocess.Popen[bytes] | None = None

    def sms(self, port: int) -> None:
        """Write the request of an SMS gateway on this machine."""
        url = f"http://127.0.0.1:{port}/sms"
        private(self.folder / "sms.toml", f'url = "{url}"\nbody = {SMS_BODY}\n')

    def guard(self, name: str = "Guard", phone: str = "13800138000", **more: str) -> str:
        """Add a guard and return the id."""
        with PeopleStore(self.folder / "state") as people:
            addresses = {"phone": phone} | more
            one = person(name, "zh", "2026-01-02", addresses, (), TODAY)
            return people.add(one, [Responsibility("guard", "")])

    def press(self, place: str = "b3-u2-301", kind: int = names.PANIC) -> int:
        """Store an alarm of a button of its own."""
        self.seq += 1
        body = event(kind=kind, place=place)
        return commit(self.journal, NewEntry(Type.EVENT, body, f"button-{self.seq}", 1, self.seq))

    @property
    def pid(self) -> int:
        """The process."""
        assert self._child is not None
        return self._child.pid

    def start(self) -> None:
        """Start the notifier."""
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "callpoint_rig.robot_notifier",
                    str(self.config),
                    str(self._robot_port),
                ],
                stdout=log,
                stderr=log,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )

    def started(self) -> None:
        """Start the notifier and wait until it follows the journal."""
        before = self._lines()
        self.start()
        self.until(lambda: "follows the journal" in self._lines()[len(before) :])

    def _lines(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def kill(self) -> None:
        """Kill the notifier, as a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Stop the notifier in order, and return its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        if self._child is None:
            return 0
        self._child.send_signal(number)
        code = self._child.wait(SOON_S)
        self._child = None
        return code

    def close(self) -> None:
        """End everything."""
        self.kill()
        self.journal.close()

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for a condition."""
        ends = time.monotonic() + SOON_S
        while not condition():
            assert time.monotonic() < ends, self._lines()[-3000:]
            assert self._child is None or self._child.poll() is None, self._lines()[-3000:]
            time.sleep(0.02)
