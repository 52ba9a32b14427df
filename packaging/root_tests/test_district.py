"""The units of a district on a machine of each release, under systemd, with a site that enrols."""

import asyncio
from contextlib import ExitStack
from pathlib import Path

import pytest
from district_base import district_base
from district_of_test import (
    CONFIGURATION,
    CONSOLE,
    ENGINE,
    ENROLMENT,
    FOLDER,
    PASSWORD,
    UNITS,
    DistrictOfTest,
    district_on,
    set_up,
)
from machines import RELEASES, fresh
from test_installation import install

from steps import NotReady

_LINK = "/welcome/"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("codename", RELEASES)
def test_the_day_of_a_district(codename: str, package: Path, tmp_path: Path) -> None:
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


async def _no_secret_in_a_log(district: DistrictOfTest, link: str) -> None:
    """No unit has written a key, a code, a password or a link."""
    for unit in (*UNITS, ENGINE, ENROLMENT):
        log = await district.call("journalctl", "--no-pager", "-o", "cat", "-u", unit)
        assert log, unit
        for secret in ("PRIVATE KEY", PASSWORD, district.code, link.rpartition("/")[2]):
            assert secret not in log, unit
