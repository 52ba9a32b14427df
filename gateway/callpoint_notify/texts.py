"""Writes a message: one story in full, or several as one line each."""

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from callpoint_gateway.journal.entries import Mark
from callpoint_gateway.words.words import Words
from callpoint_notify.outbox import Message
from callpoint_notify.stories import LIFE, Story, What
from callpoint_notify.words import say

#: So many stories have a link each when they are told together.
LINKED: Final = 3
#: So many characters of a place's name are told.
LONGEST_NAME: Final = 200
# Room for the number of a send, which is known only when it is stored.
NUMBER: Final = 45

#: Returns the URL by which the alarm of a message is acknowledged, or of its work order's page;
#: empty: there is none.
LinkFor = Callable[[Message], str]


def on_one_line(name: str) -> str:
    """Return a name as it stands in a message: it begins no line and turns no other text round.

    Whatever is not printable, as are the marks of writing direction (Unicode, UAX 9), is a space.
    """
    kept = "".join(letter if letter.isprintable() else " " for letter in name)
    kept = " ".join(kept.split())
    return kept if len(kept) <= LONGEST_NAME else f"{kept[: LONGEST_NAME - 1]}…"


class Written(msgspec.Struct, frozen=True):
    """A message as it is read. ``messages``: those of the outbox that are in it."""

    title: str
    body: str
    messages: tuple[Message, ...]


class Writer:
    """Writes the messages of one site."""

    def __init__(self, site: str, zone: ZoneInfo, link: LinkFor) -> None:
        """``zone``: the site's, for times."""
        self._site = site
        self._zone = zone
        self._link = link

    def news(self, story: Story, language: str) -> str:
        """Return what happened, in one line, without place and time."""
        words = Words(language)
        values: dict[str, object] = {"who": story.who, "order": story.order, "due": story.due}
        match story.what:
            case What.FAULT | What.FAULT_OVER:
                what = words.fault(story.source)
            case What.TEST:
                what = ""
            case What.WORK_GIVEN | What.WORK_REOPENED | What.WORK_DUE:
                what = story.matter.in_(language)
            case _:
                what = words.event(story.kind, story.state, story.detail)
        if story.overdue:
            values["overdue"] = words.deadline(story.overdue, -story.overdue_ms)
        if story.cause:
            values["cause"] = words.cause(story.cause)
        return say(f"news.{story.what}", language, what=what, **values)

    @staticmethod
    def mark(story: Story, language: str) -> str:
        """Return the mark that says how urgent a story is."""
        if story.mark is Mark.DRILL:
            return say("mark.drill", language)
        if story.what is What.TEST:
            return say("mark.test", language)
        if story.order:
            return say("mark.work", language)
        if story.what in (What.TROUBLE, What.FAULT):
            return say("mark.fault", language)
        if story.what in (What.TROUBLE_OVER, What.FAULT_OVER):
            return say("mark.over", language)
        return say("mark.life" if story.priority == LIFE else "mark.alarm", language)

    def _time(self, at_ms: int, form: str) -> str:
        return datetime.fromtimestamp(at_ms / 1000, self._zone).strftime(form)

    def write(
        self,
        messages: Sequence[Message],
        number: str,
        language: str,
        longest: int | None,
        *,
        links: bool,
    ) -> Written:
        """Return as many of the messages as fit into ``longest`` characters; at least one.

        None: all of them.

        ``number`` names the send: a repeat of it has the same. The same story is written once,
        however many of the messages tell it.
        """
        stories: dict[tuple[str, int, str], list[Message]] = {}
        for message in messages:
            story = message.story
            key = story.subject, story.position, story.overdue
            stories.setdefault(key, []).append(message)
        told = list(stories.values())
        if len(told) == 1:
            return self._one(told[0], number, language, links=links)
        return self._several(told, number, language, longest, links=links)

    def _one(
        self, messages: Sequence[Message], number: str, language: str, *, links: bool
    ) -> Written:
        story = messages[0].story
        news = self.news(story, language)
        lines = [news]
        if story.where:
            lines.append(say("line.place", language, where=on_one_line(story.where)))
        lines.append(say("line.time", language, time=self._time(story.at_ms, "%Y-%m-%d %H:%M:%S")))
        if story.alarm:
            lines.append(say("line.alarm", language, alarm=story.alarm))
        if story.reason:
            lines.append(say("line.reason", language, reason=story.reason.in_(language)))
        if story.remedy:
            lines.append(say("line.remedy", language, remedy=story.remedy.in_(language)))
        if links and (url := self._link(messages[0])):
            lines.append(self._opened(story, language, url))
        lines += self._last(number, language)
        return Written(f"{self.mark(story, language)}{news}", "\n".join(lines), tuple(messages))

    def _several(
        self,
        told: Sequence[Sequence[Message]],
        number: str,
        language: str,
        longest: int | None,
        *,
        links: bool,
    ) -> Written:
        last = self._last(number, language)
        left = sys.maxsize if longest is None else longest
        left -= sum(len(line) + 1 for line in last) + NUMBER
        lines: list[str] = []
        taken: list[Message] = []
        for messages in told:
            line = self._line(messages[0].story, language)
            if links and len(told) <= LINKED and (url := self._link(messages[0])):
                line += f"\n{self._opened(messages[0].story, language, url)}"
            left -= len(line) + 1
            if taken and left < 0:
                break
            lines.append(line)
            taken += messages
        first = told[0][0].story
        count = say("title.several", language, count=len(lines))
        title = f"{self.mark(first, language)}{count}"
        return Written(title, "\n".join([*lines, *last]), tuple(taken))

    def _line(self, story: Story, language: str) -> str:
        where = ""
        if story.where:
            where = say("line.where", language, where=on_one_line(story.where))
        return self.mark(story, language) + say(
            "line.one",
            language,
            time=self._time(story.at_ms, "%m-%d %H:%M:%S"),
            news=self.news(story, language),
            where=where,
        )

    @staticmethod
    def _opened(story: Story, language: str, url: str) -> str:
        return say("line.open" if story.order else "line.acknowledge", language, url=url)

    def _last(self, number: str, language: str) -> list[str]:
        return [
            say("line.site", language, site=self._site),
            say("line.number", language, number=number),
        ]
