"""CoAP (RFC 7252): the second way in, for a device whose MQTT link does not get through.

A device POSTs a sealed event, confirmable, to ``/callpoint/v1/<site>/<device>/event``. The
reply is a sealed acknowledgement, 2.04, and only after the commit: ``stored``, or how far the
event has come if it was there before. What opens with no key is counted and, at most once a
second, kept in quarantine; it never reaches the journal. A replay is an event that is stored
already, and is answered as such.
"""

import asyncio
import logging
import time
from collections.abc import Mapping

import aiocoap
from aiocoap import resource
from aiocoap.numbers import codes

from callpoint_gateway import wire
from callpoint_gateway.acknowledge import Acknowledgements
from callpoint_gateway.ingest import Ingest
from callpoint_protocol import messages, names, topics
from callpoint_protocol.seal import SEAL, Sealer

BURST = 20
PER_S = 2.0
REFUSALS_PER_S = 1.0

log = logging.getLogger(__name__)


class _Allowance:
    """A token bucket: aiocoap remembers each exchange for 247 s, so a flood costs memory."""

    def __init__(self, burst: float, per_s: float) -> None:
        self._left, self._burst, self._per_s = burst, burst, per_s
        self._at = time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_s)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class _Events(resource.Resource, resource.PathCapable):  # type: ignore[misc]
    """Everything below ``callpoint/v1``."""

    def __init__(
        self, ingest: Ingest, answers: Acknowledgements, keys: Mapping[str, bytes]
    ) -> None:
        super().__init__()
        self._ingest = ingest
        self._answers = answers
        self._sealers = {device: Sealer(key) for device, key in keys.items()}
        self._allowances = {device: _Allowance(BURST, PER_S) for device in keys}
        self._kept = _Allowance(1, REFUSALS_PER_S)
        self.refused = 0

    async def render_post(self, request: aiocoap.Message) -> aiocoap.Message:
        topic = "/".join((names.ROOT, *request.opt.uri_path))
        try:
            site, device, channel = topics.split(topic)
        except ValueError as error:
            return self._refuse(codes.NOT_FOUND, topic, str(error), request.payload)
        sealer = self._sealers.get(device)
        if channel != names.EVENT or sealer is None:
            return self._refuse(
                codes.NOT_FOUND, topic, "device: has no key for CoAP", request.payload
            )
        if len(request.payload) > names.MAX_BODY + SEAL:
            return self._refuse(codes.BAD_REQUEST, topic, "body: too long", b"")
        try:
            body = sealer.open(topic, request.payload)
        except ValueError as error:
            return self._refuse(codes.UNAUTHORIZED, topic, str(error), request.payload)
        if not self._allowances[device].take():
            return aiocoap.Message(code=codes.TOO_MANY_REQUESTS)
        acknowledgement = await self._stored(topic, device, body)
        if acknowledgement is None:
            return aiocoap.Message(code=codes.BAD_REQUEST)
        reply = sealer.seal(topics.topic(site, device, names.ACK), acknowledgement)
        return aiocoap.Message(code=codes.CHANGED, payload=reply)

    async def _stored(self, topic: str, device: str, body: bytes) -> bytes | None:
        """Return the acknowledgement once the event is on disk; None if it names no event."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[int] = loop.create_future()

        def tell(stage: int) -> None:
            def settle() -> None:
                if not done.done():
                    done.set_result(stage)

            loop.call_soon_threadsafe(settle)

        identity = wire.peek(body)
        if identity is None:
            self._ingest.take("coap", topic, body, lambda: tell(0))
        else:
            with self._answers.asked(device, *identity, tell):
                self._ingest.take("coap", topic, body, lambda: None)
                stage = await done
            return messages.encode_ack(stage, *identity)
        await done
        return None

    def _refuse(self, code: codes.Code, topic: str, reason: str, body: bytes) -> aiocoap.Message:
        self.refused += 1
        if self._kept.take():
            log.warning("coap: refused: %s (%d so far)", reason, self.refused)
            self._ingest.quarantine("coap", topic, reason, bytes(body[: 2 * names.MAX_BODY]))
        return aiocoap.Message(code=code)


class CoapSource:
    """Listens until closed."""

    def __init__(
        self, ingest: Ingest, answers: Acknowledgements, keys: Mapping[str, bytes]
    ) -> None:
        """``keys`` has the key of each device that may come this way."""
        self._events = _Events(ingest, answers, keys)
        self._context: aiocoap.Context | None = None

    async def start(self, listen: str, port: int) -> None:
        """Listen; OSError when the address cannot be had."""
        site = resource.Site()
        site.add_resource(names.ROOT.split("/"), self._events)
        self._context = await aiocoap.Context.create_server_context(site, bind=(listen, port))

    async def close(self) -> None:
        """Stop listening; what waits for its commit is not answered and comes again."""
        if self._context is not None:
            await self._context.shutdown()
