"""Callpoint as a wheel in an environment of its own, started outside the checkout."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from prepare import CHECKOUT, ENVIRONMENT, call_uv, uv_program

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(240)]
DEMO_S = 90
MISSING = 3
NEEDED = ("setpriv", "mosquitto", "micropython")
PAGES = (
    "README.md",
    "SECURITY.md",
    "docs/en/README.md",
    "docs/zh/README.md",
    "docs/pictures",
    "gateway/CONFIGURATION.md",
    "gateway/systemd/callpoint.service",
    "gateway/systemd/callpoint-broker.service",
    "gateway/systemd/callpoint-notify.service",
    "gateway/systemd/callpoint-console.service",
    "dashboards/grafana/dashboards/promql",
    "protocol/asyncapi.yaml",
    "firmware/README.md",
    "firmware/callpoint_boards/partitions-4MiB.csv",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    call_uv(uv_program(), "build", "--wheel", "--out-dir", folder, CHECKOUT)
    (built,) = folder.glob("callpoint-*.whl")
    return built


def installed(wheel: Path, folder: Path, extra: str) -> Path:
    """Return an environment with the wheel, its extra and the versions that uv.lock names."""
    locked = folder / "locked.txt"
    exported = ("export", "--frozen", "--quiet", "--no-default-groups", "--no-emit-project")
    locked.write_text(call_uv(uv_program(), *exported, "--all-extras"), encoding="utf-8")
    environment = folder / "environment"
    call_uv(uv_program(), "venv", "--python", sys.executable, environment)
    python = environment / "bin/python"
    into = ("pip", "install", "--python", python, "--constraints", locked)
    call_uv(uv_program(), *into, f"{wheel}{extra}")
    return environment


def callpoint(environment: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder whose programs are the only ones on the PATH."""
    return subprocess.run(
        [environment / "bin/callpoint", *words],
        cwd=folder,
        env={"PATH": str(folder), "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=DEMO_S,
        check=False,
    )


def put_on_path(folder: Path, names: tuple[str, ...]) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        launcher = ENVIRONMENT / "bin" / name
        found = launcher if launcher.exists() else shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)


def test_the_demo_runs_outside_a_checkout(tmp_path: Path, wheel: Path) -> None:
    environment = installed(wheel, tmp_path, "[rig]")
    pages = environment / "share/callpoint"
    assert [page for page in PAGES if not (pages / page).exists()] == []
    programs = tmp_path / "programs"
    put_on_path(programs, NEEDED)
    done = callpoint(environment, programs, "demo", "--json")
    assert done.returncode == 0, done.stderr
    verdict = json.loads(done.stdout)
    assert verdict["good"]
    assert verdict["raised"] == verdict["arrived"] == 10
    assert sorted(path.name for path in programs.iterdir()) == sorted(NEEDED)
    for missing in ("mosquitto", "micropython"):
        (programs / missing).unlink()
        refused = callpoint(environment, programs, "demo")
        assert refused.returncode == MISSING
        assert f"{missing} is not on the PATH; install the package {missing}" in refused.stderr
        put_on_path(programs, (missing,))


def test_the_demo_without_its_extra_says_how_to_get_it(tmp_path: Path, wheel: Path) -> None:
    environment = installed(wheel, tmp_path, "")
    programs = tmp_path / "programs"
    put_on_path(programs, NEEDED)
    refused = callpoint(environment, programs, "demo")
    assert refused.returncode == MISSING
    assert refused.stderr == (
        "Error: pysiaalarm is not installed; run: pip install 'callpoint[rig]'\n"
    )
    tree = ("--tree", ".", "-o", "u.bin", "--product", "p", "--hardware", "1", "--sequence", "1")
    refused = callpoint(environment, programs, "firmware", "build", *tree, "--version", "1")
    assert refused.returncode == MISSING
    assert "run: pip install 'callpoint[technician]'" in refused.stderr
