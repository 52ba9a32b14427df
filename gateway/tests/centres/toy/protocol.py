"""A protocol that only a test has: one line with a word, kind and state, answered with ok."""

import asyncio
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from callpoint_gateway.centres.protocol import (
    CarrierRequest,
    CentreProtocol,
    CentreServices,
    OpenCarrier,
    Reading,
)
from callpoint_gateway.configuration.centres import Centre, Mistake
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.protocols.report import Carrier, Outcome, Report, Verdict
from callpoint_protocol import names


class ToySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    word: Annotated[str, Meta(min_length=1)]
    word_file: str | None = None


class Toy(CentreProtocol):
    path_keys: ClassVar = ("host", "port")
    tell_apart: ClassVar = "leave one away"
    table: ClassVar = "toy"
    settings: ClassVar = ToySettings

    def mistake(self, centre: Centre) -> Mistake | None:
        if " " in centre.own(ToySettings).word:
            return ("toy", "word"), "word: one word"
        return None

    def reading(self, centre: Centre, register: Register, account: str, report: Report) -> Reading:
        kind = names.KINDS[report.kind]
        return Reading("", kind, "", kind)

    def carrier_opener(self, services: CentreServices) -> OpenCarrier:
        return open_carrier


class ToyPath:
    def __init__(self, request: CarrierRequest) -> None:
        self._address = request.way.address
        self._word = request.centre.own(ToySettings).word

    async def send(self, report: Report, number: int) -> Outcome:
        line = f"{self._word} {names.KINDS[report.kind]} {names.STATES[report.state]}"
        return await self._exchange(line)

    async def supervise(self) -> Outcome:
        return await self._exchange(self._word)

    async def _exchange(self, line: str) -> Outcome:
        try:
            reader, writer = await asyncio.open_connection(*self._address)
        except OSError as error:
            return Outcome(Verdict.UNREACHABLE, "", str(error), 0)
        writer.write(line.encode() + b"\n")
        answer = (await reader.readline()).decode().strip()
        writer.close()
        verdict = Verdict.ACCEPTED if answer == "ok" else Verdict.UNREACHABLE
        return Outcome(verdict, answer, "", 1)

    async def close(self) -> None:
        pass


def open_carrier(request: CarrierRequest) -> Carrier:
    return ToyPath(request)
