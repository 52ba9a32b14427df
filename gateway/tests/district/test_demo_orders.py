"""The demo's operator tries again what was certainly not sent, and nothing else."""

import asyncio
from pathlib import Path

import msgspec
import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from callpoint_gateway.control.line import refused
from callpoint_gateway.words.said import Said, said
from callpoint_rig.district_ledger import Alarm
from callpoint_rig.district_orders import Orders
from callpoint_rig.district_parts import Engine
from callpoint_rig.ports import free_port

SOON_S = 60.0
NO_ENGINE = {"en": "no connection to the engine", "zh": "无法连接消息引擎"}
REFUSED = {"en": "alarm 17 was NOT acknowledged", "zh": "报警 17 未能确认"}
NO_GATEWAY = {
    "en": "g1 is not connected, or has another name; nothing was sent to it; call its site",
    "zh": "网关 g1 未连接或不存在，未向其发送；请致电其站点",
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_was_not_sent_is_tried_again(
    tmp_path: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", f"{language}.UTF-8")
    engine = Engine(tmp_path, free_port())
    file = tmp_path / "district.toml"
    lines = ['district = "d1"', f'servers = ["{engine.address}"]', 'database = "unused"', ""]
    file.write_text("\n".join(lines), encoding="utf-8")
    told: list[str] = []
    changed = asyncio.Event()

    def tell(what: Said) -> None:
        told.append(what.in_(language))
        changed.set()

    async def until(text: str) -> None:
        async with asyncio.timeout(SOON_S):
            while text not in "".join(told):
                changed.clear()
                await changed.wait()

    async def play() -> bool:
        asked = asyncio.create_task(Orders(file, tell).acknowledge(Alarm("g1", 17, "new")))
        await until(NO_ENGINE[language])
        await engine.start()
        try:
            await until(NO_GATEWAY[language])
            gateway = await nats.connect(engine.address)
            try:
                await refusing(gateway)
                return await asyncio.wait_for(asked, SOON_S)
            finally:
                await gateway.close()
        finally:
            await engine.stop()

    assert not asyncio.run(play())
    assert REFUSED[language] in told[-1]


async def refusing(gateway: Client) -> None:
    """Answer every question as a gateway does that does not let its district do that."""

    async def refuse(message: Msg) -> None:
        await message.respond(
            msgspec.json.encode(refused(said("upstream.not_asked", question="alarm")))
        )

    await gateway.subscribe("cpd.d1.g1.ask", cb=refuse)
