"""What is said is stored as a code, and read by everybody in a language of their own."""

import errno
import os
import socket
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import FaultBody, NewEntry, Type, fault_begins
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.words.said import (
    NOTHING,
    Said,
    joined,
    said,
    said_by,
    stored,
    value_said,
    verbatim,
)
from callpoint_gateway.words.system_errors import SYSTEM_ERRORS_ZH

REFUSES = said("centre.does_not_take", count=2, why=said("dc09.duh"))
ASK = said("dc09.duh.do")


def test_a_value_may_be_said_as_well() -> None:
    assert str(REFUSES) == "does not take 2 events: DUH: the receiver cannot use this event"
    assert REFUSES.in_("zh") == "有 2 条事件未被接收：DUH：接收机不支持此事件"
    two = joined([value_said("kind", "smoke"), value_said("kind", "gas")])
    assert (str(two), two.in_("zh")) == ("smoke; gas", "烟雾；燃气")


def test_it_is_the_same_after_a_journal_or_a_socket() -> None:
    again = msgspec.json.decode(msgspec.json.encode(REFUSES), type=Said)
    assert again == REFUSES
    assert again.in_("zh") == REFUSES.in_("zh")


def test_what_is_not_said_is_empty() -> None:
    assert not NOTHING
    assert (str(NOTHING), NOTHING.in_("zh")) == ("", "")
    assert verbatim("") == NOTHING


def test_a_code_of_another_version_is_read_as_its_english_text() -> None:
    for unknown in (Said("no.such"), Said("centre.no_answer"), Said("centre.no_answer", {"a": 1})):
        assert not unknown.known
        assert stored(unknown, "no answer within 4 s").in_("zh") == "no answer within 4 s"
    assert stored(NOTHING, "as it was").in_("zh") == "as it was"
    assert stored(REFUSES, "whatever").in_("zh") == REFUSES.in_("zh")


def test_what_an_exception_says() -> None:
    assert said_by(ValueError(REFUSES)) == REFUSES
    assert said_by(ValueError("plain")) == verbatim("plain")
    assert said_by(FileNotFoundError(2, "No such file or directory", "x")) == verbatim(
        "No such file or directory"
    )


def test_what_the_operating_system_says_is_in_the_readers_language() -> None:
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 9)")
    assert said_by(refused).in_("en") == "Connection refused"
    assert said_by(refused).in_("zh") == "连接被拒绝"
    with pytest.raises(socket.gaierror) as unknown:
        socket.getaddrinfo("no such name", 1, flags=socket.AI_NUMERICHOST)
    assert said_by(unknown.value).in_("zh") == "无法解析该名称"
    assert verbatim("whatever it is").in_("zh") == "whatever it is"


def test_each_text_of_the_system_is_one_that_the_system_says() -> None:
    of_errors = {os.strerror(number) for number in errno.errorcode}
    of_names = {
        "timed out",
        "Name or service not known",
        "No address associated with hostname",
        "Temporary failure in name resolution",
    }
    assert set(SYSTEM_ERRORS_ZH) - of_errors == of_names


def fault(folder: Path, entry: NewEntry) -> None:
    journal = Journal(folder / "alarms.db", SystemClock(), chained=True)
    journal.submit([entry])
    journal.close()


@pytest.mark.parametrize("command", [["watch", "--once"], ["supervision"], ["events"]])
def test_a_centres_fault_is_shown_in_the_language_of_its_reader(
    tmp_path: Path, command: list[str]
) -> None:
    fault(tmp_path, fault_begins("centre/police/refused", REFUSES, ASK))

    def shown(language: str) -> str:
        typed = [*command, "--lang", language, "--state-dir", str(tmp_path)]
        return " ".join(CliRunner().invoke(main, typed).stdout.split())

    chinese, english = shown("zh"), shown("en")
    for text in (REFUSES, ASK):
        assert text.in_("zh") in chinese
        assert str(text) not in chinese
        assert str(text) in english


@pytest.mark.parametrize("command", [["watch", "--once"], ["supervision"], ["events"]])
def test_a_fault_of_an_earlier_version_keeps_its_words(tmp_path: Path, command: list[str]) -> None:
    body = FaultBody("centre/police/refused", True, str(REFUSES), str(ASK))
    fault(tmp_path, NewEntry(Type.FAULT, body))
    typed = [*command, "--lang", "zh", "--state-dir", str(tmp_path)]
    shown = " ".join(CliRunner().invoke(main, typed).stdout.split())
    assert str(REFUSES) in shown
    assert str(ASK) in shown
