"""Takes events over CoAP (RFC 7252) from a device whose MQTT link fails.

A device POSTs a sealed event, confirmable, to ``/callpoint/v1/<site>/<device>/event``. After the
commit the reply is 2.04 with a sealed acknowledgement: ``stored``, or a later stage if the event
was stored before. ``coap_gate`` refuses other datagrams. They are counted, and at most one a
second is kept in quarantine; none reaches the journal. A replayed event is stored already, and is
answered as such.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping

import aiocoap
from aiocoap import resource
from aiocoap.numbers import codes

from callpoint_gateway.host.token_bucket import TokenBucket
from callpoint_gateway.ingest import device_messages
from callpoint_gateway.ingest.acknowledgements import Acknowledgements
from callpoint_gateway.ingest.ingest import Ingest, Message
from callpoint_gateway.sources.coap_gate import Gate, TurnAway
from callpoint_gateway.words.said import said
from callpoint_protocol import messages, names

# So many requests of a device may wait for their commit: while the disk refuses, the device sends
# its event again and again.
MAX_WAITING = 4
KEPT_PER_S = 1.0

log = logging.getLogger(__name__)


class _Events(resource.Resource):  # type: ignore[misc]
    """Handles every request that the gate passes; the gate has checked its path."""

    def __init__(
        self, gate: Gate, ingest: Ingest, answers: Acknowledgements, refused: TurnAway
    ) -> None:
        super().__init__()
        self._gate = gate
        self._ingest = ingest
        self._answers = answers
        self._refused = refused
        self._waiting: Counter[str] = Counter()

    async def needs_blockwise_assembly(self, request: aiocoap.Message) -> bool:
        return False

    async def render_post(self, request: aiocoap.Message) -> aiocoap.Message:
        try:
            return await self._answered(request)
        except Exception:
            # The library's own log record would contain the text of the exception.
            log.exception("coap: an event cannot be taken")
            return aiocoap.Message(code=codes.INTERNAL_SERVER_ERROR)

    async def _answered(self, request: aiocoap.Message) -> aiocoap.Message:
        event = self._gate.opened(request)
        if self._waiting[event.device] >= MAX_WAITING:
            self._refused(event.topic, str(said("kept.waiting")), b"")
            return aiocoap.Message(code=codes.TOO_MANY_REQUESTS)
        self._waiting[event.device] += 1
        try:
            acknowledgement = await self._stored(event.topic, event.device, event.body)
        finally:
            self._waiting[event.device] -= 1
        if acknowledgement is None:
            return aiocoap.Message(code=codes.BAD_REQUEST)
        return aiocoap.Message(code=codes.CHANGED, payload=event.seal(acknowledgement))

    async def _stored(self, topic: str, device: str, body: bytes) -> bytes | None:
        """Return the acknowledgement once the event is on disk; None if it names no event."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[int] = loop.create_future()

        def settle(stage: int) -> None:
            if not done.done():
                done.set_result(stage)

        def tell(stage: int) -> None:
            loop.call_soon_threadsafe(settle, stage)

        # ``queued``: a datagram may be a repeat, or an attacker may have held it back.
        message = Message(topic, body, queued=True)
        identity = device_messages.peek(body)
        if identity is None:
            self._ingest.take("coap", [message], lambda: tell(0))
            await done
            return None
        with self._answers.asked(device, *identity, tell):
            self._ingest.take("coap", [message], lambda: None)
            return messages.encode_ack(await done, *identity)


class CoapSource:
    """Listens until closed. ``refused`` counts the refused datagrams."""

    def __init__(
        self, ingest: Ingest, answers: Acknowledgements, keys: Mapping[str, bytes]
    ) -> None:
        """``keys``: the sealing key of each device that may use CoAP, by device id."""
        self._ingest = ingest
        self._gate = Gate(keys, self._refuse)
        self._events = _Events(self._gate, ingest, answers, self._refuse)
        self._kept = TokenBucket(1, KEPT_PER_S)
        self._context: aiocoap.Context | None = None
        self.refused = 0

    async def start(self, listen: str, port: int) -> None:
        """Listen. OSError: the address cannot be listened on."""
        # The library would log every malformed datagram; ``_refuse`` logs them at a bounded rate.
        logger = logging.getLogger(f"{__name__}.library")
        logger.setLevel(logging.ERROR)
        try:
            # By itself it would also listen on TCP and for web sockets.
            self._context = await aiocoap.Context.create_server_context(
                self._events, bind=(listen, port), transports=["udp6"], loggername=logger.name
            )
        except aiocoap.error.ResolutionError as error:
            raise OSError(f"{listen} is no address of this host") from error
        self._gate.stand_before(self._context)

    async def close(self) -> None:
        """Stop listening. Devices without an answer yet send their events again."""
        if self._context is not None:
            await self._context.shutdown()

    def _refuse(self, topic: str, reason: str, body: bytes) -> None:
        self.refused += 1
        if self._kept.take():
            log.warning("coap: refused: %s (%d so far)", reason, self.refused)
            self._ingest.quarantine("coap", topic, reason, bytes(body[: 2 * names.MAX_BODY]))
