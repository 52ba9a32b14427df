"""The units of a district on a machine of each release, under systemd, with a site that enrols."""

import asyncio
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from district_base import district_base
from district_of_test import (
    CONFIGURATION,
    CONSOLE,
    FOLDER,
    PASSWORD,
    UNITS,
    DistrictOfTest,
    district_on,
    set_up,
)
from later_versions import another_step, later, process_never_ready
from machines import RELEASES, fresh
from test_installation import install

from steps import NotReady

_LINK = "/welcome/"
_DUMP = "/var/lib/callpoint/before-0.2.0.dump"


@pytest.fixture(scope="session")
def to_come(package: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return packages of three versions to come.

    The first brings the database to another form. The second fails to do so, and the third is
    never ready.
    """
    folder = tmp_path_factory.mktemp("district-to-come")
    step = partial(another_step, step="CREATE TABLE later (note text)")
    wrong = partial(another_step, step="ALTER TABLE entries ADD COLUMN later integer; SELECT 1/0")
    return [
        later(package, "0.2.0", folder, step),
        later(package, "0.3.0", folder, step, wrong),
        later(package, "0.4.0", folder, step, process_never_ready),
    ]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("codename", RELEASES)
def test_the_day_of_a_district(
    codename: str, package: Path, to_come: list[Path], tmp_path: Path
) -> None:
    with fresh(codename, tmp_path, district_base) as machine, ExitStack() as stack:
        try:
            stack.enter_context(machine.on())
        except NotReady as problem:
            pytest.skip(str(problem))
        install(machine, package)
        set_up(machine)

        async def day() -> None:
            async with district_on(machine, tmp_path) as district:
                await district.enrol()
                await district.site.press()
                await district.all_kept()
                await _ends_of_units(district)
                link = await _accounts_put_back(district)
                await _doctor_is_content(district)
                if codename == RELEASES[-1]:
                    await _upgrades(district, *to_come)
                await _no_secret_in_a_log(district, link)

        asyncio.run(day())
        machine.run("apt-get", "remove", "-y", "callpoint")
        assert machine.run("pgrep", "-u", "callpoint,nats", check=False).stdout == ""


async def _ends_of_units(district: DistrictOfTest) -> None:
    """Kill each unit and start it anew while a button is pressed; nothing is lost or doubled."""
    for unit in UNITS:
        before = await district.shown(unit, "InvocationID")
        await district.call("systemctl", "kill", "--signal=KILL", unit)
        await district.site.press()
        after = await district.until_another(unit, ["", before])
        await district.call("systemctl", "restart", unit)
        await district.site.press()
        await district.until_another(unit, ["", before, after])
    await district.all_kept()


async def _accounts_put_back(district: DistrictOfTest) -> str:
    """Copy the console's accounts and put them back as root; return the link of one of them."""
    add = ("callpoint", "user", "add", "admin", "--role", "admin", "-c", CONFIGURATION)
    said = await district.call(*add)
    (link,) = (word for word in said.split() if _LINK in word)
    await district.call("callpoint", "backup", "/root/copy", "--secrets", "-c", CONFIGURATION)
    await district.call("systemctl", "stop", CONSOLE)
    await district.call("rm", "-rf", "/var/lib/callpoint/district")
    await district.call("callpoint", "restore", "/root/copy", "-c", CONFIGURATION)
    await district.call("systemctl", "start", CONSOLE)
    owners = await district.call("find", "/var/lib/callpoint", "!", "-user", "callpoint")
    assert owners == ""
    said = await district.call("callpoint", "user", "list", "-c", CONFIGURATION)
    assert "admin" in said
    assert await district.call("python3", "-c", _OPEN) == "200\n"
    return link


# The machine has no program that opens a page.
_OPEN = """
import urllib.request
request = urllib.request.Request("http://127.0.0.1:8480/", headers={
    "Host": "district.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"})
print(urllib.request.urlopen(request).status)
"""


async def _doctor_is_content(district: DistrictOfTest) -> None:
    found = await district.district(f"doctor --engine {FOLDER}")
    assert [each for each in found if each["grade"] == "bad"] == []
    for unit in UNITS:
        assert await district.shown(unit, "ActiveState") == "active"
    said = await district.call(
        "runuser", "-u", "nats", "--", "callpoint", "district", "reload", FOLDER
    )
    assert "engine" in said
    (row,) = (await district.district("status"))["gateways"]
    assert row["gateway"] == "g1"
    assert row["waiting"] == 0


async def _upgrades(district: DistrictOfTest, *later: Path) -> None:
    """Upgrade while a button is pressed: with other tables, with wrong ones, to one that hangs."""
    said = await _installed(district, later[0])
    assert f"It is made first: {_DUMP}" in said, said
    assert "version 0.2.0 runs, and the district is as it was before" in said, said
    assert "callpoint 600" in await district.call("stat", "-c", "%U %a", _DUMP)
    # What the copy is for: it is whole.
    assert "TABLE DATA public entries" in await district.call("pg_restore", "--list", _DUMP)

    said = await _installed(district, later[1], check=False)
    assert "version 0.3.0 cannot be used here, and the present version goes on" in said, said
    assert "division by zero" in said, said

    said = await _installed(district, later[2], check=False)
    assert "version 0.2.0 runs again" in said, said
    for unit in UNITS:
        assert await district.shown(unit, "ActiveState") == "active"


async def _installed(district: DistrictOfTest, package: Path, *, check: bool = True) -> str:
    """Install a version while a button is pressed; what was pressed is kept by that which runs."""
    installing = asyncio.to_thread(install, district.machine, package, check=check)
    said = await district.site.press_until(asyncio.create_task(installing))
    await district.all_kept()
    assert "0.2.0" in await district.call("callpoint", "--version")
    return said


async def _no_secret_in_a_log(district: DistrictOfTest, link: str) -> None:
    """No unit has written a key, a code, a password or a link."""
    for unit in UNITS:
        log = await district.call("journalctl", "--no-pager", "-o", "cat", "-u", unit)
        assert log, unit
        for secret in ("PRIVATE KEY", PASSWORD, district.code, link.rpartition("/")[2]):
            assert secret not in log, unit
