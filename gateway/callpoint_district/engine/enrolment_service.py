"""The service that takes enrolments over TLS, on the engine's machine: it has the authority.

What strangers can do is bounded: connections (altogether and of one address), the bytes and the
time of each. Whoever asks without a code that counts hears the same whatever is wrong, and late;
after a few times its address is not heard for a while. A certificate of the district is asked for
and not required: a gateway renews its own with it.
"""

import asyncio
import logging
import os
import socket
import ssl
import time
from collections import Counter, OrderedDict, deque
from contextlib import suppress
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any, Final

import msgspec

from callpoint_district.engine.enrolling import enrol, renew
from callpoint_district.engine.folder import EngineError, EngineFolder
from callpoint_gateway.broker.authority import AuthorityError
from callpoint_gateway.enrolment.messages import (
    LINE,
    Answer,
    Ask,
    AskAuthority,
    AuthorityIs,
    Enrol,
    Refused,
    Renew,
    Why,
    line,
)
from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.host.service_error import ServiceError
from callpoint_gateway.host.unexpected import cancel_all
from callpoint_gateway.words.said import said, said_by

#: Connections at one time, altogether and of one address.
MOST, MOST_OF_ONE = 64, 8
#: How long the handshake, and the question after it, may take, in seconds.
HANDSHAKE_S: Final = 5.0
QUESTION_S: Final = 5.0
#: A refused stranger waits so long for the answer, in seconds.
SLOW_S: Final = 1.0
CLOSE_S: Final = 1.0
#: An address that was refused so often within so many seconds is not heard.
WRONG, WITHIN_S = 10, 600.0
# Addresses whose refusals are counted; the one that was refused longest ago is forgotten.
_ADDRESSES: Final = 4096

log = logging.getLogger(__name__)


class EnrolmentService:
    """Takes enrolments at one address until it is cancelled."""

    def __init__(self, files: EngineFolder, listen: str, port: int) -> None:
        """``listen``: an address of this machine."""
        self._files = files
        self._listen, self._port = listen, port
        self._free = asyncio.Semaphore(MOST)
        self._open: Counter[str] = Counter()
        self._refusals: OrderedDict[str, deque[float]] = OrderedDict()
        self._one_by_one = asyncio.Lock()  # a change waits for the engine

    async def serve(self) -> None:
        """Serve until cancelled. ServiceError: the folder or the address cannot be used."""
        try:
            await asyncio.to_thread(self._begin)
            context = self._context()
            listening = self._listening()
        except EngineError as error:
            raise ServiceError(error.why) from error
        except AuthorityError as error:
            raise ServiceError(error.why) from error
        except (OSError, ValueError) as error:  # SSLError is one
            where = f"{self._listen}:{self._port}"
            raise ServiceError(
                said("enrolment.cannot", where=where, why=said_by(error))
            ) from error
        listening.setblocking(False)
        tasks: set[asyncio.Task[None]] = set()
        log.info("enrolments are taken at %s port %d", self._listen, self._port)
        try:
            await self._accept(listening, context, tasks)
        finally:
            listening.close()
            await cancel_all(tasks)

    def _listening(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._listen else socket.AF_INET
        try:
            return socket.create_server((self._listen, self._port), family=family, backlog=MOST)
        except OSError as error:
            # Python adds the address to the text, which is said anyhow.
            if error.errno is None:
                raise
            raise OSError(error.errno, os.strerror(error.errno)) from error

    def _begin(self) -> None:
        """Bring the engine's users to this version's permissions, and to what was interrupted."""
        with self._files.alone():
            self._files.place()
            changed = self._files.write_users()
        if changed:
            log.info("the engine's users were written: %s", self._files.reload().text)

    def _context(self) -> ssl.SSLContext:
        folder: Path = self._files.folder
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(folder / "broker.pem", folder / "broker.key", password="")
        context.load_verify_locations(folder / "clients.pem")
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    async def _accept(
        self, listening: socket.socket, context: ssl.SSLContext, tasks: set[asyncio.Task[None]]
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            # Before the next one is taken: further ones wait in the kernel, whose queue is short.
            await self._free.acquire()
            try:
                opened, peer = await loop.sock_accept(listening)
            except OSError as error:  # it is gone already, or there is no room for it
                log.warning("a connection was not taken: %s", error)
                self._free.release()
                await asyncio.sleep(0.1)
                continue
            except BaseException:  # also a cancellation: nothing was taken
                self._free.release()
                raise
            task = asyncio.ensure_future(self._one(opened, _network(peer[0]), context))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            task.add_done_callback(lambda _: self._free.release())

    async def _one(self, opened: socket.socket, peer: str, context: ssl.SSLContext) -> None:
        """Answer the one question of a connection."""
        if self._open[peer] >= MOST_OF_ONE or self._shut_out(peer):
            opened.close()
            return
        self._open[peer] += 1
        writer: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(HANDSHAKE_S + 1):
                reader, writer = await _streams(opened, context)
            async with asyncio.timeout(QUESTION_S):
                asked = await reader.readuntil(b"\n")
            answer = await self._answer(asked, writer)
            if isinstance(answer, Refused):
                log.warning("%s: refused: %s", peer, answer.why.value)
                self._note_refusal(peer)
                await asyncio.sleep(SLOW_S)
            writer.write(line(answer))
            async with asyncio.timeout(QUESTION_S):
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            self._note_refusal(peer)
        except Exception:  # strangers speak here: none of them ends the service
            log.exception("a question about an enrolment failed")
        finally:
            if writer is None:
                opened.close()
            else:
                await _close(writer)
            self._open[peer] -= 1
            if not self._open[peer]:
                del self._open[peer]

    async def _answer(self, asked: bytes, writer: asyncio.StreamWriter) -> Answer:
        try:
            question = msgspec.json.decode(asked, type=Ask)
        except NOT_JSON:
            return Refused(why=Why.UNKNOWN)
        tls: Any = writer.get_extra_info("ssl_object")
        certificate = tls.getpeercert(binary_form=True)
        async with self._one_by_one:
            try:
                return await asyncio.to_thread(self._answered, question, certificate)
            except (EngineError, AuthorityError, OSError, ValueError) as error:
                log.error("the engine's folder cannot be used: %s", said_by(error))
                return Refused(why=Why.UNABLE)

    def _answered(self, question: Ask, certificate: bytes | None) -> Answer:
        match question:
            case AskAuthority():
                ca = self._files.folder / "authority" / "ca.pem"
                return AuthorityIs(ca=ca.read_text(encoding="ascii"))
            case Enrol(secret=secret, request=request):
                return enrol(self._files, secret, request)
            case Renew():
                return renew(self._files, certificate)

    def _shut_out(self, peer: str) -> bool:
        """Say whether an address was refused too often lately."""
        times = self._refusals.get(peer)
        if times is None or len(times) < WRONG:
            return False
        return time.monotonic() - times[0] < WITHIN_S

    def _note_refusal(self, peer: str) -> None:
        self._refusals.setdefault(peer, deque(maxlen=WRONG)).append(time.monotonic())
        self._refusals.move_to_end(peer)
        if len(self._refusals) > _ADDRESSES:
            self._refusals.popitem(last=False)


async def _streams(
    opened: socket.socket, context: ssl.SSLContext
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Do the handshake of an accepted connection."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LINE, loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport, _ = await loop.connect_accepted_socket(
        lambda: protocol,
        opened,
        ssl=context,
        ssl_handshake_timeout=HANDSHAKE_S,
        ssl_shutdown_timeout=CLOSE_S,
    )
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError, TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), CLOSE_S + 1)
    writer.transport.abort()


def _network(address: str) -> str:
    """Return whose refusals are counted together: an IPv4 address, or an IPv6 network of 64."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return str(found)
