"""Every text of a notification exists in both languages, and is used; none names a person."""

import re
import string
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import callpoint_notify
from callpoint_gateway.journal.entries import Mark
from callpoint_gateway.words.said import either, said
from callpoint_gateway.words.text import LANGUAGES, Text
from callpoint_notify.outbox import Message
from callpoint_notify.stories import Story, What
from callpoint_notify.texts import Writer
from callpoint_notify.words import TEXTS
from callpoint_people.notifications import MessageState
from callpoint_protocol import names

WRITER = Writer("estate", ZoneInfo("Asia/Shanghai"), lambda message: "https://desk.example/a/x")


def _fields(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def test_every_text_is_in_both_languages_with_the_same_fields() -> None:
    for key, text in TEXTS.items():
        assert all(text), key
        assert _fields(text.en) == _fields(text.zh), key
        assert text.en.isascii(), key


def test_every_text_is_used_and_nothing_else_is() -> None:
    used = {f"news.{what}" for what in What}
    for path in Path(callpoint_notify.__path__[0]).rglob("*.py"):
        if path.name != "words.py":
            source = path.read_text(encoding="utf-8")
            used |= set(
                re.findall(r'"((?:mark|news|line|title|wait|channel|sent)\.[a-z_]+)"', source)
            )
    assert used == set(TEXTS)


def story(what: What) -> Story:
    """Return a story of each kind, with all that it can have."""
    common = {"what": what, "priority": 1, "position": 7, "at_ms": 1_795_000_000_000}
    match what:
        case What.FAULT | What.FAULT_OVER:
            return Story(**common, source="clock", reason=said("part.removed"))
        case What.TEST:
            return Story(**common)
        case What.WORK_GIVEN | What.WORK_REOPENED | What.WORK_DUE:
            matter = either(Text("battery low", "电量低"))
            return Story(**common, order=7, due="2026-12-05", matter=matter, where="3 / 301")
        case What.TROUBLE | What.TROUBLE_OVER:
            state = names.TROUBLE if what is What.TROUBLE else names.TROUBLE_RESTORE
            return Story(**common, kind=names.BATTERY, state=state, where="3 / 301")
    return Story(
        **common,
        alarm=7,
        kind=names.PANIC,
        state=names.ALARM,
        where="3 / 301",
        overdue="acknowledge" if what is What.ESCALATED else "",
        who="desk-2",
        cause="false" if what is What.CLOSED else "",
    )


def message(what: What, id: int = 1, **more: object) -> Message:
    return Message(
        id=id,
        story=story(what),
        role="guard",
        person="p-1",
        due_ms=0,
        made_ms=0,
        tries=0,
        state=MessageState.WAITING,
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", What)
def test_each_kind_of_news_is_whole_in_each_language(what: What, language: str) -> None:
    written = WRITER.write([message(what)], "estate-5", language, 1500, links=True)
    text = f"{written.title}\n{written.body}"
    assert "estate-5" in text
    assert "{" not in text
    assert ("3 / 301" in text) == bool(story(what).where)
    assert "https://desk.example/a/x" in text
    if language == "en":
        assert text.isascii()
    else:
        # What stays in English there are data: the site, times, links, reasons of technicians.
        assert not re.search(r"[A-Za-z]{4,}", re.sub(r"https?://\S+|estate\S*|desk-2", "", text))


def test_the_same_story_for_several_is_written_once() -> None:
    both = [message(What.ALARM, 1), message(What.ALARM, 2), message(What.CLOSED, 3)]
    written = WRITER.write(both, "estate-5", "en", 1500, links=False)
    assert written.title == "[URGENT]2 messages"
    assert written.body.count("panic alarm") == 2
    assert len(written.messages) == 3


@pytest.mark.parametrize(
    ("what", "priority", "mark"),
    [
        (What.ALARM, 1, "【紧急】"),
        (What.ALARM, 3, "【警情】"),
        (What.CLOSED, 2, "【警情】"),
        (What.FAULT, 3, "【故障】"),
        (What.TROUBLE_OVER, 4, "【恢复】"),
        (What.TEST, 2, "【测试】"),
        (What.WORK_DUE, 3, "【工单】"),
    ],
)
def test_the_mark_says_how_urgent_it_is(what: What, priority: int, mark: str) -> None:
    told = Story(**{**_fields_of(story(what)), "priority": priority})
    assert WRITER.mark(told, "zh") == mark


def test_a_drill_says_so_in_every_form() -> None:
    drill = Story(**{**_fields_of(story(What.ALARM)), "mark": Mark.DRILL})
    assert WRITER.mark(drill, "zh") == "【演练】"


def _fields_of(one: Story) -> dict[str, object]:
    return {field: getattr(one, field) for field in one.__struct_fields__}
