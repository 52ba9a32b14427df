"""The line of devices online: a fold of the journal, and what the overview draws of it."""

import re

import pytest
from starlette.testclient import TestClient

from callpoint_console.app import build_app
from callpoint_console.live.online import STEP_MS, STEPS, OnlineLog
from callpoint_gateway.journal.entries import (
    Entry,
    EventBody,
    FaultBody,
    NewEntry,
    Quality,
    StatusBody,
    Type,
)
from callpoint_gateway.supervision.devices import TOGETHER
from callpoint_protocol import names

from ..waiting import page_until
from .estate import Estate

BEGIN_MS = 1_760_000_000_000 // STEP_MS * STEP_MS
HOUR_MS = 3_600_000
Body = EventBody | FaultBody | StatusBody


def entry(after_h: float, body: Body, device: str | None = None) -> Entry:
    at_ms = round(BEGIN_MS + after_h * HOUR_MS)
    kinds = {EventBody: Type.EVENT, FaultBody: Type.FAULT, StatusBody: Type.STATUS}
    return Entry(
        position=1,
        type=kinds[type(body)],
        body=body,
        device=device,
        recorded_ms=at_ms,
        mono_ms=0,
        boot_id="",
        boot=None,
        seq=None,
        about=None,
    )


def silence(after_h: float, device: str, state: int = names.TROUBLE) -> Entry:
    body = EventBody("e", names.SUPERVISION, state, 0, 0, 1, 0, BEGIN_MS, Quality.AGE)
    return entry(after_h, body, device)


def status(after_h: float, device: str, what: str) -> Entry:
    return entry(after_h, StatusBody("e", what, 7, "1", 1), device)


def missing(log: OnlineLog) -> list[set[str]]:
    found, now = [], set(log.history.before)
    for step in log.history.steps:
        now = (now | step.gone) - step.back
        found.append(now)
    return found


def test_each_kind_of_silence_begins_and_ends() -> None:
    log = OnlineLog()
    log.take(status(0.5, "a", names.LOST))
    log.take(silence(5, "b"))
    log.take(entry(6, FaultBody(TOGETHER, True, "c d", "look")))
    log.take(status(9, "a", names.ONLINE))
    log.take(silence(10, "b", names.RESTORE))
    log.take(entry(13, FaultBody(TOGETHER, False, "", "")))
    assert log.advance(BEGIN_MS + 16 * HOUR_MS)
    assert missing(log) == [set(), {"a"}, {"a", "b", "c", "d"}, {"c", "d"}, set()]
    assert not log.advance(BEGIN_MS + 17 * HOUR_MS), "no moment has passed"


def test_only_the_last_week_is_kept_and_what_was_missing_before_it_counts() -> None:
    log = OnlineLog()
    log.take(status(0.5, "a", names.LOST))
    log.take(status(30 * 24, "b", names.LOST))
    log.advance(BEGIN_MS + 30 * 24 * HOUR_MS + STEP_MS)
    assert len(log.history.steps) == STEPS
    counts = [len(each) for each in missing(log)]
    assert counts == [1] * (STEPS - 1) + [2]


def test_a_clock_that_goes_back_makes_no_second_moment() -> None:
    log = OnlineLog()
    log.take(status(9, "a", names.LOST))
    log.take(status(1, "b", names.LOST))
    log.advance(BEGIN_MS + 12 * HOUR_MS)
    times = [step.at_ms for step in log.history.steps]
    assert times == sorted(set(times))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_overview_draws_it_and_has_the_numbers_as_a_table(site: Estate, language: str) -> None:
    site.hear_all()
    for device in ("button-1-101", "button-1-102"):
        site.store(NewEntry(Type.STATUS, StatusBody("estate", names.LOST, 7, "1", 1), device))
    headers = {"Accept-Language": language}
    with TestClient(build_app(site.console()), headers=headers) as client:
        page = page_until(lambda: client.get("/").text, lambda shown: "<polyline" in shown)
        (points,) = re.findall(r'<polyline points="([\d, ]+)"', page)
        (table,) = re.findall(r'id="online-table".*?<tbody>(.*?)</tbody>', page, re.S)
        rows = re.findall(r"<td>([\d/]+)</td>", table)
        assert points.startswith("4,"), "it begins at the left edge"
        assert len(rows) >= 2
        assert rows[0] == "7/9", "the newest first"
        assert ("at least 7 of 9" if language == "en" else "最少 7/9 台") in page
