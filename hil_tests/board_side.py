# Runs on a real board, sent over the raw REPL: the application, and a task that plays the world.
# Lines of JSON as on the virtual board; STIMULUS pins are wired to the inputs (README.md).

import asyncio
import json
import select
import sys

import machine

from boards import devkit, esp32_board
from callpoint_firmware import app
from callpoint_firmware.settings import Settings

STIMULUS = {"button": 18, "door": 19}
LAMP_SENSE = 21

known = Settings(json.loads(SETTINGS))  # noqa: F821 - written in front of this program
board = esp32_board.Board(devkit, known)
board.provisioning = None  # the serial line is needed here
drivers = {name: machine.Pin(STIMULUS[name], machine.Pin.OUT, value=1) for name in STIMULUS}
sense = machine.Pin(LAMP_SENSE, machine.Pin.IN)


def say(content):
    print(json.dumps(content))


board.raised = lambda event: say({"event": event})


async def world():
    poll = select.poll()
    poll.register(sys.stdin, select.POLLIN)
    line = ""
    while True:
        while poll.poll(0):
            letter = sys.stdin.read(1)
            if letter != "\n":
                line += letter
                continue
            try:
                say(await obey(json.loads(line)))
            except (ValueError, KeyError) as error:
                say({"error": repr(error)})
            line = ""
        await asyncio.sleep_ms(5)


async def obey(request):
    if "set" in request:
        drivers[request["set"]].value(request["to"])
    elif "pulse" in request:
        pin = drivers[request["pulse"]]
        pin.value(1 - pin.value())
        await asyncio.sleep_ms(request["ms"])
        pin.value(1 - pin.value())
    application = board.application
    return {
        "ok": True,
        "lamp": application.answers.shown if application else "idle",
        "lamp_on": bool(sense.value()),
        "depth": application.spool.depth if application else 0,
        "boot": application.spool.boot if application else 0,
        "up": bool(application and application.link.up),
        "rest": bool(application and application.inputs.at_rest),
    }


async def main():
    task = asyncio.create_task(world())
    await app.run(board, known)
    task.cancel()


asyncio.run(main())
