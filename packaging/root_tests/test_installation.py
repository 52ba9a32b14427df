"""The package on a machine of each release: installed, set up, upgraded, taken back, removed."""

import asyncio
import shutil
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from later_versions import another_journal, later, never_ready
from machines import RELEASES, Machine, fresh
from site_of_test import ANSWERS, site_on

from steps import NotReady

KEYS = ("etc/callpoint/certificates/ca.key", "var/lib/callpoint-broker/broker.key")


def install(machine: Machine, package: Path, *, check: bool = True) -> str:
    """Install a package as a person does, and return what is said."""
    shutil.copy(package, machine.root / "root" / package.name)
    done = machine.run("apt-get", "install", "-y", f"/root/{package.name}", check=check)
    return done.stdout + done.stderr


def owners(machine: Machine) -> dict[str, str]:
    """Return owner and mode of what others must not read."""
    found = machine.run("stat", "-c", "%n %U %a", *(f"/{key}" for key in KEYS)).stdout
    return {line.split()[0]: line.split(maxsplit=1)[1] for line in found.splitlines()}


@pytest.fixture(scope="session")
def to_come(package: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return packages of three versions to come. Each has a newer journal than the one before.

    The present one can go on with that of the first two; the second is never ready.
    """
    folder = tmp_path_factory.mktemp("to-come")
    step = partial(another_journal, needs=2)
    return [
        later(package, "0.2.0", folder, step),
        later(package, "0.3.0", folder, step, step, never_ready),
        later(package, "0.4.0", folder, step, step, partial(another_journal, needs=5)),
    ]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("codename", RELEASES)
def test_the_day_of_a_machine(
    codename: str, package: Path, to_come: list[Path], tmp_path: Path
) -> None:
    with fresh(codename, tmp_path) as machine, ExitStack() as stack:
        try:
            stack.enter_context(machine.on())
        except NotReady as problem:
            pytest.skip(str(problem))
        said = install(machine, package)
        assert "0.1.0" in machine.run("callpoint", "--version").stdout, said
        machine.write("root/answers.toml", ANSWERS)
        set_up = ("callpoint", "setup", "--answers", "/root/answers.toml")
        told = machine.run(*set_up).stdout
        assert "http://127.0.0.1:8480/welcome/" in told
        keys = [(machine.root / key).read_bytes() for key in KEYS]
        told = machine.run(*set_up).stdout
        assert "written" not in told
        assert "/welcome/" not in told
        assert [(machine.root / key).read_bytes() for key in KEYS] == keys
        assert owners(machine) == {
            "/etc/callpoint/certificates/ca.key": "callpoint 600",
            "/var/lib/callpoint-broker/broker.key": "callpoint-broker 600",
        }
        asyncio.run(_upgrades(machine, tmp_path, *to_come))
        machine.run("apt-get", "remove", "-y", "callpoint")
        assert not (machine.root / "opt/callpoint").exists()
        assert (machine.root / "var/lib/callpoint/alarms.db").exists()
        assert machine.run("pgrep", "-u", "callpoint", check=False).stdout == ""
        machine.run("apt-get", "purge", "-y", "callpoint")
        assert not (machine.root / "var/lib/callpoint").exists()


async def _upgrades(machine: Machine, folder: Path, *later: Path) -> None:
    """Upgrade while a button is pressed: to one that works, one that hangs, one without return."""
    second, third, fourth = later
    async with site_on(machine, folder) as site:
        await site.press()
        upgrading = asyncio.create_task(asyncio.to_thread(install, machine, second))
        said = await site.press_until(upgrading)
        assert "version 0.2.0 runs; the gateway was away for" in said, said
        assert "0.2.0" in await site.call("callpoint", "--version")
        await site.press()
        assert await site.stored() == site.presses

        # The one that hangs takes the alarm, stores it in its own journal, and is given up.
        trying = asyncio.create_task(asyncio.to_thread(install, machine, third, check=False))
        said = await site.press_until(trying)
        assert "version 0.2.0 runs again" in said, said
        await site.press()
        assert await site.stored() == site.presses

        said = await asyncio.to_thread(install, machine, fourth, check=False)
        assert "cannot be used here, and the present version goes on" in said, said
        await site.press()
        assert await site.stored() == site.presses
        assert "0.2.0" in await site.call("callpoint", "--version")
