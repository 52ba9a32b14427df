"""``[upstream]``: the district that gets the alarms journal, and what it may ask in return."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from callpoint_gateway.configuration.engine_access import EngineAccess
from callpoint_gateway.protocols.upstream import Name
from callpoint_gateway.words.said import Said, of, said
from callpoint_gateway.words.unknown import near

#: What a district may ask unless the configuration says otherwise: what people do about an alarm,
#: and what makes a site more watchful. What makes it less so (inhibits, drills, disarming) is for
#: the site to allow.
USUAL: Final = (
    *("alarm", "alarms"),
    *("level", "level end", "level list"),
    *("plan", "plan end", "plan list"),
)
#: What a site may let its district ask, by the names in ROLES.md.
ASKABLE: Final = (
    *USUAL,
    *("exercise-start", "exercise-stop", "exercises"),
    *("inhibit", "inhibit end", "inhibit list"),
    *("arm", "disarm", "partitions"),
    "household",
    *("duty", "links", "supervision"),
    *("order", "order end", "order kept", "order state", "orders"),
)


class Upstream(EngineAccess, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The engine (NATS) of the district, and the certificate that the district has signed.

    ``gateway`` is this gateway's name there. ``questions`` are those of the control socket that
    the district may ask; each is then judged by the role of the district's operator.
    """

    district: Name
    gateway: Name
    questions: list[str] = msgspec.field(default_factory=lambda: list(USUAL))
    away_after_s: Annotated[int, Meta(ge=1, le=86_400)] = 60

    def mistake(self) -> tuple[str, Said] | None:
        """Return the key and what is wrong with it; None if nothing."""
        for name in self.questions:
            if name not in ASKABLE:
                what = said("upstream.no_question", name=name, near=near(name, ASKABLE))
                return "questions", of("questions", what)
        return self.access_mistake()
