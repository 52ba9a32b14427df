"""Boards at the end of a pseudo-terminal, for the client of the raw REPL."""

from __future__ import annotations

import os
import pty
import select
import threading
import tty

_TURN_S = 0.005


class PtyBoard:
    """A thread that plays a board on the port ``name``. It sends ``piece`` bytes at a time."""

    def __init__(self, piece: int = 4096) -> None:
        self._piece = piece
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.name = os.ttyname(self._slave)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.sent = b""

    def begin(self) -> None:
        """Start to play."""
        self._thread.start()

    def close(self) -> None:
        """End the thread and close the terminal."""
        self._stop.set()
        self._thread.join()
        os.close(self._master)
        os.close(self._slave)

    def _run(self) -> None:
        while not self._stop.is_set():
            if select.select([self._master], [], [], _TURN_S)[0]:
                data = os.read(self._master, 4096)
                self.sent += data
                self.heard(data)
            self.turn()

    def heard(self, data: bytes) -> None:
        """Handle bytes that came over the line."""

    def turn(self) -> None:
        """Do what the board does unasked."""

    def say(self, data: bytes) -> None:
        """Send bytes, in pieces."""
        for at in range(0, len(data), self._piece):
            os.write(self._master, data[at : at + self._piece])


class ScriptedBoard(PtyBoard):
    """Answers by a script of pairs: the bytes that it waits for, and its answer."""

    def __init__(self, answers: list[tuple[bytes, bytes]], piece: int = 4096) -> None:
        super().__init__(piece)
        self._answers = answers
        self._unanswered = b""

    def heard(self, data: bytes) -> None:
        """Answer as the script says."""
        self._unanswered += data
        while self._answers and self._answers[0][0] in self._unanswered:
            end, answer = self._answers.pop(0)
            self._unanswered = self._unanswered.split(end, 1)[1]
            self.say(answer)


class BabblingBoard(PtyBoard):
    """A board in a boot loop: it prints all the time and never listens."""

    def turn(self) -> None:
        """Print the banner again, unless nobody reads any more."""
        if select.select([], [self._master], [], 0)[1]:
            self.say(b"rst:0x10 (RTCWDT_RTC_RESET)\r\n")
