"""``[arming]``: how partitions are armed, beyond what the register says of each."""

from collections.abc import Container
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from callpoint_gateway.configuration.arming_codes import Code, codes
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.words.said import Said, of, said


class ArmingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``mqtt``: panels as Home Assistant has them. ``codes_file``: who may use them.

    ``discovery``: they are announced. ``most_alarms``: of one zone while
    it is armed once. ``cancel_s``: a disarming so soon after an alarm is told as its cancellation.
    """

    mqtt: bool = False
    discovery: bool = False
    codes_file: str | None = None
    code_to_arm: bool = False
    most_alarms: Annotated[int, Meta(ge=1, le=100)] = 3
    cancel_s: Annotated[int, Meta(ge=0, le=3_600)] = 300

    def mistake(self) -> tuple[str, Said] | None:
        """Return the key and what is wrong with it; None if nothing."""
        if self.code_to_arm and not self.codes_file:
            return "code_to_arm", of("code_to_arm", said("code.no_codes"))
        return None

    def check(self, partitions: Container[str]) -> None:
        """Refuse a code for a partition that the register does not have: ConfigError."""
        for code in self.codes:
            for name in code.partitions:
                if name not in partitions:
                    what = of(code.role, said("code.no_partition", name=name))
                    raise ConfigError(what, Path(self.codes_file or ""))

    @property
    def codes(self) -> list[Code]:
        """The codes, read when they are used. ConfigError names the line."""
        return codes(Path(self.codes_file)) if self.codes_file else []
