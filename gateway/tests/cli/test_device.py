"""``callpoint device``: what a technician asks of a board, and what is said when it cannot be."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from callpoint_cli.main import main
from callpoint_rig.rig import Rig, free_port

SOON_S = 30.0


def order(config: Path, *words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["device", *words, "-c", str(config)])
    assert result.exit_code == code, result.output
    return result


def test_a_board_obeys_and_says_so(tmp_path: Path) -> None:
    rig = Rig(tmp_path, tls=True)
    board = rig.board("lobby", [{"zone": 1, "kind": "panic", "input": "button"}])

    async def play() -> None:
        async with rig:
            await board.until_up(SOON_S)
            config = tmp_path / "gateway.toml"

            async def said(*words: str, code: int = 0) -> str:
                result = await asyncio.to_thread(order, config, "lobby", *words, code=code)
                return result.output

            assert await said("identify", "--seconds", "20") == "lobby: identify: done\n"
            await board.until_lamp("test", SOON_S)
            answer = json.loads(await said("walk-test", "--seconds", "60", "--json"))
            assert answer == {"device": "lobby", "order": "walk-test", "obeyed": True}
            await said("self-test")
            await said("report")
            await said("siren", "--seconds", "0")
            await board.kill()
            text = await said("report", "--wait", "1", code=4)
            assert "has not answered within 1 s" in text

    asyncio.run(play())


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (("nobody", "report"), 2, "device nobody is not in the register"),
        (("lobby", "siren"), 2, "siren needs --seconds"),
        (("lobby", "walk-test"), 2, "walk-test needs --seconds"),
        (("lobby", "report", "--seconds", "5"), 2, "report takes no --seconds"),
        (("lobby", "siren", "--seconds", "20000"), 2, "14400"),
        (("lobby", "explode"), 2, "explode"),
        (("lobby", "report"), 3, "no broker answers at 127.0.0.1:"),
    ],
)
def test_a_wrong_order_is_told(
    tmp_path: Path, words: tuple[str, ...], code: int, complaint: str
) -> None:
    (tmp_path / "register.toml").write_text(
        '[[place]]\nid = "home"\n[[device]]\nid = "lobby"\nplace = "home"\n'
    )
    config = tmp_path / "gateway.toml"
    config.write_text(
        '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'
        f"[broker]\nport = {free_port()}\n"
    )
    assert complaint in order(config, *words, code=code).output
