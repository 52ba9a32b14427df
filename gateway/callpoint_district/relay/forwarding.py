"""Passes on what the city asks of a gateway: the site's desk does it, as for the district itself.

The district does what its own configuration lets the city ask, and the gateway what its
configuration lets the district ask. The origin says that it came from the city.
"""

import asyncio
from typing import Final

import msgspec

from callpoint_district.settings import District
from callpoint_district.sites.asking import ANSWER_S, AskingLine
from callpoint_gateway.configuration import privacy
from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.control.line import Named, Reply, refused
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.protocols.upstream import below
from callpoint_gateway.upstream.downward import MOST, Request
from callpoint_gateway.words.said import said

#: Whoever asks waits for ``ANSWER_S`` too, and shall hear why there is no answer.
WITHIN_S: Final = ANSWER_S - 0.25


class Forwarding:
    """Answers the requests of one city by asking the district's gateways. For one event loop."""

    def __init__(self, settings: District, city: Upstream) -> None:
        """Prepare; the first request opens a connection to the district's engine."""
        self._line = AskingLine(settings)
        self._city = city

    async def close(self) -> None:
        """Close the connection."""
        await self._line.close()

    async def answer(self, gateway: str, text: bytes) -> bytes:
        """Return the answer or refusal to a request for a gateway, as the city calls it.

        It raises nothing.
        """
        return msgspec.json.encode(await self._reply(gateway, text))

    async def _reply(self, path: str, text: bytes) -> Reply:
        gateway = below(self._city.gateway, path)
        if gateway is None:
            return refused(said("district.bad_name", name=path))
        if len(text) > MOST:
            return refused(said("upstream.long"))
        try:
            request = msgspec.json.decode(text, type=Request)
            name = msgspec.json.decode(request.question, type=Named).ask
        except NOT_JSON:
            return refused(said("socket.no_question"))
        if name not in self._city.questions:
            return refused(said("upstream.not_passed", question=name))
        origin = origin_through(self._city.district, request.by.origin)
        by = msgspec.structs.replace(request.by, origin=origin)
        try:
            async with asyncio.timeout(WITHIN_S):
                return await self._line.exchange(gateway, Request(request.question, by))
        except TimeoutError:
            return refused(said("district.no_answer", gateway=gateway))
        except QuestionRefused as error:
            return refused(error.why)


def origin_through(tier: str, origin: str) -> str:
    """Return the origin of something that was asked at a tier above, as gateways record it."""
    try:
        return privacy.origin(f"{tier}.{origin}")
    except privacy.Unsaid:  # a name that begins with a digit, or is long
        return f"above.{origin}"[:32]
