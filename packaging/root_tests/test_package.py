"""What the Debian package brings, and that two buildings are the same bytes."""

import json
import os
import subprocess
from pathlib import Path

import bill
from build_deb import CHECKOUT, commit_time, uv_of_checkout, version_of


def test_a_package_is_built_twice_alike(package: Path) -> None:
    again = Path(os.environ["CALLPOINT_PACKAGE_AGAIN"])
    assert again.read_bytes() == package.read_bytes()


def test_a_package_brings_both_pythons_and_needs_debian_alone(package: Path) -> None:
    needs = subprocess.check_output(["dpkg-deb", "-f", package, "Depends"], text=True)
    names = {part.split()[0] for part in needs.split(",")}
    assert names == {"adduser", "mosquitto", "python3", "tzdata"}
    listed = subprocess.check_output(["dpkg-deb", "-c", package], text=True)
    for python in ("3.11", "3.13"):
        assert f"python{python}/site-packages/callpoint_gateway/service.py" in listed
    for unit in (CHECKOUT / "gateway/systemd").iterdir():
        assert f"./usr/lib/systemd/system/{unit.name}" in listed
    assert all(line.split()[1] == "root/root" for line in listed.splitlines())
    assert "__pycache__" not in listed


def test_the_parts_of_the_gateway_are_those_of_the_package(package: Path, tmp_path: Path) -> None:
    epoch = commit_time()
    uv = uv_of_checkout(epoch)
    text = bill.gateway(uv, CHECKOUT, epoch)
    assert text == bill.gateway(uv, CHECKOUT, epoch)
    named = {part["name"] for part in json.loads(text)["components"]}
    subprocess.run(["dpkg-deb", "-x", package, tmp_path], check=True)
    for python in ("3.11", "3.13"):
        folder = tmp_path / f"usr/lib/callpoint/{version_of(CHECKOUT)}/lib/python{python}"
        brought = {
            path.name.partition("-")[0].replace("_", "-").lower()
            for path in folder.glob("site-packages/*.dist-info")
        }
        assert brought - {"callpoint"} <= named
