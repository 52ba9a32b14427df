"""Puts the questions of people of the district to the gateway of one site."""

from typing import Final

from callpoint_district.database import Database
from callpoint_district.sites import notes
from callpoint_district.sites.asking import AskingLine, NotAnswered
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.client import Unanswered
from callpoint_gateway.control.question import AnswerT, Question
from callpoint_gateway.host.clock import Clock

#: As whose question a site records what people of the district do.
ORIGIN: Final = "district"


class GatewayDesk:
    """Asks one gateway over the line that the sites of a district share, a ``desk.Desk``."""

    def __init__(self, database: Database, line: AskingLine, clock: Clock, gateway: str) -> None:
        """``line`` stays open until the console ends. ``database`` keeps notes."""
        self._database, self._line, self._clock = database, line, clock
        self._gateway = gateway

    async def ask(self, question: Question[AnswerT], by: By | None) -> AnswerT:
        """Return the answer.

        QuestionRefused: the gateway does not do it. Unanswered: the line does not stand, or the
        gateway has not answered in time; ``why`` says whether it was sent, and that a note is
        delivered later.
        """
        assert by is not None  # a district always has accounts
        try:
            by = By(by.account, by.role, ORIGIN)
            return await notes.ask(
                self._database, self._line, self._clock, self._gateway, question, by
            )
        except NotAnswered as error:
            raise Unanswered(error.why) from error
