"""The gateway as a service: what it tells systemd, Prometheus and its log; what it never tells."""

import asyncio
import json
import os
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from callpoint_rig.ports import free_port
from callpoint_rig.rig import Rig
from callpoint_rig.tools import tool

SOON_S = 60.0
UNITS = Path(__file__).parents[2] / "systemd"
CHECKOUT = UNITS.parents[1]
SECRET = "0123456789ABCDEF"


def fetch(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


async def until(port: int, path: str, status: int) -> str:
    async with asyncio.timeout(SOON_S):
        while True:
            try:
                found, text = await asyncio.to_thread(fetch, port, path)
                if found == status:
                    return text
            except urllib.error.URLError:
                pass
            await asyncio.sleep(0.02)


def values(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def waiting_of(metrics: dict[tuple[str, ...], float]) -> list[float]:
    """Return what waits for each consumer."""
    return [value for key, value in metrics.items() if key[0] == "callpoint_backlog_entries"]


def test_health_ready_metrics_and_log(tmp_path: Path) -> None:
    port = free_port()

    async def go() -> tuple[dict[tuple[str, ...], float], str]:
        rig = Rig(tmp_path, key=SECRET)
        rig.sections += ["[status]", f"port = {port}"]
        board = rig.board("button", [{"zone": 1, "kind": "panic", "input": "button"}])
        async with rig:
            await board.until_up(SOON_S)
            assert json.loads(await until(port, "/ready", 200)) == {"status": "ready", "wrong": []}
            assert json.loads(await until(port, "/health", 200))["status"] == "ok"
            await board.press("button")
            await board.until_lamp("centre", SOON_S)
            async with asyncio.timeout(SOON_S):
                metrics: dict[tuple[str, ...], float] = {}
                # An idle gateway has nothing waiting, though its centre has answered.
                while not metrics.get(("callpoint_alarms_open",)) or any(waiting_of(metrics)):
                    metrics = values(await until(port, "/metrics", 200))
            await rig.broker.kill()
            waiting = json.loads(await until(port, "/ready", 503))
            assert waiting["status"] == "waiting"
            assert set(waiting["wrong"]) <= {"broker (events)", "broker (telemetry)"}
            await until(port, "/health", 200)
            await rig.broker.start()
            await until(port, "/ready", 200)
        return metrics, rig.gateway.log.read_text()

    metrics, log = asyncio.run(go())
    assert metrics["callpoint_rows_total", "alarms"] >= 2
    assert metrics["callpoint_deliveries_total", "police", "delivered"] >= 1
    assert metrics["callpoint_session_up", "events"] == 1
    assert metrics["callpoint_alarms_open",] == 1
    assert metrics["callpoint_alarms_exercised",] == 0
    assert metrics["callpoint_quiet",] == 0
    assert metrics["callpoint_devices_missed", "unheard"] == 0
    assert len(waiting_of(metrics)) == 2, "urgent and normal of one centre"
    assert metrics["callpoint_fault", "broker/events"] == 0
    assert metrics["callpoint_resident_bytes",] > 1e7
    assert metrics["callpoint_disk_written_bytes_total",] > 0
    lines = [line for line in log.splitlines() if " event=" in line]
    assert any("event=alarm site=estate dev=button event_id=" in line for line in lines)
    assert any("event=delivered dev=button event_id=" in line for line in lines)
    assert SECRET not in log


def test_a_log_in_json_is_json(tmp_path: Path) -> None:
    async def go() -> str:
        rig = Rig(tmp_path)
        path = rig.write_configuration()
        path.write_text(path.read_text().replace("[gateway]", '[gateway]\nlog_format = "json"'))
        await rig.gateway.start()
        try:
            await rig.gateway.until(lambda heard: any("STATUS=" in one for one in heard), SOON_S)
        finally:
            await rig.gateway.stop()
        return rig.gateway.log.read_text()

    for line in asyncio.run(go()).splitlines():
        assert {"ts", "level", "from", "text"} <= json.loads(line).keys()


def test_systemd_is_told_ready_only_with_a_broker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "600000")

    async def go() -> None:
        rig = Rig(tmp_path / "rig")
        rig.write_configuration()
        await rig.gateway.start()
        heard = rig.gateway.heard
        try:
            await rig.gateway.until(lambda told: "WATCHDOG=1" in told, SOON_S)
            assert any(one.startswith("STATUS=waiting for broker") for one in heard)
            assert "READY=1" not in heard
            await rig.broker.start()
            await rig.gateway.until(lambda told: "STATUS=site estate" in told, SOON_S)
            assert "READY=1" in heard
            before = heard.count("WATCHDOG=1")
            await rig.gateway.until(lambda told: told.count("WATCHDOG=1") > before, SOON_S)
            assert "STOPPING=1" not in heard
        finally:
            await rig.gateway.stop()
            await rig.broker.kill()
        assert "STOPPING=1" in heard

    asyncio.run(go())


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    async def go(port: int) -> tuple[int, str]:
        rig = Rig(tmp_path)
        rig.sections += ["[status]", f"port = {port}"]
        rig.write_configuration()
        await rig.gateway.start()
        return await rig.gateway.ended(SOON_S), rig.gateway.printed()

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, printed = asyncio.run(go(port))
    assert code == 3
    assert f"the status page cannot listen on 127.0.0.1:{port}" in printed
    assert "correct [status]" in printed


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("callpoint.service", "/usr/bin/callpoint run -c /etc/callpoint/gateway.toml"),
        ("callpoint-notify.service", "/usr/bin/callpoint notify -c /etc/callpoint/gateway.toml"),
        ("callpoint-console.service", "/usr/bin/callpoint console -c /etc/callpoint/gateway.toml"),
        (
            "callpoint-broker.service",
            "/usr/sbin/mosquitto -c /var/lib/callpoint-broker/mosquitto.conf",
        ),
        (
            "callpoint-district@.service",
            "/usr/bin/callpoint district run -c /etc/callpoint/district.toml",
        ),
        (
            "callpoint-district-console.service",
            "/usr/bin/callpoint district console -c /etc/callpoint/district.toml",
        ),
        (
            "callpoint-enrolment.service",
            "/usr/bin/callpoint district enrolment /etc/callpoint/engine --listen 0.0.0.0",
        ),
        (
            "callpoint-engine.service",
            "/usr/sbin/nats-server -c /etc/callpoint/engine/nats.conf",
        ),
    ],
)
def test_the_unit_is_one_that_systemd_understands(tmp_path: Path, name: str, command: str) -> None:
    unit = tmp_path / name
    text = (UNITS / name).read_text()
    assert f"ExecStart={command}\n" in text
    # Programs of the machine that it will run on, which this one may not have.
    unit.write_text(text.replace(command, "/bin/true").replace("/bin/kill", "/bin/true"))
    # The units that it refers to, of the machine's own release, whether or not systemd runs here.
    shelves = CHECKOUT.glob(".cache/debian/systemd-*/**/systemd/user/*.target")
    folders = sorted({str(file.parent) for file in shelves})
    said = subprocess.run(
        [tool("systemd-analyze"), "--user", "verify", "--man=no", unit],
        env=os.environ
        # Without --user it would want to make a folder in /run where systemd does not run.
        | {
            "SYSTEMD_UNIT_PATH": ":".join([str(tmp_path), *folders]),
            "XDG_RUNTIME_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
