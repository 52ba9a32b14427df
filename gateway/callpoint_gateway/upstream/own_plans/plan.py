"""The action plans that a site has written itself, as its district has them.

They are told with the revision of the site (``configuration.revision``), each version in a line of
its own, which a district of an earlier version passes over. Who wrote it is not told, and the
texts pass the same check as where they are written: no telephone number, nobody's mail address.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from callpoint_gateway.alarms.plan_check import mistakes
from callpoint_gateway.alarms.plan_steps import PlanStep, digest_of
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.configuration.revision import RevisionError, known_part
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.upstream.usable_plan import kind_of
from callpoint_gateway.words.said import Said, of, said

#: Versions of all plans of a site that are told, at most.
MOST: Final = 400
_encode: Final = msgspec.json.Encoder().encode


class OwnPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version of the plan for a kind of alarm, by its name, at places of a profile.

    ``from_ms``: when it was written (Unix ms); it is in force until the next version is. Without
    steps, the site has no such plan from then on.
    """

    kind: str
    profile: Profile
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    from_ms: Annotated[int, Meta(ge=0, le=2**52)]
    steps: list[PlanStep]

    @property
    def key(self) -> tuple[str, Profile, int]:
        """What no other version of the site has."""
        return self.kind, self.profile, self.version

    @property
    def digest(self) -> str:
        """The digest of its steps."""
        return digest_of(self.steps)

    def mistake(self) -> Said | None:
        """Return what is wrong with it, None if nothing."""
        try:
            kind_of(self.kind)
        except QuestionRefused as error:
            return error.why
        wrong = mistakes(self.steps)
        return of(f"plan {self.kind}, {self.profile}", wrong[0].why) if wrong else None


class _Line(msgspec.Struct, frozen=True):
    """A line of a revision that is a plan, or something else."""

    plan: msgspec.Raw = msgspec.Raw()


def lines_of(plans: Iterable[OwnPlan]) -> Iterator[bytes]:
    """Return the lines of plans in the text of a revision."""
    for plan in plans:
        yield _encode({"plan": plan}) + b"\n"


def read(text: bytes) -> Sequence[OwnPlan]:
    """Return the plans in the text of a revision that ``revision.read`` can read.

    RevisionError: a plan is not usable, or there are too many.
    """
    found: dict[object, OwnPlan] = {}
    try:
        for written in text.splitlines():
            line = msgspec.json.decode(written, type=_Line)
            if line.plan:
                plan = known_part(line.plan, OwnPlan)
                found[plan.key] = plan
    except NOT_JSON as error:
        raise RevisionError(said("upstream.not_usable", why=str(error)[:200])) from error
    if len(found) > MOST:
        raise RevisionError(said("own_plan.too_many", most=MOST))
    for plan in found.values():
        if wrong := plan.mistake():
            raise RevisionError(wrong)
    return list(found.values())
