"""Puts a question to the running gateway; ends the command if it is refused or not answered."""

from pathlib import Path

from callpoint_cli.errors import BAD, MISSING, fail
from callpoint_gateway.control.client import Unanswered, ask
from callpoint_gateway.control.question import AnswerT, Question, QuestionRefused
from callpoint_gateway.control.roles import Role


def asked(state_dir: Path, question: Question[AnswerT], role: Role | None = None) -> AnswerT:
    """Return the answer of the gateway whose journals are in ``state_dir``.

    ``role``: be judged by this one of your roles. Ends the command with BAD if the gateway
    refuses, with MISSING if no gateway answers.
    """
    try:
        return ask(state_dir, question, role=role)
    except QuestionRefused as refused:
        fail(refused.why, BAD)
    except Unanswered as unanswered:
        fail(unanswered.why, MISSING)
