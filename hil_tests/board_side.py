# Runs on the board, sent over the raw REPL: the application, and a task that drives its inputs.
# Lines of JSON as on the virtual board; STIMULUS pins are wired to the inputs (README.md).

import asyncio
import json
import select
import sys

import machine

from callpoint_boards import devkit, esp32_board
from callpoint_boards.slots import Slots
from callpoint_firmware import app
from callpoint_firmware.settings import Settings

STIMULUS = {"button": 18, "door": 19}
LAMP_SENSE = 21

known = Settings(json.loads(SETTINGS))  # noqa: F821 - written in front of this program
# Before the application reads them: contacts are open at the start, by the pull-ups.
drivers = {name: machine.Pin(STIMULUS[name], machine.Pin.OUT, value=1) for name in STIMULUS}
sense = machine.Pin(LAMP_SENSE, machine.Pin.IN)


class Heard:
    """The sounder, which has no pin to read back: remembers what it was told."""

    def __init__(self, sounder):
        self._sounder = sounder
        self.now = "off"

    def show(self, name, on):
        self.now = name if on else "off"
        self._sounder.show(name, on)


def say(content):
    print(json.dumps(content))


class Board(esp32_board.Board):
    """Tells of its events, and knows the application that runs on it."""

    def __init__(self):
        super().__init__(devkit, known, Slots())
        self.sounder = Heard(self.sounder)
        self.application = None

    def raised(self, event):
        say({"event": (event.boot, event.seq, event.kind, event.state, event.zone)})

    def tasks(self, application):
        self.application = application
        return super().tasks(application)


board = Board()


async def world():
    poll = select.poll()
    poll.register(sys.stdin, select.POLLIN)
    line = ""
    while True:
        while poll.poll(0):
            letter = sys.stdin.read(1)
            if not letter:
                return
            if letter != "\n":
                line += letter
                continue
            try:
                say(await obey(json.loads(line)))
            except (ValueError, KeyError, TypeError) as error:
                say({"error": repr(error)})
            line = ""
        await asyncio.sleep_ms(5)


async def obey(request):
    if "set" in request:
        drivers[request["set"]].value(request["to"])
    elif "pulse" in request:
        pin = drivers[request["pulse"]]
        before = pin.value()
        pin.value(1 - before)
        await asyncio.sleep_ms(request["ms"])
        pin.value(before)
    elif request.get("get") != "state":
        raise ValueError("one of set pulse get")
    application = board.application
    if application is None:
        raise ValueError("the application has not started")
    return {
        "ok": True,
        "lamp": application.answers.shown,
        "lamp_on": bool(sense.value()),
        "sounder": board.sounder.now,
        "depth": application.spool.depth,
        "boot": application.spool.boot,
        "seq": application.spool.seq,
        "up": application.link.up,
        "rest": application.inputs.at_rest,
        "configuration": application.configuration.revision,
    }


async def main():
    task = asyncio.create_task(world())
    await app.run(board, known)
    task.cancel()


asyncio.run(main())
