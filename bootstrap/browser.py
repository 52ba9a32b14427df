"""Fetches the browser of the tests: `python3 bootstrap/browser.py`, after prepare.py.

Debian's headless Chromium, unpacked like everything else; the demo needs none. Three things make
it run through the dynamic loader that came with it:

- a copy of the loader lies beside the program, which finds its files by `/proc/self/exe`;
- the launcher names itself as the program of the browser's children;
- without a zygote, which would start children by `/proc/self/exe`, the loader.

Playwright's own program needs a library that a bare machine has not, so it has a launcher as well.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from debian_packages import Bundle, libraries_and_loader
from prepare import DEBIAN, ENVIRONMENT, fetch, machine
from steps import NotReady, say

HEADLESS = "usr/lib/chromium/chromium-headless-shell"
LOADER = "usr/lib/chromium/ld.so"
CHROMIUM = "chromium"
NODE = "playwright-node"
# What nothing headless needs: 50 MB less to download.
NOT_NEEDED = (
    *("perl", "perl-base", "xdg-utils", "systemd", "dbus", "locales"),
    *("libtirpc3", "libtirpc3t64", "libgl1-mesa-dri", "libz3-4", "libllvm15", "libllvm19"),
)
# Only the bundle's own fonts are seen, so pictures do not depend on the machine.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
<dir>{root}/usr/share/fonts</dir>
<cachedir prefix="xdg">fontconfig</cachedir>
<include ignore_missing="yes">{root}/etc/fonts/conf.d</include>
</fontconfig>
"""


def browser_bundle(codename: str, architecture: str) -> Bundle:
    """Return the browser of this machine's release, with a Chinese font."""
    return Bundle(
        CHROMIUM,
        codename,
        architecture,
        ("chromium-headless-shell", "fonts-wqy-microhei", "libatomic1", "libstdc++6"),
        {CHROMIUM: HEADLESS},
        NOT_NEEDED,
    )


def complete(root: Path, bundle: Bundle) -> str:
    """Put loader and fonts into an unpacked browser; return the path of its libraries."""
    libraries, loader = libraries_and_loader(bundle, root)
    if loader is None:
        raise NotReady("chromium came without its dynamic loader", "Run make clean, then again.")
    shutil.copyfile(loader, root / LOADER)
    (root / LOADER).chmod(0o755)
    (root / "fonts.conf").write_text(FONTS.format(root=root), encoding="utf-8")
    return libraries


def write(target: Path, command: list[str], environment: str = "") -> None:
    """Write a launcher."""
    fresh = target.with_name(f".{target.name}.new")
    fresh.write_text(f'#!/bin/sh\n{environment}exec {shlex.join(command)} "$@"\n')
    fresh.chmod(0o755)
    fresh.replace(target)


def prepare() -> None:
    """Fetch the browser unless it is there, and write both launchers."""
    codename, architecture = machine()
    bundle = browser_bundle(codename, architecture)
    root = bundle.directory(DEBIAN)
    fetch([bundle])
    libraries = complete(root, bundle)
    run = [str(root / LOADER), "--inhibit-cache", "--library-path", libraries]
    launcher = ENVIRONMENT / "bin" / CHROMIUM
    own = [f"--browser-subprocess-path={launcher}", "--no-zygote"]
    fonts = f"export FONTCONFIG_FILE={shlex.quote(str(root / 'fonts.conf'))}\n"
    write(launcher, [*run, str(root / HEADLESS), *own], fonts)
    node = next(ENVIRONMENT.glob("lib/python*/site-packages/playwright/driver/node"), None)
    if node is None:
        raise NotReady("Playwright is not in .venv", "Run make prepare, then run make again.")
    write(ENVIRONMENT / "bin" / NODE, [*run, str(node)])


def main() -> int:
    """Prepare. Return 0 when ready, 1 after an error."""
    try:
        prepare()
    except NotReady as problem:
        say(str(problem))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
