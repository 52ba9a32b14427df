"""What ``callpoint flash --web`` serves, and what not."""

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from callpoint_rig.workbench import make_image
from callpoint_technician.flash.web.server import answers, server
from callpoint_technician.image.parts import FlashPart


@pytest.fixture
def parts(tmp_path: Path) -> list[FlashPart]:
    return make_image(tmp_path / "image", 8192)


@pytest.fixture
def port(parts: list[FlashPart]) -> Iterator[int]:
    with server({"esp32": parts}, "zh") as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield serving.server_port
        serving.shutdown()
        thread.join()


def get(port: int, path: str, host: str | None = None) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Host": host or f"127.0.0.1:{port}"})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


def test_every_part_with_data_is_served_and_no_identity(port: int, parts: list[FlashPart]) -> None:
    _, content = get(port, "/manifest.json")
    (build,) = json.loads(content)["builds"]
    assert build["chipFamily"] == "ESP32"
    assert [part["offset"] for part in build["parts"]] == [p.offset for p in parts if p.data]
    for listed, part in zip(build["parts"], [p for p in parts if p.data], strict=True):
        answer, data = get(port, listed["path"])
        assert answer.status == 200
        assert data == part.data
    assert [path for path in answers({"esp32": parts}) if "362000" in path] == []


def test_the_page_is_in_the_language_of_the_command(port: int) -> None:
    answer, content = get(port, "/")
    assert answer.status == 200
    assert 'lang="zh"' in content.decode()
    assert 'lang="en"' in get(port, "/en")[1].decode()


@pytest.mark.parametrize("path", ["/", "/tools/install-button.js", "/nothing"])
def test_every_answer_has_the_policy(port: int, path: str) -> None:
    answer, _ = get(port, path)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/nothing", "/../page.html", "/tools/../server.py", "/parts/"])
def test_nothing_else_is_served(port: int, path: str) -> None:
    assert get(port, path)[0].status == 404


def test_a_page_of_another_name_gets_nothing(port: int) -> None:
    answer, content = get(port, "/manifest.json", host=f"evil.example:{port}")
    assert answer.status == 403
    assert content == b""
