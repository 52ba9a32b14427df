"""Puts a question to the running gateway, or ends the command with the reason."""

import json
from pathlib import Path

import click
import msgspec

from callpoint_cli.errors import BAD, MISSING, fail
from callpoint_gateway.control.question import AnswerT, Question, QuestionRefused
from callpoint_gateway.control.socket import Unanswered, ask


def asked(state_dir: Path, question: Question[AnswerT]) -> AnswerT:
    """Return the answer of the gateway that runs on ``state_dir``."""
    try:
        return ask(state_dir, question)
    except QuestionRefused as refused:
        fail(str(refused), BAD)
    except Unanswered as unanswered:
        fail(str(unanswered), MISSING)


def print_json(answer: object) -> None:
    """Print an answer as one line of JSON."""
    click.echo(json.dumps(msgspec.to_builtins(answer), ensure_ascii=False))
