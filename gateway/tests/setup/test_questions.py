"""`callpoint setup` asks again until an answer is right, and Enter keeps what there is."""

import click
from click.testing import CliRunner

from callpoint_cli.setup.answers import Answers
from callpoint_cli.setup.questions import ask


def asked(now: Answers, *typed: str) -> tuple[Answers, str]:
    """Return the answers of a person who types these lines, and what was shown."""
    found: list[Answers] = []

    @click.command()
    def command() -> None:
        found.append(ask(now))

    done = CliRunner().invoke(command, input="".join(f"{line}\n" for line in typed))
    assert done.exception is None, done.output
    return found[0], done.output


def test_a_wrong_answer_is_asked_again() -> None:
    answers, shown = asked(
        Answers(),
        *("Garden Estate", "garden-estate"),
        *("ha_ll", "gateway.local 192.168.1.10"),
        *("fr", "zh", "Mars/Olympus", "Asia/Shanghai", "", "Mr Smith", "desk-1"),
    )
    assert answers == Answers(
        site="garden-estate",
        names=["gateway.local", "192.168.1.10"],
        language="zh",
        time_zone="Asia/Shanghai",
        account="desk-1",
    )
    assert shown.count("Error:") == 5


def test_enter_keeps_what_there_is() -> None:
    now = Answers(
        site="garden-estate",
        names=["gateway.local"],
        language="en",
        time_zone="Asia/Shanghai",
        public_url="https://alarm.example.org",
    )
    answers, shown = asked(now, "", "", "", "")
    assert "garden-estate" in shown
    assert (answers.names, answers.language) == (["gateway.local"], "en")
    # Address and certificate stay as they are, without asking for the certificate again.
    assert answers.public_url is None
