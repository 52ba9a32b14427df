"""Reports of a part that nobody supervises: they go to the log."""

import logging

from callpoint_gateway.words.said import Said

log = logging.getLogger(__name__)


class LoggedReport:
    """Logs how a part stands, whenever that changes (``host.part_report``)."""

    def __init__(self, part: str) -> None:
        """``part``: as the log calls it, such as ``the line to c1``."""
        self._part = part
        self._last: str | None = None

    def up(self, reason: Said) -> None:
        """Note that it works."""
        self._log(logging.INFO, str(reason))

    def down(self, reason: Said, remedy: Said) -> None:
        """Note that it does not."""
        self._log(logging.WARNING, f"{reason}; {remedy}")

    def _log(self, level: int, text: str) -> None:
        if text != self._last:
            self._last = text
            log.log(level, "%s: %s", self._part, text)
