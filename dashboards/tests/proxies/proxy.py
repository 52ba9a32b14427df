"""nginx and Caddy before a console, set up as ``gateway/CONFIGURATION.md`` says.

Only addresses and files are put in place of the document's; what a test machine needs beside them
stands around that text.
"""

import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

REFERENCE: Final = Path(__file__).parents[3] / "gateway/CONFIGURATION.md"
HOST: Final = "console.example"
SOON_S: Final = 20.0


def documented(program: str, replaced: dict[str, str]) -> str:
    """Return the document's text for a proxy, with each of some parts replaced."""
    found = re.search(rf"^```{program}\n(.*?)^```", REFERENCE.read_text("utf-8"), re.M | re.S)
    assert found, f"the document says nothing of {program}"
    text = found[1]
    for before, after in replaced.items():
        assert before in text, before
        text = text.replace(before, after)
    return text


def nginx(folder: Path, port: int, console: int) -> list[str]:
    """Return the command of an nginx on ``port`` that passes on to ``console``."""
    server = documented(
        "nginx",
        {
            "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
            "/etc/ssl/console.pem": str(folder / "c.pem"),
            "/etc/ssl/console.key": str(folder / "c.key"),
            "127.0.0.1:8480": f"127.0.0.1:{console}",
        },
    )
    parts = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = [f"{part}_temp_path {folder}/{part};" for part in parts]
    lines = [f"pid {folder}/nginx.pid;", "error_log stderr notice;", "daemon off;"]
    if os.geteuid() == 0:
        lines.append("user root;")
    lines += ["events {}", "http {", "access_log off;", *places, server, "}"]
    configuration = folder / "nginx.conf"
    configuration.write_text("\n".join(lines))
    return ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(configuration)]


def caddy(folder: Path, port: int, console: int) -> list[str]:
    """Return the command of a Caddy on ``port`` that passes on to ``console``."""
    site = documented("caddy", {"127.0.0.1:8480": f"127.0.0.1:{console}"})
    # The certificate of the test takes the place of the public authority's.
    own = f"{{\n tls {folder}/c.pem {folder}/c.key\n"
    lines = ["{", "admin off", "auto_https disable_redirects", "default_bind 127.0.0.1"]
    lines += [f"https_port {port}", f"storage file_system {folder}/storage", "}"]
    configuration = folder / "Caddyfile"
    configuration.write_text("\n".join(lines) + "\n" + site.replace("{\n", own, 1))
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(configuration)]


PROXIES: Final = {"nginx": nginx, "caddy": caddy}


@contextmanager
def before(program: str, folder: Path, port: int, console: int) -> Iterator[None]:
    """Run a proxy with the certificate ``c.pem`` of a folder until the block ends."""
    assert shutil.which(program), "make web-servers fetches the web servers of the tests"
    command = PROXIES[program](folder, port, console)
    with (folder / f"{program}.log").open("w") as log:
        running = subprocess.Popen(
            command, stderr=log, stdout=log, env=os.environ | {"HOME": str(folder)}
        )
    try:
        end_s = time.monotonic() + SOON_S
        while not _answers(folder, port):
            log_text = (folder / f"{program}.log").read_text()
            assert running.poll() is None, log_text
            assert time.monotonic() < end_s, log_text
            time.sleep(0.02)
        yield
    finally:
        running.terminate()
        running.wait(SOON_S)


def _answers(folder: Path, port: int) -> bool:
    trusted = ssl.create_default_context(cafile=str(folder / "c.pem"))
    try:
        with (
            socket.create_connection(("127.0.0.1", port), 5) as connection,
            trusted.wrap_socket(connection, server_hostname=HOST),
        ):
            return True
    except OSError:
        return False
