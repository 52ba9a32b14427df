"""Puts a question to the running gateway, or ends the command with the reason."""

from pathlib import Path
from typing import Any

from callpoint_cli.errors import BAD, MISSING, fail
from callpoint_gateway.control.socket import Refused, Unanswered, ask


def asked(state_dir: Path, name: str, **arguments: object) -> dict[str, Any]:
    """Return the answer of the gateway that runs on ``state_dir``."""
    try:
        return ask(state_dir, name, **arguments)
    except Refused as refused:
        fail(str(refused), BAD)
    except Unanswered as unanswered:
        fail(str(unanswered), MISSING)
