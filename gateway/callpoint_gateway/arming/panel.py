"""Partitions as alarm panels over MQTT, in the conventions of Home Assistant.

    callpoint/panel/<site>/availability             online, offline          retained
    callpoint/panel/<site>/<partition>/state        disarmed, arming, armed_home, armed_away,
                                                    armed_night, pending, triggered  retained
    callpoint/panel/<site>/<partition>/attributes   JSON                     retained
    callpoint/panel/<site>/<partition>/event        {"event_type": "refused", "reason": "..."}
    callpoint/panel/<site>/<partition>/set          {"action": "ARM_AWAY", "code": "..."}

Actions are ARM_HOME, ARM_AWAY, ARM_NIGHT, ARM_CUSTOM_BYPASS and DISARM; without a code the word
alone will do. ``"force": true`` leaves open zones out, and so does ARM_CUSTOM_BYPASS, which is
Home Assistant's button for it; else that one is ARM_AWAY. A command that waited in the broker
while the gateway was away is not obeyed: who sent it has seen that nothing happened. Codes are
neither kept nor logged. A refusal is an event, and an attribute until the next command.

What was shown and announced is remembered on disk before it is published, and withdrawn (an empty
retained message) when it is not wanted any more: also by a gateway whose panels are switched off.
It is forgotten once the broker has acknowledged that and has had the time to save it: a broker
that dies before comes back with what it had, and it is withdrawn again.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Sequence
from importlib.metadata import version
from typing import Any, Final, NamedTuple

import msgspec

from callpoint_gateway.arming.guard import By, Guard
from callpoint_gateway.arming.keypad import CodeRefused, Keypads
from callpoint_gateway.arming.panel_memory import PanelMemory
from callpoint_gateway.arming.panel_topics import (
    announcements,
    availability,
    panel_topic,
    shown_topics,
)
from callpoint_gateway.arming.questions import PartitionView
from callpoint_gateway.arming.state import ArmingNotPossible
from callpoint_gateway.configuration.arming import ArmingSettings
from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.ingest.ingest import Message
from callpoint_gateway.journal.partition import Mode, State
from callpoint_gateway.words.said import Said, said

VERSION: Final = version("callpoint")
ONLINE: Final = b"online"
OFFLINE: Final = b"offline"
ORIGIN: Final = "panel"
# Who arms without a code.
NOBODY: Final = "panel"
#: Arms with whatever is open left out.
FORCED: Final = "ARM_CUSTOM_BYPASS"
_LONGEST: Final = 256
# What stands for no code: programs that render "no code" as a word mean it as well.
_NO_CODE: Final = (None, "", "None", "none", "null")
_ACTIONS: Final[dict[str, Mode | None]] = {
    "ARM_HOME": Mode.HOME,
    "ARM_AWAY": Mode.AWAY,
    "ARM_NIGHT": Mode.NIGHT,
    FORCED: Mode.AWAY,
    "DISARM": None,
}
# What Home Assistant puts into the command.
_COMMAND: Final = '{"action": {{ action | tojson }}, "code": {{ code | tojson }}}'

# Mosquitto saves every 30 s, as the generated configuration has it.
SAVED_S: Final = 90.0

# ``publish(topic, body, retained)`` says whether it has left.
Publish = Callable[[str, bytes, bool], bool]
# ``withdraw(topics)`` empties them and says whether the broker has acknowledged that; it blocks.
Withdraw = Callable[[Sequence[str]], bool]

log = logging.getLogger(__name__)


class Command(msgspec.Struct, frozen=True):
    """What a panel asks for."""

    action: str
    code: str | int | None = None
    force: bool = False


class Ignored(ValueError):
    """The command is not obeyed; ``why`` says why and never holds a code."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


class _Refusal(NamedTuple):
    """What was not obeyed and why, while the partition was in this state."""

    text: str
    state: str


class Panels:
    """Shows partitions and takes commands for them. All but ``take`` in the loop."""

    def __init__(
        self,
        site: str,
        guard: Guard,
        keypads: Keypads,
        settings: ArmingSettings,
        memory: PanelMemory,
    ) -> None:
        """``settings`` say whether panels are wanted and announced, and whether codes are."""
        self._site = site
        self._guard = guard
        self._keypads = keypads
        self._settings = settings
        self._memory = memory
        self._publish: Publish = lambda topic, body, retained: False
        self._withdraw: Withdraw = lambda topics: False
        self._connections = 0
        self._loop = asyncio.get_running_loop()
        self._refused: dict[str, _Refusal] = {}
        self._working: set[asyncio.Task[None]] = set()
        # Codes are tried one after the other: several at once would get around the lock. Each
        # partition has its own turn, so that nobody waits for those who try codes at another.
        self._turns = {name: asyncio.Lock() for name in guard.names}
        self._showing = asyncio.Lock()
        # Nothing is shown before it is remembered and announced.
        self._announced = False
        keypads.watch(self._show_partitions)

    def publish_over(self, publish: Publish, withdraw: Withdraw) -> None:
        """Show through the session whose commands this takes."""
        self._publish, self._withdraw = publish, withdraw

    def connected(self) -> None:
        """Show everything; called from the session's thread whenever the broker is reached."""
        self._loop.call_soon_threadsafe(lambda: self._work(self._show_all()))

    async def _show_all(self) -> None:
        async with self._showing:
            names = self._guard.names if self._settings.mqtt else []
            gone = await self._memory.wants(self._site, names, announced=self._settings.discovery)
            self._connections += 1
            connection = self._connections
            if self._settings.mqtt:
                if self._settings.discovery:
                    for name in names:
                        self._announce(name)
                self._announced = True
                self._show_partitions()
                self._publish(availability(self._site), ONLINE, True)
        if not gone or not await asyncio.to_thread(self._withdraw, gone):
            return
        await asyncio.sleep(SAVED_S)
        if connection == self._connections:
            await self._memory.keep(self._site, names, announced=self._settings.discovery)

    def _show_partitions(self) -> None:
        for name in self._guard.names:
            self.show(name)

    def leave(self) -> None:
        """Say that the gateway goes away, which is no fault; obey nothing any more."""
        for task in self._working:
            task.cancel()
        if self._settings.mqtt:
            self._publish(availability(self._site), OFFLINE, True)

    def show(self, name: str) -> None:
        """Publish how a partition is: that is on disk already."""
        if not self._announced:
            return
        shown = self._guard.shown(name)
        state = _state_of(shown)
        refusal = self._refused.get(name)
        if refusal is not None and refusal.state != state:
            # Somebody's command was obeyed elsewhere.
            del self._refused[name]
            refusal = None
        attributes = {
            "bypassed": shown.bypassed,
            "open": shown.open,
            "alarmed": shown.alarmed,
            "changed_by": shown.changed_by,
            "refused": refusal.text if refusal else "",
            "locked": bool(self._keypads.left_s(name)),
        }
        state_topic, attributes_topic = shown_topics(self._site, name)
        self._publish(attributes_topic, _json(attributes), True)
        self._publish(state_topic, state.encode(), True)

    def _announce(self, name: str) -> None:
        has_codes = bool(self._settings.codes_file)
        state_topic, attributes_topic = shown_topics(self._site, name)
        panel, event = announcements(self._site, name)
        common = {
            "device": {
                "identifiers": [f"callpoint_{self._site}"],
                "name": self._site,
                "manufacturer": "Callpoint",
                "model": "Callpoint gateway",
                "sw_version": VERSION,
            },
            "availability_topic": availability(self._site),
        }
        body = {
            "name": name,
            "unique_id": f"callpoint_{self._site}_{name}",
            "state_topic": state_topic,
            "command_topic": panel_topic(self._site, name, "set"),
            "command_template": _COMMAND,
            "json_attributes_topic": attributes_topic,
            "supported_features": ["arm_home", "arm_away", "arm_night", "arm_custom_bypass"],
            "code_arm_required": self._settings.code_to_arm,
            "code_disarm_required": has_codes,
        } | ({"code": "REMOTE_CODE_TEXT"} if has_codes else {})
        self._publish(panel, _json(common | body), True)
        refusals = {
            "name": f"{name} refused",
            "unique_id": f"callpoint_{self._site}_{name}_refused",
            "state_topic": panel_topic(self._site, name, "event"),
            "event_types": ["refused"],
        }
        self._publish(event, _json(common | refusals), True)

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
            async with self._turns[name]:
                await self._obey(name, message)
            self._refused.pop(name, None)
        except (ArmingNotPossible, Ignored, CodeRefused) as error:
            # A panel does not say in which language it is read.
            self._refuse(name, error.why.in_every())
        self.show(name)

    def _refuse(self, name: str, why: str) -> None:
        log.warning("panel %s: %s", name, why)
        self._refused[name] = _Refusal(why, _state_of(self._guard.shown(name)))
        told = {"event_type": "refused", "reason": why}
        self._publish(panel_topic(self._site, name, "event"), _json(told), False)

    async def _obey(self, name: str, message: Message) -> None:
        if message.queued:
            raise Ignored(said("panel.queued"))
        asked = parsed(message.body)
        if asked.action not in _ACTIONS:
            valid = ", ".join(_ACTIONS)
            # Not repeated: somebody may have sent a code for it.
            raise Ignored(said("panel.no_action", valid=valid))
        mode = _ACTIONS[asked.action]
        who = NOBODY
        if mode is None or self._settings.code_to_arm or asked.code not in _NO_CODE:
            who = await self._whose(name, asked.code)
        if mode is None:
            await self._guard.disarm(name, By(who, ORIGIN))
        else:
            force = asked.force or asked.action == FORCED
            await self._guard.arm(name, mode, By(who, ORIGIN), force=force)

    async def _whose(self, name: str, code: str | int | None) -> str:
        if not self._settings.codes_file:
            raise Ignored(said("panel.no_codes"))
        if code in _NO_CODE:
            raise Ignored(said("panel.needs_code"))
        return await self._keypads.role_of(name, str(code))


def _state_of(shown: PartitionView) -> str:
    """Return a state as panels have it."""
    armed = f"_{shown.mode}" if shown.state is State.ARMED else ""
    return f"{shown.state}{armed}"


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def parsed(body: bytes) -> Command:
    """Return what a message of a panel asks for: a word, or JSON with a code. Ignored."""
    if len(body) > _LONGEST:
        raise Ignored(said("panel.too_long", most=_LONGEST))
    text = body.strip()
    if not text.startswith(b"{"):
        return Command(text.decode("ascii", "replace"))
    try:
        return msgspec.json.decode(text, type=Command)
    except NOT_JSON:
        # Its own words might repeat a code.
        raise Ignored(said("panel.no_command")) from None
