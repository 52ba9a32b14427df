"""What is still open after a set-up, for the person who goes on."""

from pathlib import Path

from callpoint_cli.setup.answers import Answers
from callpoint_cli.setup.places import Places
from callpoint_cli.setup.trust import why_untrusted
from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.words.said import Said, said


def open_points(
    config: Config, register: Register, answers: Answers, places: Places, *, first: bool
) -> list[Said]:
    """Return each open point with what to do. ``first``: the console's account is new."""
    found: list[Said] = []
    root_key = places.certificates / "ca.key"
    if root_key.exists():
        found.append(said("setup.open.root_key", file=str(root_key)))
    if not register.device_ids():
        found.append(said("setup.open.devices", file=str(places.register)))
    if not config.centre:
        found.append(said("setup.open.centre", file=str(places.configuration)))
    if not config.notify.enabled:
        found.append(said("setup.open.notifier", file=str(places.configuration)))
    if config.console.public_url is None:
        found.append(said("setup.open.public"))
    elif answers.certificate_file is not None:
        why = why_untrusted(config.console.public_url, Path(answers.certificate_file))
        if why is not None:
            found.append(said("setup.open.untrusted", why=why))
    if first:
        found.append(said("setup.open.accounts"))
    found.append(said("setup.open.doctor"))
    return found
