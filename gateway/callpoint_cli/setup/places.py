"""Where a site's files are on a machine, and whose they are."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callpoint_cli.errors import MISSING, USAGE, fail
from callpoint_gateway.words.said import said

USER: Final = "callpoint"
BROKER_USER: Final = "callpoint-broker"
BROKER, GATEWAY, CONSOLE, NOTIFIER = UNITS = (
    "callpoint-broker",
    "callpoint",
    "callpoint-console",
    "callpoint-notify",
)
#: Units of a district's machine.
ENROLMENT: Final = "callpoint-enrolment"
DISTRICT_PROCESS: Final = "callpoint-district"
DISTRICT_CONSOLE: Final = "callpoint-district-console"


@dataclass(frozen=True)
class Places:
    """The folders of a site. The Debian package makes them; tests have their own."""

    etc: Path = Path("/etc/callpoint")
    state: Path = Path("/var/lib/callpoint")
    broker: Path = Path("/var/lib/callpoint-broker")
    drop_ins: Path = Path("/etc/systemd/system")

    @property
    def configuration(self) -> Path:
        """The gateway's configuration."""
        return self.etc / "gateway.toml"

    @property
    def register(self) -> Path:
        """The register of places and devices."""
        return self.etc / "register.toml"

    @property
    def certificates(self) -> Path:
        """The folder of the site's own authority."""
        return self.etc / "certificates"


def check_machine() -> None:
    """End the command unless root runs it where the package has made its users."""
    for user in (USER, BROKER_USER):
        try:
            pwd.getpwnam(user)
        except KeyError:
            fail(said("setup.no_user", user=user), MISSING)
    if os.geteuid() != 0:
        fail(said("setup.not_root"), USAGE)


def make_folder(folder: Path, user: str, mode: int) -> None:
    """Make a folder, and give it to a user if root makes it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(mode)
    if os.geteuid() == 0:
        owner = pwd.getpwnam(user)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
