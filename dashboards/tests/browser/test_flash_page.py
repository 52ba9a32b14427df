"""The page of ``callpoint flash --web`` in a real browser, under its own policy."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from callpoint_rig.workbench import make_image
from callpoint_technician.flash.web.server import server

from .conftest import Pages

# A browser without Web Serial is given a port on which nothing answers.
PORT = """
const port = {
    open: async () => {}, close: async () => {}, setSignals: async () => {},
    getInfo: () => ({}), addEventListener() {}, removeEventListener() {},
    readable: new ReadableStream(), writable: new WritableStream(),
};
Object.defineProperty(navigator, "serial", {value: {requestPort: async () => port}});
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    image = make_image(tmp_path_factory.mktemp("web") / "image", 8192)
    with server({"esp32": image}, "en") as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("language", "heading", "button", "unsupported"),
    [
        ("en", "Write the firmware from this browser", "Write the firmware", "Chrome or Edge"),
        ("zh", "用此浏览器写入固件", "写入固件", "Chrome 或 Edge"),
    ],
)
def test_the_tools_run_under_the_policy(
    pages: Pages, address: str, language: str, heading: str, button: str, unsupported: str
) -> None:
    page = pages.open(f"{address}/{language}", language, login=None)
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    page.add_init_script("delete Navigator.prototype.serial")
    page.reload()
    expect(page.get_by_text(unsupported)).to_be_visible()
    page.add_init_script(PORT)
    page.reload()
    page.get_by_role("button", name=button).click()
    expect(page.locator("ewt-install-dialog")).to_contain_text("Callpoint")
