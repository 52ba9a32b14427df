"""A program that is not there is named with what brings it."""

from pathlib import Path

import click
import pytest

from callpoint_rig import tools

MAKEFILE = Path(__file__).parents[3] / "Makefile"
PROGRAMS = [("mosquitto", "prepare"), ("nats-server", "district-parts")]
PROGRAMS += [(name, "district-parts") for name in ("postgres", "initdb", "psql")]


@pytest.fixture
def nothing_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let no program be found."""
    monkeypatch.setattr(tools.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "en.UTF-8")


@pytest.mark.usefixtures("nothing_there")
@pytest.mark.parametrize(("name", "target"), PROGRAMS)
def test_a_checkout_names_the_target_that_brings_it(name: str, target: str) -> None:
    with pytest.raises(click.ClickException, match=f"{name} is not .* run: make {target}$"):
        tools.tool(name)
    assert f"\n{target}:" in MAKEFILE.read_text(encoding="utf-8")


@pytest.mark.usefixtures("nothing_there")
@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("postgres", "postgresql, and put the folder /usr/lib/postgresql/VERSION/bin on the PATH"),
        ("psql", "postgresql, and put the folder /usr/lib/postgresql/VERSION/bin on the PATH"),
        ("nats-server", r"nats-server \(that of Debian 13\)"),
    ],
)
def test_elsewhere_it_names_the_package(
    name: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "_IN_CHECKOUT", False)
    with pytest.raises(click.ClickException, match=f"install the package {package}$"):
        tools.tool(name)
