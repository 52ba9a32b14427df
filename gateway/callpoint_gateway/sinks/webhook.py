"""A signed webhook: each chosen entry of the alarms journal as one POST (gateway/WEBHOOK.md).

The signature is HMAC-SHA-256 (RFC 2104) over the time stamp, a full stop and the body: nobody can
change either, and a receiver refuses an old request. The id in the body is the site and the
position in the journal: the same for each repeat of an entry, and never that of another entry. A
receiver recognises a repeat by the id, which is signed; the idempotency key is the same text
without a signature. The body names places and devices, never persons.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

import msgspec

from callpoint_gateway.configuration.register import Register
from callpoint_gateway.configuration.webhook import Webhook
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.entries import Entry, EventBody
from callpoint_gateway.sinks.contract import Parcel, Refusal
from callpoint_gateway.transport.http import Answer, Post
from callpoint_gateway.transport.unreachable import Unauthorised, Unreachable
from callpoint_gateway.words.said import said
from callpoint_protocol import names

# Status codes of a receiver that will never take this request.
_UNUSABLE = (400, 413, 415, 422)
# Status code of a receiver that has the request already.
_KNOWN = 409
_UNAUTHORISED = (401, 403)


def sign(secret: bytes, timestamp: int, body: bytes) -> str:
    """Return the value of ``Callpoint-Signature``; ``timestamp`` is Unix seconds."""
    return "v1=" + hmac.new(secret, b"%d." % timestamp + body, hashlib.sha256).hexdigest()


class WebhookSink:
    """The sink of one receiver, with one entry per request. One thread uses it."""

    topic = "webhook"

    def __init__(self, settings: Webhook, site: str, register: Register, clock: Clock) -> None:
        """Prepare; the first entry opens the connection."""
        self._settings = settings
        self._site = site
        self._register = register
        self._clock = clock
        self._post = Post(settings.url, settings.timeout_s, settings.ca_file)
        self._kinds = {kind for kind, name in names.KINDS.items() if name in settings.kinds}

    def pack(self, entries: Sequence[Entry]) -> Parcel:
        """Return the first entry that the settings choose; an empty parcel if there is none."""
        for entry in entries:
            if self._wanted(entry):
                body = msgspec.json.encode(self._content(entry)).decode()
                return _parcel(entry, [body])
        return _parcel(entries[-1], [])

    def _wanted(self, entry: Entry) -> bool:
        if entry.type.value not in self._settings.types:
            return False
        return not isinstance(entry.body, EventBody) or entry.body.kind in self._kinds

    def _content(self, entry: Entry) -> dict[str, Any]:
        content: dict[str, Any] = {
            "id": f"{self._site}-{entry.position}",
            "site": self._site,
            "position": entry.position,
            "about": entry.about,
            "type": entry.type.value,
            "recorded_ms": entry.recorded_ms,
            "device": entry.device,
            "body": entry.body,
        }
        if isinstance(entry.body, EventBody):
            content["kind"] = names.KINDS.get(entry.body.kind)
            content["state"] = names.STATES.get(entry.body.state)
        zone = getattr(entry.body, "zone", None) or 0
        if place := self._register.place_of(entry.device or "", zone):
            content["place"] = {"id": place.id, "text": str(place)}
        return content

    def deliver(self, parcel: Parcel) -> list[Refusal]:
        """Send one request, signed with the present time.

        The entry is delivered with 2xx, and with 409: the receiver has it already.
        """
        body = parcel.pieces[0].encode()
        timestamp = self._clock.wall_ms() // 1000
        try:
            signature = sign(self._settings.secret, timestamp, body)
        except (OSError, ValueError) as error:
            raise Unauthorised(
                said("server.at", url=self._post.server.base, why=said("server.secret_unusable")),
                remedy=said("webhook.secret.do"),
            ) from error
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": f"{self._site}-{parcel.position}",
            "Callpoint-Timestamp": str(timestamp),
            "Callpoint-Signature": signature,
        }
        return self._judged(parcel, self._post.post(self._post.server.url, body, headers))

    def _judged(self, parcel: Parcel, answer: Answer) -> list[Refusal]:
        status, url = answer.status, self._post.server.base
        if 200 <= status < 300 or status == _KNOWN:
            return []
        if status in _UNUSABLE:
            return [Refusal(parcel.pieces[0], f"HTTP {status}: {answer.text[:500]}")]
        if status in _UNAUTHORISED:
            raise Unauthorised(
                said("server.status", url=url, status=status), remedy=said("webhook.refuses.do")
            )
        if 300 <= status < 400:
            raise Unreachable(
                said("server.redirect", url=url, status=status), remedy=said("server.url.do")
            )
        raise Unreachable(
            said("server.status", url=url, status=status),
            answer.retry_after_s,
            said("server.receiver.do"),
        )

    def close(self) -> None:
        """Release the connection."""
        self._post.close()


def _parcel(entry: Entry, pieces: list[str]) -> Parcel:
    return Parcel(entry.position, pieces, [], entry.recorded_ms, entry.boot_id, entry.mono_ms)
