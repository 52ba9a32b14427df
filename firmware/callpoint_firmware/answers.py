"""What a resident sees and hears: ten answers that differ in rhythm, so colour is not needed.

No pattern flashes more than three times in any second. The lamp shows the alarm that is least
far along: somebody who pressed twice must not be told that all is well while one is on its way.
Alarms go before everything else, then a neighbour's, then test, fault and low battery.
"""

import asyncio

from callpoint_firmware.spool import is_life_alarm
from callpoint_protocol.names import ALARM, CENTRE, NOTICE, OPERATOR, STORED, TESTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from callpoint_firmware.board import Beat, Shown, Values
    from callpoint_firmware.clock import Clock
    from callpoint_firmware.spool import Event

# Name: on, off, on, off ... in ms, repeated.
LAMP = {
    "pressed": (200, 200),
    "stored": (700, 700),
    "centre": (1_000, 0),
    "operator": (1_800, 200),
    "undelivered": (150, 250, 150, 1_450),
    "alert": (300, 300),
    "test": (300, 1_700),
    "fault": (150, 250, 150, 250, 150, 2_050),
    "battery": (60, 4_940),
    "idle": (0, 1_000),
}
# The sounder plays its pattern once for each change of answer.
SOUNDER = {
    "pressed": (80, 0),
    "stored": (80, 260, 80, 0),
    "centre": (600, 0),
    "operator": (600, 200, 600, 0),
    "undelivered": (80, 260, 80, 260, 80, 0),
}
_SIREN = (700, 300)  # again and again, whatever the lamp shows
UNDELIVERED_MS = 5_000
_REACHED_MS = 300_000  # how long *somebody has it* stays
_MINOR_MS = 10_000  # how long an answer to something that is not an alarm stays
_FOLLOWED = 8
_STAGES = {STORED: "stored", CENTRE: "centre", OPERATOR: "operator"}


class Followed:
    """An event on its way, and how far it is: nowhere yet, or a stage."""

    def __init__(self, event: Event, now: int) -> None:
        self.boot = event.boot
        self.seq = event.seq
        self.alarm = event.state == ALARM
        self.life = is_life_alarm(event)
        self.stage = 0
        self.since = now

    def reach(self, stage: int, now: int) -> None:
        """Take note of a stage; it never goes back."""
        if stage > self.stage:
            self.stage = stage
            self.since = now

    def over(self, now: int) -> bool:
        """Say whether its answer has been shown for long enough."""
        if not self.stage or (self.life and self.stage < CENTRE):
            return False
        return now - self.since > (_REACHED_MS if self.alarm else _MINOR_MS)


class Answers:
    """Chooses the answer; ``run`` plays it. A change is shown before ``show`` returns."""

    def __init__(self, lamp: Shown, sounder: Shown, clock: Clock, values: Values) -> None:
        self._lamp = lamp
        self._sounder = sounder
        self._clock = clock
        self._values = values
        self._followed: list[Followed] = []
        self._changed = asyncio.Event()
        self._touched = 0
        self._identify_until = 0
        self._siren_until = 0
        self._on_test = False
        self._fault = False
        self._low_battery = False
        self.shown = "idle"
        lamp.show("idle", False)

    def touched(self, down: bool) -> None:
        """Show *pressed* while a button is down that has raised nothing."""
        self._touched += 1 if down else -1 if self._touched else 0
        self.show()

    def identify(self, seconds: int) -> None:
        self._identify_until = self._clock.monotonic_ms() + seconds * 1000
        self.show()

    def siren(self, seconds: int) -> None:
        """Sound and flash for a neighbour who needs help; 0 seconds end it."""
        self._siren_until = self._clock.monotonic_ms() + seconds * 1000
        self.show()
        self._changed.set()

    def _sound(self) -> tuple[tuple[int, ...] | None, bool]:
        """Return the pattern for the sounder, None for silence, and whether it is repeated."""
        if not self._values["sn"]:
            return None, False
        if self._clock.monotonic_ms() < self._siren_until:
            return _SIREN, True
        return SOUNDER.get(self.shown), False

    def set_conditions(self, on_test: bool, fault: bool, low_battery: bool) -> None:
        """Say what is shown while no event is."""
        self._on_test = on_test
        self._fault = fault
        self._low_battery = low_battery
        self.show()

    def raised(self, event: Event) -> None:
        """Follow an event to its answer; a restore or a trouble is not the resident's concern."""
        if event.state not in (ALARM, NOTICE, TESTED) or self._find(event.boot, event.seq):
            return
        if len(self._followed) >= _FOLLOWED:
            self._followed.remove(self._least_needed())
        self._followed.append(Followed(event, self._clock.monotonic_ms()))
        self.show()

    def reached(self, boot: int, first: int, last: int, stage: int) -> None:
        """Take note that events ``first`` to ``last`` of a boot have reached a stage."""
        now = self._clock.monotonic_ms()
        for followed in self._followed:
            if followed.boot == boot and first <= followed.seq <= last:
                followed.reach(stage, now)
        self.show()

    def refused(self, boot: int, seq: int) -> None:
        """Stop following an event that the gateway refused, and show a fault."""
        self._fault = True
        found = self._find(boot, seq)
        if found:
            self._followed.remove(found)
        self.show()

    def _find(self, boot: int, seq: int) -> Followed | None:
        for followed in self._followed:
            if followed.seq == seq and followed.boot == boot:
                return followed
        return None

    def _least_needed(self) -> Followed:
        least = self._followed[0]
        for followed in self._followed:
            if (followed.alarm, -followed.stage) < (least.alarm, -least.stage):
                least = followed
        return least

    def _answer_to_event(self, now: int) -> str | None:
        shown = None
        for followed in self._followed:
            if shown is None or (followed.alarm, -followed.stage) > (shown.alarm, -shown.stage):
                shown = followed
        if shown is None or (not shown.alarm and now < self._identify_until):
            return None  # who looks for a device wants to see it, unless it alarms
        if shown.stage:
            return _STAGES[shown.stage]
        return "undelivered" if now - shown.since > UNDELIVERED_MS else "pressed"

    def _answer(self) -> str:
        now = self._clock.monotonic_ms()
        for followed in list(self._followed):
            if followed.over(now):
                self._followed.remove(followed)
        name = self._answer_to_event(now)
        if self._touched and name not in ("pressed", "undelivered"):
            return "pressed"
        if name:
            return name
        if now < self._siren_until:
            return "alert"
        if self._on_test or now < self._identify_until:
            return "test"
        if self._fault:
            return "fault"
        return "battery" if self._low_battery else "idle"

    def show(self) -> None:
        """Show the answer that is right now, if it is another than the one shown."""
        name = self._answer()
        if name != self.shown:
            self.shown = name
            self._lamp.show(name, LAMP[name][0] > 0)
            self._changed.set()

    async def run(self, beat: Beat) -> None:
        """Play the rhythms, notice what time alone changes, and call ``beat`` at every turn."""
        while True:
            self._changed.clear()
            await self._play(LAMP[self.shown], beat)

    async def _play(self, lamp: tuple[int, ...], beat: Beat) -> None:
        """Play the lamp until the answer changes, and the sounder once; a siren until it ends."""
        sounds, again = self._sound()
        heard = "siren" if again else self.shown
        at = 0
        sound = 0 if sounds else -1
        lamp_left = lamp[0]
        sound_left = sounds[0] if sounds else 0
        if sounds:
            self._sounder.show(heard, True)
        while True:
            beat()
            wait = min(lamp_left, 1_000)
            if sound >= 0:
                wait = min(wait, sound_left)
            started = self._clock.monotonic_ms()
            if wait and await self._changes_within(wait):
                break
            passed = self._clock.monotonic_ms() - started if wait else 0
            lamp_left -= passed
            sound_left -= passed
            self.show()
            if again and self._sound()[0] != sounds:
                break
            if lamp_left <= 0:
                at = (at + 1) % len(lamp)
                lamp_left = lamp[at]
                if lamp_left:
                    self._lamp.show(self.shown, at % 2 == 0)
            if sound >= 0 and sound_left <= 0:
                sound = (sound + 1) % len(sounds)
                if not again and (sound == 0 or not sounds[sound]):
                    sound = -1
                else:
                    sound_left = sounds[sound]
                self._sounder.show(heard, sound >= 0 and sound % 2 == 0)
        if sound >= 0:
            self._sounder.show(heard, False)

    async def _changes_within(self, ms: int) -> bool:
        try:
            await asyncio.wait_for_ms(self._changed.wait(), ms)
        except asyncio.TimeoutError:
            return False
        return True
