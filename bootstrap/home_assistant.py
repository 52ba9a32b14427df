"""Install Home Assistant from the package index, into an environment of its own in the cache.

`make home-assistant` runs it. Which release, and which packages at all, is decided by Python's
version: what was published by the day in ``RELEASES``, so that an old release gets old packages.
Home Assistant would install what its components need when it starts; here that is done before.
A package of which the index has no wheel for this machine needs a C compiler.
"""

import json
import re
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from prepare import CACHE, call_uv, uv_program
from steps import NotReady, say

HERE = CACHE / "home-assistant"


class Release(NamedTuple):
    """A release, and the day after which no package counts."""

    version: str
    newest: str


# The last that runs on each version of Python; a newer Python takes the last one.
RELEASES = {(3, 11): Release("2024.3.3", "2024-04-05"), (3, 13): Release("2025.4.4", "2025-05-01")}
#: The components that are used or that others import without saying so.
COMPONENTS = ("mqtt", "api", "frontend", "recorder", "conversation", "cloud", "assist_pipeline")


def release() -> Release:
    """Return the release for this Python."""
    fitting = [version for version in RELEASES if version <= sys.version_info[:2]]
    return RELEASES[max(fitting)]


def environment() -> Path:
    """Return where it is, or will be, installed."""
    return HERE / f"{release().version}-python{sys.version_info[0]}.{sys.version_info[1]}"


def _needed(package: Path) -> set[str]:
    """Return the requirements of ``COMPONENTS``, of what always runs, and of what they need."""
    always = re.search(
        r"DEFAULT_INTEGRATIONS[^=]*= \{(.*?)\n\}",
        (package / "bootstrap.py").read_text(),
        re.DOTALL,
    )
    todo = [*COMPONENTS, *(re.findall(r'"(\w+)"', always[1]) if always else ())]
    seen: set[str] = set()
    needed: set[str] = set()
    while todo:
        name = todo.pop()
        manifest = package / "components" / name / "manifest.json"
        if name in seen or not manifest.exists():
            continue
        seen.add(name)
        said = json.loads(manifest.read_text())
        needed |= set(said.get("requirements", ()))
        todo += said.get("dependencies", ())
    return needed


def install() -> None:
    """Install it, unless it is there."""
    final, wanted = environment(), release()
    if final.is_dir():
        return
    say(f"fetching Home Assistant {wanted.version} (some 600 MB unpacked)")
    uv = uv_program()
    shutil.rmtree(final.with_name(final.name + ".partial"), ignore_errors=True)
    partial = final.with_name(final.name + ".partial")
    python = partial / "bin/python"
    call_uv(uv, "venv", "--python", sys.executable, partial)
    add = ("pip", "install", "--python", python, "--exclude-newer", wanted.newest)
    # Its old packages import pkg_resources.
    core = (f"homeassistant=={wanted.version}", "setuptools", "numpy")
    call_uv(uv, *add, *core)
    (package,) = partial.glob("lib/python*/site-packages/homeassistant")
    bounds = package / "package_constraints.txt"
    call_uv(uv, *add, "--constraint", bounds, *core, *sorted(_needed(package)))
    partial.rename(final)


def main() -> int:
    """Print where its Python is. Return 1 after an error."""
    try:
        install()
    except NotReady as problem:
        say(str(problem))
        return 1
    print(environment() / "bin/python")
    return 0


if __name__ == "__main__":
    sys.exit(main())
