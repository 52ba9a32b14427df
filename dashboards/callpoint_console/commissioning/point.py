"""What a technician sees at an alarm point: what hangs there, what is tried, what to do next."""

import msgspec

from callpoint_console.commissioning.hints import hints
from callpoint_console.commissioning.signal import LASTS_MS
from callpoint_console.commissioning.signal_log import Measured
from callpoint_console.commissioning.states import DeviceState, device_states
from callpoint_console.commissioning.trials import Trial
from callpoint_console.rendering import fragment
from callpoint_console.site_map import Spot, area_text
from callpoint_console.views.context import Context
from callpoint_console.views.running import ends_at, may_end
from callpoint_gateway.alarms.questions import StartExercise
from callpoint_gateway.alarms.situation import ExerciseRow
from callpoint_gateway.journal.entries import Mark


class ZoneLine(msgspec.Struct, frozen=True):
    """A zone: what it senses, and how it was tried. ``at`` and ``took`` are "" if it was not."""

    kind: str
    zone: int
    done: bool
    at: str
    took: str
    who: str


class DeviceCard(msgspec.Struct, frozen=True):
    """A device at the point. ``signal_since_ms``: since when it is measured, None: it is not."""

    state: DeviceState
    lines: tuple[ZoneLine, ...]
    signal: str
    signal_since_ms: int | None
    battery: str


class Point(msgspec.Struct, frozen=True):
    """The point. ``test``: the walk test that runs there, and until when; None: none runs.

    ``may_end``: the visitor may end that test, wherever else it runs.
    ``building``: where a test can be begun for all of it, "" if it cannot; ``others``: how many
    devices that would be. ``next`` and ``next_at``: what is to be tried now, and which device that
    is; "" if nothing is left. ``latest``: the position of the latest trial that counts, 0: none.
    ``stopped``: no gateway runs.
    """

    code: str
    cards: tuple[DeviceCard, ...]
    test: ExerciseRow | None
    may_end: bool
    until: str
    building: str
    others: int
    next: str
    next_at: str
    stopped: bool
    left: int
    latest: int
    took: str


def test_at(place: str, context: Context) -> ExerciseRow | None:
    """Return the walk test that runs at a place (its id), None if none does."""
    at = {sensed.device for sensed in context.site.devices.values() if sensed.place == place}
    for running in context.snapshot.situation.exercises:
        points = set(running.points)
        if running.mark is Mark.TEST and (not points or place in points or at & points):
            return running
    return None


def devices_at(place: str, context: Context) -> list[str]:
    """Return the devices that hang at a place, or sense something there."""
    found = []
    for name, sensed in context.site.devices.items():
        device = context.site.device(name)
        zones = device.zone if device else ()
        if sensed.place == place or any(zone.place == place for zone in zones):
            found.append(name)
    return found


def building_at(place: str, context: Context) -> Spot:
    """Return the building of a place; () if it is itself all of it, or already on test in part."""
    spot = context.site.spot_of(place)
    building = next((each for each in context.site.buildings if spot[: len(each)] == each), ())
    if building == spot or not building:
        return ()
    inside = {sensed.place for sensed in context.site.devices_in(building)}
    tested = any(test_at(each, context) for each in inside)
    return () if tested or not context.may(StartExercise, area_text(building)) else building


def point_of(place: str, code: str, context: Context) -> Point:
    """Return what is shown of a place (its id). During a test, only its own trials count."""
    running = test_at(place, context)
    since_ms = running.started_ms if running else 0
    states = device_states(context, devices_at(place, context), hints(context), since_ms)
    cards = tuple(_card(state, context) for state in states)
    open_lines = [(card, line) for card in cards for line in card.lines if not line.done]
    first = next(iter(open_lines), None)
    done = [line for card in cards for line in card.lines if line.done]
    building = building_at(place, context)
    return Point(
        code=code,
        cards=cards,
        test=running,
        may_end=running is not None and may_end(running, context),
        until=ends_at(running, context) if running else "",
        building=context.site.short(building) if building else "",
        others=len(context.site.devices_in(building)) if building else 0,
        next=first[1].kind if first else "",
        next_at=_at(*first, context) if first else "",
        stopped=context.snapshot.gateway is False,
        left=len(open_lines),
        latest=max((state.last.position for state in states if state.last), default=0),
        took=_latest(done),
    )


def _at(card: DeviceCard, line: ZoneLine, context: Context) -> str:
    return f"{card.state.device} · {context.words('zone', zone=line.zone)}"


def _latest(done: list[ZoneLine]) -> str:
    return max(done, key=lambda line: line.at).took if done else ""


def point_section(place: str, code: str, context: Context) -> str:
    """Return the live part of the page of a place (its id)."""
    shown = point_of(place, code, context)
    return fragment(
        "commissioning/point_live.html", context.words.language, context.at, point=shown
    )


def _card(state: DeviceState, context: Context) -> DeviceCard:
    words = context.words
    lines = [
        ZoneLine(
            words.kind(each.kind), each.zone, each.trial is not None, *_tried(each.trial, context)
        )
        for each in state.zones
    ]
    signal, since_ms = signal_text(state, context)
    battery = battery_text(state.measured, context)
    return DeviceCard(state, tuple(lines), signal, since_ms, battery)


def _tried(trial: Trial | None, context: Context) -> tuple[str, str, str]:
    if trial is None:
        return "", "", ""
    return context.clock(trial.at_ms), took_text(trial, context), trial.who


def took_text(trial: Trial, context: Context) -> str:
    """Return how long a trial took until it was on record, "" if that is not known."""
    if trial.took_ms is None:
        return ""
    if trial.took_ms < 10_000:
        return context.words("test.took_ms", ms=trial.took_ms)
    return context.words("test.took_s", seconds=round(trial.took_ms / 1000))


def signal_text(state: DeviceState, context: Context) -> tuple[str, int | None]:
    """Return what the signal is, and since when it is measured (Unix ms), None once it is."""
    words, measured, last = context.words, state.measured, state.last
    if last is None:
        return "", None
    whole = measured is not None and measured.whole
    since_ms = None if whole or context.now_ms > last.at_ms + 2 * LASTS_MS else last.at_ms
    signal = measured.signal if measured else None
    if signal is None:
        return words("test.no_signal") if since_ms is None else "", since_ms
    text = words(
        "test.signal",
        quality=words(f"signal.{signal.strength}"),
        mean=signal.mean,
        low=signal.low,
        high=signal.high,
        count=signal.count,
    )
    return text, since_ms


def battery_text(measured: Measured | None, context: Context) -> str:
    """Return the voltage of a battery, "" if the device has sent none."""
    if measured is None or measured.battery_mv is None:
        return ""
    return context.words("test.volts", volts=f"{measured.battery_mv / 1000:.2f}")
