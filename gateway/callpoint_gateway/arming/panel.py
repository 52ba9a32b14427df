"""Partitions as alarm panels over MQTT, in the conventions of Home Assistant.

    callpoint/panel/<site>/availability             online, offline          retained
    callpoint/panel/<site>/<partition>/state        disarmed, arming, armed_home, armed_away,
                                                    armed_night, pending, triggered  retained
    callpoint/panel/<site>/<partition>/attributes   JSON                     retained
    callpoint/panel/<site>/<partition>/set          {"action": "ARM_AWAY", "code": "..."}

Actions are ARM_HOME, ARM_AWAY, ARM_NIGHT and DISARM; without a code the word alone will do, and
``"force": true`` leaves open zones out. A command that waited in the broker while the gateway was
away is not obeyed: who sent it has seen that nothing happened. Codes are neither kept nor logged.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

import msgspec

from callpoint_gateway.arming.guard import By, Guard
from callpoint_gateway.arming.keypad import Keypad
from callpoint_gateway.arming.panel_topics import DISCOVERY, ROOT, availability
from callpoint_gateway.arming.state import ArmingNotPossible
from callpoint_gateway.configuration.arming import ArmingSettings
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.ingest.ingest import Message
from callpoint_gateway.journal.partition import Mode, State

ONLINE: Final = b"online"
OFFLINE: Final = b"offline"
ORIGIN: Final = "panel"
# Who arms without a code.
NOBODY: Final = "panel"
_LONGEST: Final = 256
_ACTIONS: Final[dict[str, Mode | None]] = {
    "ARM_HOME": Mode.HOME,
    "ARM_AWAY": Mode.AWAY,
    "ARM_NIGHT": Mode.NIGHT,
    "DISARM": None,
}
# What Home Assistant puts into the command.
_COMMAND: Final = '{"action": "{{ action }}", "code": "{{ code }}"}'

# ``publish(topic, body, retained)`` says whether it has left.
Publish = Callable[[str, bytes, bool], bool]

log = logging.getLogger(__name__)


class Command(msgspec.Struct, frozen=True):
    """What a panel asks for."""

    action: str
    code: str | int | None = None
    force: bool = False


class Ignored(ValueError):
    """The command is not obeyed; the text says why and never holds a code."""


class Panels:
    """Shows partitions and takes commands for them. All but ``take`` in the loop."""

    def __init__(
        self,
        site: str,
        guard: Guard,
        settings: ArmingSettings,
        clock: Clock,
    ) -> None:
        """``settings`` say whose codes are taken, and whether panels are announced."""
        self._site = site
        self._guard = guard
        self._settings = settings
        self._keypad = Keypad(settings.codes, clock)
        self._publish: Publish = lambda topic, body, retained: False
        self._loop = asyncio.get_running_loop()
        self._refused: dict[str, str] = {}
        self._working: set[asyncio.Task[None]] = set()
        # Codes are tried one after the other: several at once would get around the lock.
        self._turn = asyncio.Lock()

    def publish_over(self, publish: Publish) -> None:
        """Show through ``publish``, of the session whose commands this takes."""
        self._publish = publish

    def connected(self) -> None:
        """Show everything; called from the session's thread whenever the broker is reached."""
        self._loop.call_soon_threadsafe(self._show_all)

    def _show_all(self) -> None:
        for name in self._guard.names:
            if self._settings.discovery:
                self._announce(name)
            self.show(name)
        self._publish(availability(self._site), ONLINE, True)

    def leave(self) -> None:
        """Say that the gateway goes away, which is no fault; obey nothing any more."""
        for task in self._working:
            task.cancel()
        self._publish(availability(self._site), OFFLINE, True)

    def _topic(self, name: str, what: str) -> str:
        return f"{ROOT}/{self._site}/{name}/{what}"

    def show(self, name: str) -> None:
        """Publish how a partition is: that is on disk already."""
        shown = self._guard.shown(name)
        state = shown.state.value
        if shown.state is State.ARMED:
            state = f"{state}_{shown.mode}"
        attributes = {
            "bypassed": shown.bypassed,
            "open": shown.open,
            "alarmed": shown.alarmed,
            "changed_by": shown.changed_by,
            "refused": self._refused.get(name, ""),
            "locked": self._keypad.locked,
        }
        self._publish(self._topic(name, "attributes"), _json(attributes), True)
        self._publish(self._topic(name, "state"), state.encode(), True)

    def _announce(self, name: str) -> None:
        identity = f"callpoint_{self._site}_{name}"
        has_codes = bool(self._settings.codes_file)
        body = {
            "name": name,
            "unique_id": identity,
            "device": {"identifiers": [f"callpoint_{self._site}"], "name": self._site},
            "state_topic": self._topic(name, "state"),
            "command_topic": self._topic(name, "set"),
            "command_template": _COMMAND,
            "json_attributes_topic": self._topic(name, "attributes"),
            "availability_topic": availability(self._site),
            "supported_features": ["arm_home", "arm_away", "arm_night"],
            "code_arm_required": self._settings.code_to_arm,
            "code_disarm_required": has_codes,
        } | ({"code": "REMOTE_CODE_TEXT"} if has_codes else {})
        topic = f"{DISCOVERY}/{identity}/config"
        self._publish(topic, _json(body), True)

    def take(self, source: str, messages: Sequence[Message], finished: Callable[[], None]) -> None:
        """Take commands, in the session's thread."""
        for message in messages:
            self._loop.call_soon_threadsafe(self._work, self._command(message))
        finished()

    def _work(self, what: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(what)
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _command(self, message: Message) -> None:
        name = message.topic.split("/")[-2]
        if name not in self._guard.names:
            log.warning("panel: no partition '%s'", name)
            return
        try:
            async with self._turn:
                await self._obey(name, message)
            self._refused.pop(name, None)
        except (Ignored, ArmingNotPossible) as error:
            log.warning("panel %s: %s", name, error)
            self._refused[name] = str(error)
        self.show(name)

    async def _obey(self, name: str, message: Message) -> None:
        if message.queued:
            raise Ignored("a command that came while the gateway was away is not obeyed")
        asked = parsed(message.body)
        if asked.action not in _ACTIONS:
            valid = ", ".join(_ACTIONS)
            raise Ignored(f"no action {asked.action[:32]!r}; valid are {valid}")
        mode = _ACTIONS[asked.action]
        who = NOBODY
        if mode is None or self._settings.code_to_arm or asked.code not in (None, ""):
            who = await self._whose(asked.code)
        if mode is None:
            await self._guard.disarm(name, By(who, ORIGIN))
        else:
            await self._guard.arm(name, mode, By(who, ORIGIN), force=asked.force)

    async def _whose(self, code: str | int | None) -> str:
        if not self._settings.codes_file:
            raise Ignored("there are no codes here; set codes_file in [arming]")
        if self._keypad.locked:
            raise Ignored("too many wrong codes; wait five minutes")
        if code in (None, ""):
            raise Ignored("that needs a code")
        role = await asyncio.to_thread(self._keypad.role_of, str(code))
        if role is None:
            raise Ignored("wrong code")
        return role


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def parsed(body: bytes) -> Command:
    """Return what a message of a panel asks for: a word, or JSON with a code. Ignored."""
    if len(body) > _LONGEST:
        raise Ignored(f"a command of more than {_LONGEST} bytes")
    text = body.strip()
    if not text.startswith(b"{"):
        return Command(text.decode("ascii", "replace"))
    try:
        return msgspec.json.decode(text, type=Command)
    except msgspec.DecodeError:
        # Its own words might repeat a code.
        raise Ignored('no command; send {"action": "ARM_AWAY"}') from None
