"""The door of the CoAP source: each datagram is judged before aiocoap sees it.

aiocoap remembers every exchange for 247 s, some 2.6 KiB each, so a limit behind it would not
limit anything. Here a datagram that is no confirmable POST of an event, sealed with that device's
key and within the device's allowance, is answered from what it brought and forgotten.

A repeat, which anybody who has heard the event can send, uses up nothing that a new event needs:
each event may come again ``REPEATS`` times and ``REPEATS_PER_S``, and all of a device's repeats
together as often as new events.
"""

import logging
import socket
from collections.abc import Callable, Mapping
from typing import Any

import aiocoap
import msgspec
from aiocoap.numbers import codes, types

from callpoint_gateway.host.token_bucket import TokenBucket
from callpoint_gateway.words.decoding import shared_check
from callpoint_gateway.words.said import Said, said
from callpoint_protocol import names, topics
from callpoint_protocol.seal import SEAL, Sealer

BURST = 20
PER_S = 2.0
REPEATS = 4
REPEATS_PER_S = 0.5
# Of one device: more than it may have stored while it asks for the answer to one of them.
KNOWN = 256

_PACKET_INFO = (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO)

log = logging.getLogger(__name__)

TurnAway = Callable[[str, str, bytes], None]


class Opened(msgspec.Struct, frozen=True):
    """An event whose seal is right. ``seal`` seals the answer for the same device."""

    topic: str
    device: str
    body: bytes
    seal: Callable[[bytes], bytes]


class _Allowance:
    """How much one device may send: new events, and repeats of those that it has sent."""

    def __init__(self) -> None:
        self._new, self._repeats = TokenBucket(BURST, PER_S), TokenBucket(BURST, PER_S)
        self._known: dict[int, TokenBucket] = {}  # by a hash of the body, the oldest first

    def take(self, body: bytes) -> bool:
        event = hash(body)
        known = self._known.get(event)
        if known is not None:
            return known.take() and self._repeats.take()
        if not self._new.take():
            return False
        self._known[event] = TokenBucket(REPEATS, REPEATS_PER_S)
        if len(self._known) > KNOWN:
            del self._known[next(iter(self._known))]
        return True


class Turned(Exception):
    """What is not let in: the code of the answer, and a reason that shows no key."""

    def __init__(self, code: codes.Code, reason: Said) -> None:
        super().__init__(reason)
        self.code = code


def topic_of(request: aiocoap.Message) -> str:
    """Return the path as a topic."""
    return "/".join(request.opt.uri_path)


class Gate:
    """One for a source. ``refused(topic, reason, bytes)`` is told of all that is turned away."""

    def __init__(self, keys: Mapping[str, bytes], refused: TurnAway) -> None:
        """``keys`` has the key of each device that may come this way."""
        self._sealers = {device: Sealer(key) for device, key in keys.items()}
        self._allowances = {device: _Allowance() for device in keys}
        self._refused = refused
        self._unexpected = TokenBucket(1, PER_S)

    def stand_before(self, context: aiocoap.Context) -> None:
        """Let the context's UDP endpoint have what passes, and nothing else."""
        (manager,) = context.request_interfaces
        endpoint = manager.token_interface.message_interface
        onwards = endpoint.datagram_msg_received

        def received(data: bytes, ancillary: list[Any], flags: int, address: Any) -> None:
            answer = self.judge(data)
            if answer is None:
                onwards(data, ancillary, flags, address)
            elif answer:
                # From the address that was asked, as aiocoap does.
                here = [item for item in ancillary if item[:2] == _PACKET_INFO]
                endpoint.transport.sendmsg(answer, here, 0, address)

        endpoint.datagram_msg_received = received

    def opened(self, request: aiocoap.Message) -> Opened:
        """Return the event of a request; Turned if it is not one."""
        topic = topic_of(request)
        try:
            site, device, channel = topics.split(topic)
        except ValueError as error:
            raise Turned(codes.NOT_FOUND, shared_check(str(error))) from None
        sealer = self._sealers.get(device)
        if sealer is None:
            raise Turned(codes.NOT_FOUND, said("kept.no_key", device=device, way="CoAP"))
        if channel != names.EVENT:
            raise Turned(codes.NOT_FOUND, said("kept.coap_channel", channel=channel))
        if request.code != codes.POST:
            raise Turned(codes.METHOD_NOT_ALLOWED, said("kept.method"))
        if request.opt.block1 is not None or len(request.payload) > names.MAX_BODY + SEAL:
            raise Turned(codes.BAD_REQUEST, said("kept.too_long"))
        try:
            body = sealer.open(topic, request.payload)
        except ValueError as error:
            raise Turned(codes.UNAUTHORIZED, shared_check(str(error))) from None
        answer = topics.topic(site, device, names.ACK)
        return Opened(topic, device, body, lambda reply: sealer.seal(answer, reply))

    def judge(self, data: bytes) -> bytes | None:
        """Return the answer to what is turned away, empty if it gets none; None lets it in."""
        try:
            message = aiocoap.Message.decode(data)
        except (aiocoap.error.Error, UnicodeDecodeError):
            self._refused("coap", str(said("kept.no_coap")), data)
            return b""
        except Exception:
            # Whatever else its parts may raise of bytes that anybody can send.
            if self._unexpected.take():
                log.exception("coap: a datagram cannot be decoded")
            self._refused("coap", str(said("kept.no_coap")), data)
            return b""
        if not message.code.is_request():
            return None
        try:
            if message.mtype is not types.CON:
                raise Turned(codes.BAD_REQUEST, said("kept.unconfirmable"))
            # Who has no key cannot use up the allowance of one that has.
            opened = self.opened(message)
            if not self._allowances[opened.device].take(opened.body):
                raise Turned(codes.TOO_MANY_REQUESTS, said("kept.rate"))
        except Turned as turned:
            self._refused(topic_of(message), str(turned), message.payload)
            if message.mtype is not types.CON:
                return b""
            answer = aiocoap.Message(code=turned.code)
            answer.mtype, answer.mid, answer.token = types.ACK, message.mid, message.token
            encoded: bytes = answer.encode()
            return encoded
        return None
