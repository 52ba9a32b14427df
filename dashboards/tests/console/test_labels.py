"""Labels of alarm points: another library reads their codes, and they fit their sheets."""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp
from starlette.testclient import TestClient

from callpoint_console.accounts.assembly import accounts_of
from callpoint_console.alarm_points.label_sizes import SIZES, Size
from callpoint_console.alarm_points.labels import QUIET, Label, code_path, pages, style
from callpoint_console.app import build_app
from callpoint_console.console import Console
from callpoint_console.database import Database, file_in
from callpoint_console.schema import SUBJECTS
from callpoint_console.stores import Stores, stores_of
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.host.clock import SystemClock

from ..accounts.office import CONFIG
from .estate import Estate

CODE = "23456789abcdefghjkmn"
ADDRESS = f"https://callpoint.example.com/p/{CODE}"
SVG = "{http://www.w3.org/2000/svg}"
RUN = re.compile(r"M(\d+) (\d+)h(\d+)v1h-\d+z")
DOT = 4


def label(*parts: str, name: str = "", address: str = ADDRESS) -> Label:
    return Label(parts or ("幸福小区", "3号楼", "2单元", "301"), name, CODE, address)


def read(path: str, width: int) -> list[str]:
    """Read a drawn code as a phone does, with a reader that is not of the drawing library."""
    dots = bytearray(b"\xff" * (width * DOT) * (width * DOT))
    for found in RUN.finditer(path):
        x, y, length = map(int, found.groups())
        for row in range(y * DOT, (y + 1) * DOT):
            begin = row * width * DOT + x * DOT
            dots[begin : begin + length * DOT] = bytes(length * DOT)
    picture = memoryview(bytes(dots)).cast("B", (width * DOT, width * DOT))
    return [code.text for code in zxingcpp.read_barcodes(picture)]


@pytest.mark.parametrize(
    "address", ["http://a/p", ADDRESS, "https://callpoint.a-very-long-name.example.com/p/" + CODE]
)
def test_a_code_can_be_read(address: str) -> None:
    path, width = code_path(address)
    assert width >= 25 + 2 * QUIET  # version 2 or more
    assert read(path, width) == [address]


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_labels_lie_within_the_page_and_not_on_each_other(size: Size) -> None:
    seen: list[tuple[float, float]] = []
    for index in range(size.on_a_page):
        x, y = size.corner(index)
        assert x >= 0
        assert y >= 0
        assert x + size.label[0] <= size.page[0] + 0.01
        assert y + size.label[1] <= size.page[1] + 0.01
        for left, top in seen:
            beside = abs(x - left) >= size.label[0] - 0.01
            assert beside or abs(y - top) >= size.label[1] - 0.01
        seen.append((x, y))


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_every_word_is_on_its_label(size: Size) -> None:
    long = label("An estate with a long name", "Building 3", "Unit 2", "Flat 301", name="大厅<&>")
    drawn = pages([label(), long] * size.on_a_page, size)
    assert len(drawn) == 2
    root = ElementTree.fromstring(drawn[0])
    assert root.get("width") == f"{size.page[0]:g}mm"
    for group in root.iter(f"{SVG}g"):
        bottom = 0.0
        texts = list(group.iter(f"{SVG}text"))
        for text in texts:
            assert 0 < float(text.get("x", "0")) < size.label[0]
            bottom = float(text.get("y", "0"))
            assert 0 < bottom <= size.label[1]
        said = " ".join(text.text or "" for text in texts)
        assert "301" in said
        assert "3号楼" in said or "Building 3" in said
        assert "扫码查看" in said.replace(" ", "")
        assert CODE in said.replace(" ", "")
    assert f"size:{size.page[0]:g}mm {size.page[1]:g}mm" in style(size)


@pytest.fixture
def settings() -> ConsoleSettings:
    return ConsoleSettings(public_pages=True, public_url="http://127.0.0.1:8480")


@pytest.fixture
def stores(site: Estate, settings: ConsoleSettings, tmp_path: Path) -> Iterator[Stores]:
    database = Database(file_in(tmp_path), SUBJECTS)
    yield stores_of(database, site.register, SystemClock(), settings)
    database.close()


@pytest.fixture
def client(site: Estate, stores: Stores) -> Iterator[TestClient]:
    console: Console = site.console(stores)
    with TestClient(build_app(console), base_url="http://127.0.0.1") as found:
        yield found


def test_the_page_prints_every_place(client: TestClient, stores: Stores) -> None:
    shown = client.get("/points", headers={"Accept-Language": "zh"}).text
    assert "打印标签" in shown
    sheet = client.get("/points/sheet?size=a4-3x8").text
    codes = stores.codes.all()
    drawn = re.findall(r' d="([^"]+)"', sheet)
    _, width = code_path(f"http://127.0.0.1:8480/p/{CODE}")
    found = {text for path in drawn for text in read(path, width)}
    assert found == {f"http://127.0.0.1:8480/p/{code}" for code in codes.values()}
    link = re.search(r'href="([^"]+css[^"]*)"', sheet)
    assert link is not None
    css = client.get(link[1])
    assert css.headers["content-type"].startswith("text/css")
    assert "@page{size:210mm 297mm" in css.text


class TestWithoutAnAddress:
    """Phones could not reach what the code says."""

    @pytest.fixture
    def settings(self) -> ConsoleSettings:
        return ConsoleSettings(public_pages=True)

    def test_labels_are_refused(self, client: TestClient) -> None:
        answer = client.get("/points/sheet", headers={"Accept-Language": "en"})
        assert answer.status_code == 409
        assert "set public_url in [console]" in answer.text
        assert "Print labels" not in client.get("/points").text


def test_a_visitor_of_one_place_prints_no_other(site: Estate, stores: Stores) -> None:
    accounts = accounts_of(stores.database, CONFIG, site.register, SystemClock())
    app = build_app(site.console(stores), accounts)
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as stranger:
        assert stranger.get("/points/sheet").status_code != 200
        assert stranger.get("/points/sheet.css").status_code != 200
    accounts.sign_in.close()
