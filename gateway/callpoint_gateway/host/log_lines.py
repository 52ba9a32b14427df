"""Formats the log: each record is one line on standard output, in logfmt or JSON.

A thread of its own writes the lines, so that the thread that logs goes on at once.
Times are UTC (RFC 3339) with milliseconds. Keys, where they are known: ``ts``, ``level``,
``from``, ``event``, ``site``, ``dev``, ``event_id`` (the journal's position), ``seq``, then
``text``, and for an exception ``trace``: its traceback, the same at most once a second. No caller
hands a token, a key, or a person's name or number to a logger.
"""

import logging
import queue
import threading
import time
from typing import Any, Literal, TextIO

import msgspec

from callpoint_gateway.host.printable import printable, printable_json
from callpoint_gateway.host.unexpected import Traces, without_values

FIELDS = ("event", "site", "dev", "event_id", "seq")
Format = Literal["logfmt", "json"]

# How long a record waits, so that formatting it does not delay the alarm that it is about.
LATER_S = 0.005

_alarms = logging.getLogger("callpoint_gateway.alarm")


def alarm(
    event: str, text: str, *, site: str = "", dev: str = "", event_id: int = 0, seq: int = 0
) -> None:
    """Log one change of an alarm's state."""
    given = {"event": event, "site": site, "dev": dev, "event_id": event_id, "seq": seq}
    _alarms.info(text, extra={key: value for key, value in given.items() if value})


def _parts(record: logging.LogRecord, traces: Traces) -> dict[str, Any]:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    parts: dict[str, Any] = {
        "ts": f"{stamp}.{int(record.msecs):03d}Z",
        "level": record.levelname.lower(),
        "from": record.name.removeprefix("callpoint_gateway."),
    }
    parts |= {key: getattr(record, key) for key in FIELDS if hasattr(record, key)}
    text = record.getMessage()
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return parts | {"text": text}
    parts |= {"text": f"{text} ({without_values(error)})"}
    if trace := traces.fresh(error):
        parts |= {"trace": trace}
    return parts


def _logfmt(value: Any) -> str:
    if not isinstance(value, str):
        return str(value)
    if value and value.isprintable() and not any(char in ' "=\\' for char in value):
        return value
    # What moves a cursor or colours a terminal is no text of a line.
    return '"' + printable(value.replace("\\", "\\\\").replace('"', '\\"')) + '"'


class Lines(logging.Formatter):
    """Formats a record as one line."""

    def __init__(self, style: Format = "logfmt") -> None:
        super().__init__()
        self._json = style == "json"
        self._traces = Traces()

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        # A handler formats under its lock: one thread at a time.
        parts = _parts(record, self._traces)
        if self._json:
            return printable_json(msgspec.json.encode(parts).decode())
        return " ".join(f"{key}={_logfmt(value)}" for key, value in parts.items())


class LineWriter(logging.Handler):
    """Writes lines to a stream in a thread of its own, a moment (``LATER_S``) after the record.

    Otherwise the line of an alarm would be formatted and written before the answer to the alarm
    is sent. The interpreter calls ``close`` at its end, which writes the waiting records.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._records: queue.SimpleQueue[logging.LogRecord | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a record to the thread."""
        self._records.put(record)

    def close(self) -> None:
        """Write the waiting records and end the thread."""
        if self._thread.is_alive():
            self._records.put(None)
            self._thread.join()
        super().close()

    def _run(self) -> None:
        while (record := self._records.get()) is not None:
            time.sleep(LATER_S)
            lines = [self._line(record)]
            try:
                while (more := self._records.get_nowait()) is not None:
                    lines.append(self._line(more))
            except queue.Empty:
                self._write(lines)
                continue
            self._write(lines)
            return

    def _line(self, record: logging.LogRecord) -> str:
        try:
            return self.format(record) + "\n"
        except (TypeError, ValueError, LookupError):  # the values do not fit the record's text
            self.handleError(record)
            return ""

    def _write(self, lines: list[str]) -> None:
        try:
            self._stream.write("".join(lines))
            self._stream.flush()
        except OSError:
            # Nobody reads the log any more; the gateway goes on.
            return
