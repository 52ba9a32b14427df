"""The operator's page of one site at its district: live and with its scripts below a prefix."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from ..district.written_district import CITY, XIHU, WrittenDistrict
from .conftest import Pages
from .console_process import ConsoleProcess

pytestmark = pytest.mark.timeout(240)

Elsewhere = Callable[..., Any]


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """Return what calls something in another thread: a browser's test has a loop in its own."""
    with ThreadPoolExecutor(1) as thread:
        yield lambda call, *given: thread.submit(call, *given).result()


@pytest.fixture
def district(tmp_path: Path, address: str, elsewhere: Elsewhere) -> Iterator[WrittenDistrict]:
    """Return a district with one site."""
    written = elsewhere(WrittenDistrict, tmp_path, address)
    elsewhere(written.site, "g1", [(CITY, XIHU, "Beishan", "Garden", "3", "101")])
    yield written
    elsewhere(written.close)


def test_an_alarm_comes_to_the_page_of_its_site_and_its_card_is_opened(
    pages: Pages, tmp_path: Path, district: WrittenDistrict, elsewhere: Elsewhere
) -> None:
    config = tmp_path / "district.toml"
    config.write_text(
        f'district = "d1"\nservers = ["nats://127.0.0.1:9"]\ndatabase = "{district.address}"\n'
        'state_dir = "kept"\n',
        encoding="utf-8",
    )
    console = ConsoleProcess(config, command=("district", "console"))
    try:
        page = pages.open(f"{console.address}/sites/g1/operator")
        expect(page.locator("#queue")).to_contain_text("No open alarm")
        alarm = elsewhere(district.event, "g1")
        row = page.locator(f'#queue [data-alarm="{alarm}"]')
        expect(row).to_have_count(1)
        row.click()
        card = page.locator(f'#card [data-card="{alarm}"]')
        expect(card).to_have_count(1)
        page.locator("#acknowledge").click()
        expect(page.locator("#said")).to_contain_text("nothing was sent")
        page.locator("#show-household").click()
        expect(page.locator("#household")).to_contain_text("nothing was sent")
        page.locator(".home").click()
        expect(page).to_have_url(f"{console.address}/sites/g1/")
        expect(page.locator(f"#alarm-{alarm}")).to_have_count(1)
        assert pages.complaints == []
    finally:
        console.stop()
