"""Which requests are meant for this console, and which addresses it goes on to."""

import pytest

from callpoint_console.security.hosts import Hosts, Stranger, local_path
from callpoint_gateway.configuration.console import ConsoleSettings

LOCAL = Hosts(ConsoleSettings())
PUBLIC = Hosts(ConsoleSettings(public_url="https://console.example", proxies=["127.0.0.1"]))


@pytest.mark.parametrize(
    ("hosts", "scheme", "host", "refused"),
    [
        (LOCAL, "http", "127.0.0.1:8480", None),
        (LOCAL, "http", "localhost:9000", None),
        (LOCAL, "http", "[::1]:8480", None),
        (LOCAL, "http", "console.example", Stranger.HOST),
        (LOCAL, "http", "", Stranger.HOST),
        (LOCAL, "http", "127.0.0.1.evil.example", Stranger.HOST),
        (LOCAL, "http", "localhost:8480@evil.example", Stranger.HOST),
        (PUBLIC, "https", "console.example", None),
        (PUBLIC, "https", "Console.Example", None),
        (PUBLIC, "http", "console.example", Stranger.SCHEME),
        (PUBLIC, "https", "console.example:444", Stranger.HOST),
        (PUBLIC, "http", "127.0.0.1:8480", None),
        (PUBLIC, "https", "evil.example", Stranger.HOST),
    ],
)
def test_the_address_of_a_request(
    hosts: Hosts, scheme: str, host: str, refused: Stranger | None
) -> None:
    assert hosts.refused("GET", scheme, {"host": host}) is refused


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({"origin": "https://console.example"}, None),
        ({"origin": "HTTPS://CONSOLE.EXAMPLE"}, None),
        ({"origin": "http://console.example"}, Stranger.ORIGIN),
        ({"origin": "https://console.example.evil.example"}, Stranger.ORIGIN),
        ({"origin": "https://evil.example"}, Stranger.ORIGIN),
        ({"origin": "null"}, Stranger.ORIGIN),
        ({"origin": ""}, Stranger.ORIGIN),
        ({}, Stranger.ORIGIN),
        ({"sec-fetch-site": "same-origin"}, None),
        ({"sec-fetch-site": "same-site"}, Stranger.ORIGIN),
        ({"sec-fetch-site": "none"}, Stranger.ORIGIN),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, Stranger.ORIGIN),
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH", "BREW"])
def test_the_page_that_sent_a_form(
    method: str, headers: dict[str, str], refused: Stranger | None
) -> None:
    given = {"host": "console.example", **headers}
    assert PUBLIC.refused(method, "https", given) is refused


def test_a_form_that_reaches_a_proxy_under_the_public_address() -> None:
    given = {"host": "127.0.0.1:8480", "origin": "https://console.example"}
    assert PUBLIC.refused("POST", "https", given) is None


@pytest.mark.parametrize("text", ["/", "/wall", "/place/b3?x=1&y=2#top", "/地点/三号楼"])
def test_a_path_of_this_console(text: str) -> None:
    assert local_path(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wall",
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "https:evil.example",
        "%2f%2fevil.example",
        "%2fevil.example",
        "\t//evil.example",
        "/\r/evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r\nSet-Cookie: a=b",
        " //evil.example",
        "/x\\..\\y",
        "javascript:alert(1)",
        "/\u2028",
        "/" + "x" * 1000,
    ],
)
def test_any_other_address_leads_to_the_overview(text: str) -> None:
    assert local_path(text) == "/"
