"""``callpoint console`` as a process: the first start, its lock, TLS, and its end."""

import os
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.writer import Journal

from ..waiting import page_until
from .certificates import certificate
from .office import PASSWORD

CONFIG = (
    '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'
    "[console]\nport = 0\n"
)


def site_of_console(folder: Path) -> Path:
    """Return the configuration of a site whose gateway has run."""
    (folder / "register.toml").write_text('[[place]]\nid = "b3"\n')
    path = folder / "gateway.toml"
    path.write_text(CONFIG.replace("port = 0", "port = 1"))
    state = folder / "state"
    state.mkdir()
    for name, chained in (("alarms.db", True), ("telemetry.db", False)):
        Journal(state / name, SystemClock(), chained=chained).close()
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return the configuration of such a site."""
    return site_of_console(tmp_path)


def command(config: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "callpoint_cli.main", "console", "-c", str(config), *more]


@contextmanager
def running(config: Path) -> Iterator[str]:
    """Yield the address of a console that runs, and end it as systemd does."""
    with subprocess.Popen(
        command(config, "--port", "0"), stdout=subprocess.PIPE, text=True
    ) as run:
        try:
            assert run.stdout is not None
            found = re.search(r"listening on (\S+)/( |$)", run.stdout.readline())
            assert found
            yield found[1]
            run.send_signal(signal.SIGTERM)
            assert run.wait(60) in (0, -signal.SIGTERM)  # systemd takes both for a good end
        finally:
            run.kill()


def user(config: Path, *words: str) -> str:
    result = CliRunner().invoke(main, ["user", *words, "-c", str(config)])
    assert result.exit_code == 0, result.output
    return result.output


def test_from_the_first_start_to_the_overview(config: Path) -> None:
    with running(config) as address, httpx2.Client(base_url=address, timeout=60) as browser:
        assert browser.get("/").headers["location"] == "/login?next=/"
        assert "callpoint user add admin --role admin" in browser.get("/login").text
        found = re.search(r"/welcome/\S+", user(config, "add", "wang", "--role", "viewer"))
        assert found
        assert "callpoint user add" not in browser.get("/login").text
        chosen = browser.post(
            found[0], data={"new": PASSWORD, "again": PASSWORD}, headers={"Origin": address}
        )
        assert chosen.headers["location"] == "/"
        shown = browser.get("/")
        assert shown.status_code == 200
        assert "wang" in shown.text
        assert "server" not in shown.headers
        user(config, "logout", "wang")
        assert browser.get("/").status_code == 303
        second = subprocess.run(
            command(config, "--port", "0"), capture_output=True, text=True, check=False
        )
        assert second.returncode == 3
        assert "another console" in second.stderr


def test_it_speaks_tls_itself(config: Path, tmp_path: Path) -> None:
    certificate(tmp_path)
    with config.open("a") as file:
        file.write('certificate_file = "c.pem"\nkey_file = "c.key"\n')
    with (
        running(config) as address,
        httpx2.Client(
            base_url=address,
            verify=ssl.create_default_context(cafile=tmp_path / "c.pem"),
            timeout=60,
        ) as browser,
    ):
        assert address.startswith("https://")
        answer = browser.get("/login")
        assert answer.status_code == 200
        assert answer.headers["strict-transport-security"]


def test_a_certificate_that_cannot_be_used_is_said(config: Path, tmp_path: Path) -> None:
    certificate(tmp_path)
    (tmp_path / "c.key").write_text("no key")
    with config.open("a") as file:
        file.write('certificate_file = "c.pem"\nkey_file = "c.key"\n')
    ended = subprocess.run(command(config), capture_output=True, text=True, check=False)
    assert ended.returncode == 3
    assert "both are PEM files" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--listen", "0.0.0.0"), "passwords would cross the network"),
        (("--listen", "console"), "is no address"),
    ],
)
def test_an_address_that_is_not_safe_is_refused(
    config: Path, more: tuple[str, ...], said: str
) -> None:
    environment = {**os.environ, "LANG": "C"}
    ended = subprocess.run(
        command(config, *more), capture_output=True, text=True, check=False, env=environment
    )
    assert ended.returncode == 3
    assert said in ended.stderr


@pytest.mark.parametrize(("proxy", "believed"), [("127.0.0.1", True), ("192.0.2.1", False)])
def test_only_the_named_proxy_says_who_asks(config: Path, proxy: str, believed: bool) -> None:
    with config.open("a") as file:
        file.write(f'public_url = "https://console.example"\nproxies = ["{proxy}"]\n')
    link = re.search(r"/welcome/\S+", user(config, "add", "wang", "--role", "viewer"))
    assert link
    forwarded = {
        "Host": "console.example",
        "Origin": "https://console.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "203.0.113.9",
    }
    form = {"new": PASSWORD, "again": PASSWORD}
    with running(config) as address, httpx2.Client(base_url=address, timeout=60) as proxied:
        answer = proxied.post(link[0], data=form, headers=forwarded)
        if not believed:
            assert answer.status_code == 403
            assert "X-Forwarded-Proto" in answer.text
            return
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-callpoint-session=")
        token = cookie.partition("=")[2].partition(";")[0]
        headers = {**forwarded, "Cookie": f"__Host-callpoint-session={token}"}
        shown = proxied.get("/account", headers=headers)
        assert "203.0.113.9" in shown.text
        assert shown.headers["strict-transport-security"]


def until(browser: httpx2.Client, path: str, condition: Callable[[str], bool]) -> str:
    """Load a page until its text fulfils a condition, and return it."""
    return page_until(lambda: browser.get(path).text, condition)


def test_a_changed_register_is_used_and_a_wrong_one_is_said(config: Path, tmp_path: Path) -> None:
    register = tmp_path / "register.toml"
    with running(config) as address, httpx2.Client(base_url=address, timeout=60) as browser:
        link = re.search(r"/welcome/\S+", user(config, "add", "wang", "--role", "manager"))
        assert link
        form = {"new": PASSWORD, "again": PASSWORD}
        browser.post(link[0], data=form, headers={"Origin": address})
        until(browser, "/search?q=b", lambda text: "b3" in text)
        register.write_text('[[place]]\nid = "b3"\n[[place]]\nid = "b4"\n')
        until(browser, "/search?q=b", lambda text: "b4" in text)
        assert browser.get("/account").status_code == 200, "who was signed in still is"
        register.write_text('[[place]]\nid = "b5"\n[[place]]\nid = "b5"\n')
        shown = until(browser, "/strip", lambda text: "configuration is not used" in text)
        assert "b5" in shown
        assert "b4" in browser.get("/search?q=b").text, "what was used before still is"
        config.write_text(config.read_text().replace("estate", "other"))
        register.write_text('[[place]]\nid = "b6"\n')
        until(browser, "/strip", lambda text: "only when the console is started again" in text)
        config.write_text(config.read_text().replace("other", "estate"))
        until(browser, "/search?q=b", lambda text: "b6" in text)
        until(browser, "/strip", lambda text: "configuration is not used" not in text)
