"""Carries reports as CAP 1.2 over HTTPS: 2xx is acceptance, 4xx a refusal, the rest no answer.

An alarm is an Alert; the same again while it is open an Update; its restore a Cancel, each with
references to what was told of it before. What is open is kept in ``memory``, which outlives
a restart. A message is the same on every repeat: its identifier is the site and the event's
position in the journal, and it is sent at the time of the event.
"""

import asyncio
import time
from typing import Final

from callpoint_gateway.centres.cap.settings import CapSettings
from callpoint_gateway.protocols.cap.message import Heading, Reference, build
from callpoint_gateway.protocols.report import Outcome, Report, Verdict
from callpoint_gateway.transport.http import Answer, Post
from callpoint_gateway.transport.unreachable import Unauthorised, Unreachable
from callpoint_protocol import names

_OPENS: Final = {names.ALARM: "alarm", names.TROUBLE: "trouble"}
_CLOSES: Final = {names.RESTORE: "alarm", names.TROUBLE_RESTORE: "trouble"}
# Asked too often, too slow, or by somebody whom it does not know yet: later it may be taken.
_LATER: Final = (401, 403, 404, 408, 425, 429)
_HEADERS: Final = {"Content-Type": "application/cap+xml; charset=utf-8"}
# An alarm that is never restored must not be remembered for ever.
MOST_OPEN: Final = 500


# What a person can do: settings are those of [centre.cap].
_SECRET = "correct token_file, and let the gateway's user read it"
_REFUSED = "see the log of the receiver; compare sender, addresses and token_file with what it has"


class CapPath:
    """One URL under one account."""

    def __init__(
        self,
        url: str,
        settings: CapSettings,
        timeout_s: float,
        memory: dict[str, int],
    ) -> None:
        """``memory``: what the carrier keeps of each open alarm; it outlives a restart."""
        self._settings = settings
        self._post = Post(url, timeout_s, settings.ca_file)
        self._memory = memory

    async def send(self, report: Report, number: int) -> Outcome:
        """Deliver one report; the journal's position tells repeats apart, not the number."""
        heading, key = self._heading(report)
        try:
            body = build(heading, report)
        except KeyError as error:
            reason = f"CAP has no word for {error}"
            return Outcome(Verdict.REFUSED, "", reason, 0, "leave it out of kinds in [[centre]]")
        outcome = await self._exchange(body)
        if outcome.accepted and key:
            self._remember(key, heading, report)
        return outcome

    async def supervise(self) -> Outcome:
        """Say whether the centre answers: an empty request is refused by one that is there."""
        outcome = await self._exchange(b"")
        if outcome.verdict is Verdict.REFUSED:
            return Outcome(Verdict.ACCEPTED, outcome.answer, "answers", outcome.took_ms)
        return outcome

    async def close(self) -> None:
        """Close the connection."""
        self._post.close()

    def _heading(self, report: Report) -> tuple[Heading, str]:
        opened = _OPENS.get(report.state)
        closed = _CLOSES.get(report.state)
        key = f"{report.device}/{report.kind}/{report.zone}/{opened or closed}"
        key = key if opened or closed else ""
        told = self._earlier(key, report.site) if key else []
        earlier = [reference for reference in told if reference.identifier != _identifier(report)]
        kind = ("Update" if opened else "Cancel") if earlier else "Alert"
        status = {"drill": "Exercise", "test": "Test"}.get(report.mark, "Actual")
        if report.state == names.TESTED:
            status = "Test"
        return (
            Heading(
                identifier=_identifier(report),
                sender=self._settings.sender,
                sent_s=report.occurred_ms // 1000,
                status=status,
                kind=kind,
                addresses=self._settings.addresses,
                references=earlier,
            ),
            key,
        )

    def _earlier(self, key: str, site: str) -> list[Reference]:
        # The first message of the alarm and the latest: both are what a reader has to look up.
        found = []
        for which in ("first", "last"):
            sent_s = self._memory.get(f"{key}/{which}/sent")
            if sent_s is not None:
                position = self._memory[f"{key}/{which}/at"]
                found.append(Reference(f"{site}-{position}", sent_s))
        return found if len(found) < 2 or found[0] != found[1] else found[:1]

    def _remember(self, key: str, heading: Heading, report: Report) -> None:
        if report.state in _CLOSES:
            for field in [field for field in self._memory if field.startswith(f"{key}/")]:
                del self._memory[field]
            return
        first = f"{key}/first/sent" not in self._memory
        for which in ("first", "last") if first else ("last",):
            self._memory[f"{key}/{which}/at"] = report.reference
            self._memory[f"{key}/{which}/sent"] = heading.sent_s
        while len(self._memory) > 4 * MOST_OPEN:
            del self._memory[next(iter(self._memory))]

    async def _exchange(self, body: bytes) -> Outcome:
        started = time.monotonic()
        try:
            answer = await asyncio.to_thread(self._ask, body)
        except Unreachable as error:
            took = _since(started)
            return Outcome(Verdict.UNREACHABLE, "", str(error), took, error.remedy)
        status = f"HTTP {answer.status}"
        if 200 <= answer.status < 300:
            return Outcome(Verdict.ACCEPTED, status, "", _since(started))
        if 400 <= answer.status < 500 and answer.status not in _LATER:
            reason = answer.text[:200] or status
            return Outcome(
                Verdict.REFUSED, status, reason, _since(started), _REFUSED, answer.retry_after_s
            )
        reason = f"{self._post.server.base}: {status}"
        return Outcome(
            Verdict.UNREACHABLE, status, reason, _since(started), _REFUSED, answer.retry_after_s
        )

    def _ask(self, body: bytes) -> Answer:
        try:
            token = self._settings.token
        except (OSError, ValueError) as error:
            reason = f"{self._post.server.base}: its token cannot be used"
            raise Unauthorised(reason, remedy=_SECRET) from error
        headers = _HEADERS | ({"Authorization": f"Bearer {token}"} if token else {})
        return self._post.post(self._post.server.url, body, headers)


def _identifier(report: Report) -> str:
    return f"{report.site}-{report.reference}"


def _since(started: float) -> int:
    return int((time.monotonic() - started) * 1000)
