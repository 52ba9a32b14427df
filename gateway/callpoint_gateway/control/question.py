"""The type of a question to a running gateway, and of its answer.

A question is a subclass of ``Question[Answer]``, with its name as the tag::

    class Arm(Question[PartitionView], frozen=True, tag="arm"):
        may = DESK
        partition: str

As JSON it is ``{"ask": "arm", "partition": "flat-301"}``. Who asks is no part of a question: the
gateway finds that out.
"""

from typing import Annotated, Any, ClassVar, Generic, TypeVar, cast, get_args

import msgspec
from msgspec import Meta

from callpoint_gateway.control.roles import Role
from callpoint_gateway.words.decoding import decoding_mistake
from callpoint_gateway.words.said import Said, said

#: The id of a request that may come again after a lost answer, and is carried out once.
RequestId = Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
AnswerT = TypeVar("AnswerT", bound=msgspec.Struct)


class Question(
    msgspec.Struct,
    Generic[AnswerT],
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="ask",
):
    """A question whose answer is an ``AnswerT``; ``may``: the roles that may ask it."""

    may: ClassVar[frozenset[Role]]

    @property
    def allowed(self) -> frozenset[Role]:
        """The roles that may ask it with its values; fewer than ``may`` if they matter."""
        return self.may


class QuestionRefused(Exception):
    """The gateway does not do what the question asks; ``why`` says why and what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


def name_of(question: type[Question[Any]]) -> str:
    """Return the name of a question, the value of ``ask``."""
    return cast(str, question.__struct_config__.tag)


def answer_type(question: type[Question[AnswerT]]) -> type[AnswerT]:
    """Return the struct of a question's answer. TypeError: the question does not name it."""
    for base in question.__mro__:
        for generic in base.__dict__.get("__orig_bases__", ()):
            if (arguments := get_args(generic)) and not isinstance(arguments[0], TypeVar):
                return cast(type[AnswerT], arguments[0])
    raise TypeError(f"{question.__name__} does not say what answers it")


def mistake_in(name: str, error: msgspec.ValidationError) -> Said:
    """Return which field of a question is wrong, and how."""
    what, _, place = str(error).partition(" - at `$.")
    field = place.rstrip("`")
    why = said("field", field=f"{name}: {field}" if field else name, why=decoding_mistake(what))
    return said("socket.older", why=why) if "unknown field" in what else why
