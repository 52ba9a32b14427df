"""What the notifier told whom over which channel, as pages show it. It names nobody."""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from callpoint_console.words.page_words import PageWords
from callpoint_people.notifications import MessageState, Notification
from callpoint_people.roles import name_of
from callpoint_people.words import say

#: The kinds of news of the notifier, with their texts.
_NEWS: Final = {
    "alarm": "news.alarm",
    "escalated": "news.escalated",
    "acknowledged": "news.acknowledged",
    "closed": "news.closed",
    "trouble": "news.trouble",
    "trouble_over": "news.trouble_over",
    "fault": "news.fault",
    "fault_over": "news.fault_over",
    "test": "news.test",
    "work_given": "news.work_given",
    "work_reopened": "news.work_reopened",
    "work_due": "news.work_due",
}
_TEST_ROLE: Final = "test"


class Notice(msgspec.Struct, frozen=True):
    """One message to one recipient. ``stuck``: it could not be delivered yet."""

    id: int
    alarm: int
    news: str
    role: str
    time: str
    state: str
    reason: str
    stuck: bool


def notices(
    found: Iterable[Notification], words: PageWords, clock: Callable[[int], str]
) -> list[Notice]:
    """Return messages in the language of ``words``, their times by ``clock``."""
    return [_notice(each, words, clock) for each in found]


def _notice(each: Notification, words: PageWords, clock: Callable[[int], str]) -> Notice:
    language = words.language
    role = words("news.to_one") if each.role == _TEST_ROLE else name_of(each.role).in_(language)
    stuck = each.state is MessageState.NOBODY or (
        each.state is MessageState.WAITING and each.tries > 0
    )
    return Notice(
        id=each.id,
        alarm=each.alarm,
        news=words(_NEWS.get(each.what, "news.alarm")),
        role=role,
        time=clock(each.ended_ms or each.made_ms),
        state=say(f"state.{each.state.value}", language, channel=each.channel),
        reason="" if each.state is MessageState.SENT else each.reason,
        stuck=stuck,
    )
