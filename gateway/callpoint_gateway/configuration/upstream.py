"""``[upstream]``: the district that gets the alarms journal, and what it may ask in return."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from callpoint_gateway.configuration.engine_access import EngineAccess
from callpoint_gateway.protocols.upstream import Name

#: What a district may ask unless the configuration says otherwise: what people do about an alarm.
ALARMS: Final = ("alarm", "alarms")


class Upstream(EngineAccess, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The engine (NATS) of the district, and the certificate that the district has signed.

    ``gateway`` is this gateway's name there. ``questions`` are those of the control socket that
    the district may ask; each is then judged by the role of the district's operator.
    """

    district: Name
    gateway: Name
    questions: list[str] = msgspec.field(default_factory=lambda: list(ALARMS))
    away_after_s: Annotated[int, Meta(ge=1, le=86_400)] = 60
