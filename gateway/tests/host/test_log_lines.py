"""Log lines: one a record, in UTC, readable by machines, whatever stands in the text."""

import io
import json
import logging
import sys

import pytest

from callpoint_gateway.host.log_lines import Lines, LineWriter


def record(text: str, *values: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord(
        "callpoint_gateway.centres.sender", logging.WARNING, __file__, 1, text, values, None
    )
    made.created, made.msecs = 1_795_000_000.25, 250.0
    for key, value in extra.items():
        setattr(made, key, value)
    return made


def test_logfmt_has_the_fixed_keys_first() -> None:
    line = Lines().format(
        record("after %d ms", 3, event="delivered", dev="button", event_id=7, seq=2, site="s")
    )
    assert line == (
        "ts=2026-11-18T11:06:40.250Z level=warning from=centres.sender event=delivered site=s "
        'dev=button event_id=7 seq=2 text="after 3 ms"'
    )


@pytest.mark.parametrize("text", ['a "quoted" word', "two\nlines\r\tand \\", "", "a=b", "报警"])
def test_any_text_is_one_line(text: str) -> None:
    plain, as_json = Lines().format(record(text)), Lines("json").format(record(text))
    assert len(plain.splitlines()) == len(as_json.splitlines()) == 1
    assert json.loads(as_json)["text"] == text
    value = plain.partition("text=")[2]
    if value.startswith('"'):
        value = json.loads(value)
    assert value == text


@pytest.mark.parametrize(
    "text", ["\x1b[2J", "a \x1b]0;x\x07", "\x9b31m", "\u202eback", "\U000e0041"]
)
def test_no_text_moves_a_cursor(text: str) -> None:
    plain, as_json = Lines().format(record(text)), Lines("json").format(record(text))
    assert plain.isprintable()
    assert as_json.isprintable()
    assert json.loads(as_json)["text"] == text


def test_an_exception_stays_on_its_line() -> None:
    made = record("failed")
    try:
        raise ValueError("two\nlines")
    except ValueError:
        made.exc_info = sys.exc_info()
    line = Lines().format(made)
    assert len(line.splitlines()) == 1
    assert ' text="failed (ValueError: two\\nlines)" trace="Traceback (most recent' in line


class Gone(io.StringIO):
    """A stream whose reader has gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_lines_are_written_in_order_and_all_of_them_before_the_end() -> None:
    stream = io.StringIO()
    writer = LineWriter(stream)
    writer.setFormatter(Lines())
    for number in range(100):
        writer.emit(record(f"line-{number}"))
    writer.close()
    ends = [line.rpartition("text=")[2] for line in stream.getvalue().splitlines()]
    assert ends == [f"line-{number}" for number in range(100)]


def test_nobody_who_logs_fails_when_the_log_cannot_be_written() -> None:
    writer = LineWriter(Gone())
    writer.setFormatter(Lines())
    writer.emit(record("lost"))
    writer.close()
