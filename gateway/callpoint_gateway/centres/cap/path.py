"""Carries reports as CAP 1.2 over HTTPS: 2xx is acceptance, 4xx a refusal, the rest no answer.

An alarm is an Alert; the same again while it is open an Update; its restore a Cancel, each with
references to what was told of it before (``lives``), whatever path that took. A message is the
same on every repeat: its identifier is the site and the event's position in the journal, and it is
sent at the time of the event. Only how long it is in force grows, in steps of half a day.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from callpoint_gateway.centres.cap.lives import Lives, is_over
from callpoint_gateway.centres.cap.settings import CapSettings
from callpoint_gateway.centres.memory import Memory
from callpoint_gateway.protocols.cap.message import Heading, Reference, build, expires_s
from callpoint_gateway.protocols.report import Outcome, Report, Verdict
from callpoint_gateway.transport.http import Answer, Post
from callpoint_gateway.transport.unreachable import Unauthorised, Unreachable
from callpoint_gateway.words.said import NOTHING, said, verbatim
from callpoint_protocol import names

# Asked too often, too slow, or by somebody whom it does not know yet: later it may be taken.
_LATER: Final = (401, 403, 404, 408, 425, 429)
_HEADERS: Final = {"Content-Type": "application/cap+xml; charset=utf-8"}


class CapPath:
    """One URL under one account."""

    def __init__(
        self,
        url: str,
        settings: CapSettings,
        timeout_s: float,
        memory: Memory,
        now: Callable[[], float],
    ) -> None:
        """``memory`` is the centre's, whichever path a message takes; ``now`` gives Unix s."""
        self._settings = settings
        self._post = Post(url, timeout_s, settings.ca_file)
        self._lives = Lives(memory)
        self._now = now

    async def send(self, report: Report, number: int) -> Outcome:
        """Deliver one report; the journal's position tells repeats apart, not the number."""
        heading = self._heading(report)
        try:
            body = build(heading, report)
        except KeyError as error:
            reason = said("cap.no_word", what=str(error))
            return Outcome(Verdict.REFUSED, "", reason, 0, said("cap.no_word.do"))
        outcome = await self._exchange(body)
        if outcome.accepted:
            self._lives.remember(report, heading.sent_s)
        return outcome

    async def supervise(self) -> Outcome:
        """Say whether the centre answers: an empty request is refused by one that is there."""
        outcome = await self._exchange(b"")
        if outcome.verdict is Verdict.REFUSED:
            return Outcome(
                Verdict.ACCEPTED, outcome.answer, said("centre.answers"), outcome.took_ms
            )
        return outcome

    async def close(self) -> None:
        """Close the connection."""
        self._post.close()

    def _heading(self, report: Report) -> Heading:
        earlier = [
            Reference(f"{report.site}-{told.position}", told.sent_s)
            for told in self._lives.earlier(report)
        ]
        kind = ("Cancel" if is_over(report) else "Update") if earlier else "Alert"
        status = {"drill": "Exercise", "test": "Test"}.get(report.mark, "Actual")
        if report.state == names.TESTED:
            status = "Test"
        return Heading(
            identifier=f"{report.site}-{report.reference}",
            sender=self._settings.sender,
            sent_s=report.occurred_ms // 1000,
            expires_s=expires_s(report.occurred_ms // 1000, self._now()),
            status=status,
            kind=kind,
            addresses=self._settings.addresses,
            references=earlier,
        )

    async def _exchange(self, body: bytes) -> Outcome:
        started = time.monotonic()
        try:
            answer = await asyncio.to_thread(self._ask, body)
        except Unreachable as error:
            took = _since(started)
            return Outcome(Verdict.UNREACHABLE, "", error.why, took, error.remedy)
        status = f"HTTP {answer.status}"
        if 200 <= answer.status < 300:
            return Outcome(Verdict.ACCEPTED, status, NOTHING, _since(started))
        if 400 <= answer.status < 500 and answer.status not in _LATER:
            verdict, reason = Verdict.REFUSED, verbatim(answer.text[:200] or status)
        else:
            verdict = Verdict.UNREACHABLE
            reason = said("server.status", url=self._post.server.base, status=answer.status)
        remedy = said("cap.refused.do")
        return Outcome(verdict, status, reason, _since(started), remedy, answer.retry_after_s)

    def _ask(self, body: bytes) -> Answer:
        try:
            token = self._settings.token
        except (OSError, ValueError) as error:
            why = said("server.token_unusable")
            raise Unauthorised(
                said("server.at", url=self._post.server.base, why=why),
                remedy=said("cap.secret.do"),
            ) from error
        headers = _HEADERS | ({"Authorization": f"Bearer {token}"} if token else {})
        return self._post.post(self._post.server.url, body, headers)


def _since(started: float) -> int:
    return int((time.monotonic() - started) * 1000)
