"""Acknowledges alarms in the demo of a district, as an operator of the district does."""

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from callpoint_cli.language import language
from callpoint_gateway.words.said import Said, said
from callpoint_rig.district_ledger import Alarm
from callpoint_rig.rig import PROGRAM
from callpoint_rig.rig_words import rig_said

PATIENCE_S: Final = 60.0
_ACCOUNT: Final = "desk-1"


class Orders:
    """The operator ``desk-1`` at a district, and the lines that tell of what came of it."""

    def __init__(self, configuration: Path, tell: Callable[[Said], None]) -> None:
        """``configuration``: the district's."""
        self._configuration = configuration
        self._tell = tell

    async def acknowledge(self, alarm: Alarm) -> bool:
        """Acknowledge an alarm; say whether its site did it.

        What was certainly not sent is sent again, for up to ``PATIENCE_S``, as a person would:
        engine and gateways have only just come back.
        """
        until_s = time.monotonic() + PATIENCE_S
        while True:
            done, printed = await self._asked(alarm)
            again = not done and _unsent(alarm, printed) and time.monotonic() < until_s
            refused = "district.again" if again else "district.refused"
            what = "district.acknowledged" if done else refused
            self._tell(rig_said(what, gateway=alarm.gateway, alarm=alarm.number, printed=printed))
            if not again:
                return done

    async def _asked(self, alarm: Alarm) -> tuple[bool, str]:
        words = ("district", "alarm", alarm.gateway, str(alarm.number), "acknowledge")
        who = ("--account", _ACCOUNT, "--as", "operator", "--lang", language())
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *PROGRAM,
            *words,
            *who,
            *("-c", str(self._configuration)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        printed, why = await process.communicate()
        done = not process.returncode
        return done, (printed if done else why).decode().strip()


def _unsent(alarm: Alarm, printed: str) -> bool:
    """Say whether a refusal says that nothing was sent."""
    unsent = (
        said("district.no_engine_answers"),
        said("district.not_connected", gateway=alarm.gateway),
    )
    return any(why.in_(language()) in printed for why in unsent)
