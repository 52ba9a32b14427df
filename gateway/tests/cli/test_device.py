"""``callpoint device``: what a technician asks of a board, and what is said when it cannot be."""

from __future__ import annotations

import asyncio
import json
import queue
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from click.testing import CliRunner, Result
from paho.mqtt.enums import CallbackAPIVersion

from callpoint_cli.main import main
from callpoint_protocol import messages, names, topics
from callpoint_rig.rig import SITE, Rig

SOON_S = 60.0


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
            assert "lobby has not listened within 1 s" in text

    asyncio.run(play())


class Sleeper:
    """A battery device: it listens only while it is awake, and obeys at once."""

    def __init__(self, port: int, name: str) -> None:
        self._topic = lambda channel: topics.topic(SITE, name, channel)
        self._commands: queue.Queue[int] = queue.Queue()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name)
        self._client.on_message = lambda *given: self._heard(bytes(given[2].payload))
        self._client.connect("127.0.0.1", port)
        self._client.subscribe(self._topic(names.CMD), qos=1)
        self._client.loop_start()
        self._seq = 0

    def _heard(self, body: bytes) -> None:
        self._commands.put(messages.decode_command(body)[0])

    def status(self, status: int) -> None:
        body = messages.encode_status(status, 7)
        self._client.publish(self._topic(names.STATUS), body, 1, retain=True).wait_for_publish(20)

    @property
    def has_heard_nothing(self) -> bool:
        return self._commands.empty()

    def obey(self) -> int:
        """Take the next command and say so; return its number."""
        number = self._commands.get(timeout=SOON_S)
        self._seq += 1
        body = messages.encode_telemetry(7, self._seq, {"up": 1, "ci": number})
        self._client.publish(self._topic(names.TELEMETRY), body, 1).wait_for_publish(20)
        return number

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def ordering(config: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Run ``callpoint device`` until it has said that the device does not listen."""
    # A process that a shell started in the background does not have the signal's usual effect.
    command = ["env", "--default-signal=INT", sys.executable, "-m", "callpoint_cli.main"]
    command += ["device", *words, "-c", str(config)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            assert "does not listen now" in process.stderr.readline()
            yield process
        finally:
            process.kill()


def test_a_device_that_sleeps_gets_the_order_when_it_wakes(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.device("bell", [{"zone": 1, "kind": "panic"}])

    def play() -> None:
        config = tmp_path / "gateway.toml"
        bell = Sleeper(rig.port, "bell")
        try:
            bell.status(names.SLEEPING)
            while (
                "has not listened"
                not in order(config, "bell", "report", "--wait", "0.3", code=4).output
            ):
                pass  # the gateway does not know yet that it sleeps
            while not bell.has_heard_nothing:
                bell.obey()
            with ordering(config, "bell", "report", "--wait", "300") as interrupted:
                interrupted.send_signal(signal.SIGINT)
                assert interrupted.wait(SOON_S) != 0
            with ordering(config, "bell", "identify", "--wait", "60", "--json") as waiting:
                assert bell.has_heard_nothing
                bell.status(names.ONLINE)
                bell.obey()
                said, _ = waiting.communicate(timeout=SOON_S)
            assert json.loads(said) == {"device": "bell", "order": "identify", "obeyed": True}
            # The order that was interrupted would have come first.
            assert bell.has_heard_nothing
        finally:
            bell.close()

    async def all_of_it() -> None:
        async with rig:
            await asyncio.to_thread(play)

    asyncio.run(all_of_it())


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (("nobody", "report"), 2, "no device 'nobody' is in the register"),
        (("lobby", "siren"), 2, "siren needs --seconds"),
        (("lobby", "walk-test"), 2, "walk-test needs --seconds"),
        (("lobby", "report", "--seconds", "5"), 2, "report takes no --seconds"),
        (("lobby", "siren", "--seconds", "20000"), 2, "14400"),
        (("lobby", "explode"), 2, "explode"),
        (("lobby", "report"), 3, "no gateway runs on"),
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
    )
    assert complaint in order(config, *words, code=code).output
