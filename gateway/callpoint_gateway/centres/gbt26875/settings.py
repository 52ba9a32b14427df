"""``[centre.gbt]``: what only GB/T 26875.3 needs."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from callpoint_gateway.protocols.gbt26875.codes import COMPONENTS, FIRE_ALARM_SYSTEM
from callpoint_gateway.words.said import Said, of, said
from callpoint_protocol import names

Address = Annotated[int, Meta(ge=0, le=(1 << 48) - 1)]
Byte = Annotated[int, Meta(ge=0, le=255)]


class GbtSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``source`` is this gateway's address and ``centre`` the centre's, as the centre gave them.

    ``components`` says by kind what a zone is, where ``codes.COMPONENTS`` does not suit.
    ``normal_bit`` False: alarms go without bit 0, for centres that compare with 0x0002.
    ``heartbeat``: what supervises a path: the device's status, or the empty data that vendors use.
    """

    source: Address
    centre: Address
    user_version: Byte = 1
    system: Byte = FIRE_ALARM_SYSTEM
    system_address: Byte = 1
    heartbeat: Literal["status", "empty"] = "status"
    retries: Annotated[int, Meta(ge=0, le=10)] = 3
    normal_bit: bool = True
    components: dict[str, Byte] = {}

    def component_of(self, kind: int) -> int:
        """Return what a zone of this kind is to the centre; the device's own kinds: 0."""
        name = names.KINDS.get(kind, "")
        return self.components.get(name, COMPONENTS.get(kind, 0))

    def mistake(self) -> Said | None:
        """Return what is wrong with ``components``, None if nothing."""
        for kind in self.components:
            if kind not in names.KINDS.values():
                valid = ", ".join(names.KINDS.values())
                return of("components", said("config.no_kind", kind=kind, valid=valid))
        return None
