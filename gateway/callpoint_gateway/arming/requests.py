"""Answers the control socket's questions about partitions."""

from collections.abc import Iterator
from contextlib import contextmanager

from callpoint_gateway.arming.guard import By, Guard
from callpoint_gateway.arming.questions import (
    Arm,
    Disarm,
    ListPartitions,
    PartitionList,
    PartitionView,
)
from callpoint_gateway.arming.state import ArmingNotPossible
from callpoint_gateway.configuration import privacy
from callpoint_gateway.configuration.privacy import Unsaid
from callpoint_gateway.control.asker import Asker
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.socket import Control
from callpoint_gateway.words.said import said
from callpoint_gateway.words.unknown import near


def register_requests(control: Control, guard: Guard) -> None:
    """Register the guard's answers to the questions about partitions."""

    async def arm(question: Arm, asker: Asker) -> PartitionView:
        with _refusing(guard):
            by = _by(question, asker)
            await guard.arm(question.partition, question.mode, by, force=question.force)
        return guard.shown(question.partition)

    async def disarm(question: Disarm, asker: Asker) -> PartitionView:
        with _refusing(guard):
            await guard.disarm(question.partition, _by(question, asker))
        return guard.shown(question.partition)

    control.register(Arm, arm)
    control.register(Disarm, disarm)
    control.register(
        ListPartitions, lambda _, __: PartitionList([guard.shown(name) for name in guard.names])
    )


def _by(question: Arm | Disarm, asker: Asker) -> By:
    """Return who asks. Unsaid: the note could identify a person."""
    return By(asker.who, asker.origin, privacy.note(question.note))


@contextmanager
def _refusing(guard: Guard) -> Iterator[None]:
    """Turn the guard's errors into a QuestionRefused that names what is valid."""
    try:
        yield
    except KeyError as error:
        name = str(error.args[0])
        refused = said("unknown.partition", name=name, near=near(name, guard.names))
        raise QuestionRefused(refused) from None
    except (ArmingNotPossible, Unsaid) as error:
        raise QuestionRefused(error.why) from None
