"""``callpoint doctor`` beside a running gateway, and with a broker that is set up wrongly."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from callpoint_rig.rig import Rig


async def doctor(rig: Rig) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "callpoint_cli.main", "doctor", "--json", "-c"]
    said = await asyncio.to_thread(
        subprocess.run,
        [*command, str(rig.folder / "gateway.toml")],
        capture_output=True,
        text=True,
        check=False,
    )
    return said.returncode, {one["what"]: one for one in json.loads(said.stdout)}


def test_it_examines_a_running_gateway_and_its_broker(tmp_path: Path) -> None:
    async def go() -> None:
        rig = Rig(tmp_path, tls=True)
        async with rig:
            _, found = await doctor(rig)
            for what in ("gateway", "broker", "configuration", "journal", "secrets"):
                assert found[what]["grade"] == "ok", found[what]
            assert found["certificate callpoint-gateway.pem"]["grade"] == "ok"
            assert found["broker queue"]["grade"] == "ok"
            await rig.broker.stop()
            settings = tmp_path / "broker/mosquitto.conf"
            right = settings.read_text()
            settings.write_text(
                right.replace("max_queued_messages 1000000", "max_queued_messages 1000").replace(
                    "max_inflight_messages 1000", "max_inflight_messages 20"
                )
            )
            await rig.broker.start()
            code, found = await doctor(rig)
            assert code == 4
            assert found["broker queue"]["grade"] == "bad"
            assert found["broker queue"]["remedy"].startswith("set max_queued_messages 1000000")
            assert found["broker in-flight"]["grade"] == "warn"

    asyncio.run(go())


def test_a_configuration_that_is_wrong_is_a_finding(tmp_path: Path) -> None:
    async def go() -> None:
        rig = Rig(tmp_path)
        path = rig.write_configuration()
        path.write_text(path.read_text() + "\n[gatewey]\n")
        code, found = await doctor(rig)
        assert code == 4
        assert "did you mean 'gateway'" in found["configuration"]["text"]
        assert "broker" not in found

    asyncio.run(go())
