"""The read model of a site: it reads the entries of a store and returns the situation.

The gateway's desk has a model and feeds it each entry, because it acts on the entries. Any other
reader calls ``follow``, also when no gateway runs.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Final

from callpoint_gateway.alarms.case import Case, Condition
from callpoint_gateway.alarms.escalation import Age, deadlines
from callpoint_gateway.alarms.site_state import SiteState
from callpoint_gateway.alarms.situation import (
    Alarm,
    Deadline,
    Escalation,
    ExerciseRow,
    Fault,
    Inhibit,
    LevelRow,
    Missed,
    PartitionRow,
    Silence,
    Situation,
    Trouble,
)
from callpoint_gateway.alarms.snapshot import catch_up, start
from callpoint_gateway.alarms.store import Store
from callpoint_gateway.alarms.waiting import Backlogs
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.levels import NORMAL, AlarmSettingsByLevel
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.ages import Ages, Stamp, stamp_of
from callpoint_gateway.journal.entries import ArmingBody, FaultBody, InhibitBody, LevelBody
from callpoint_gateway.journal.partition import State
from callpoint_gateway.supervision.devices import NAME as SUPERVISION
from callpoint_gateway.supervision.devices import TOGETHER, together
from callpoint_gateway.supervision.levels import most_serious
from callpoint_gateway.words.said import stored
from callpoint_protocol import names

#: Devices that are asked for in the journals each time, of those that have never been heard.
#: Thousands of questions for one look would hold up the gateway's loop.
LOOKED_FOR: Final = 256


def alarm_of(
    case: Case,
    settings: AlarmSettings,
    age: Age,
    *,
    condition: Condition,
    where: str,
    awaited: Iterable[str] = (),
    level: int = NORMAL,
) -> Alarm:
    """Return the row of an alarm, with its ages as ``age`` returns them.

    ``awaited``: the centres to which it goes. ``settings``: those of ``level``.
    """
    answered = {*case.accepted_by, *case.refused_by}
    return Alarm(
        alarm=case.position,
        kind=case.kind,
        priority=settings.priority(case.kind),
        device=case.device,
        zone=case.zone,
        place=case.place,
        where=where,
        partition=case.partition,
        condition=condition,
        handling=case.handling,
        mark=case.mark,
        events=case.events,
        occurred_ms=case.occurred_ms,
        opened_ms=case.opened.wall_ms,
        age_ms=age(case.opened),
        deadlines=tuple(
            Deadline(what, within_ms - age(since))
            for what, since, within_ms in deadlines(case, settings)
        ),
        escalated=tuple(
            Escalation(what, last.step, last.to, last.overdue_ms, last.times)
            for what, last in case.escalated.items()
        ),
        accepted_by=tuple(case.accepted_by),
        refused_by=tuple(case.refused_by),
        awaited=tuple(centre for centre in awaited if centre not in answered),
        alerted=tuple(case.alerted),
        steps=tuple(case.steps),
        level=level,
    )


class Model:
    """The state of a site. Call ``start`` once, then ``follow`` before each ``situation``."""

    def __init__(
        self,
        alarms: Store,
        clock: Clock,
        settings: AlarmSettingsByLevel,
        register: Register | None = None,
        readings: Store | None = None,
        consumers: Collection[str] | None = None,
    ) -> None:
        """``alarms`` and ``readings``: the two journals. ``consumers``: see ``Backlogs``.

        Without a register, a device that has never sent a message is not missed.
        """
        self.state = SiteState()
        self._store, self._readings = alarms, readings
        self._clock = clock
        self._settings = settings
        self._register = register
        self._backlogs = [Backlogs(alarms, "alarms", consumers)]
        if readings is not None:
            self._backlogs.append(Backlogs(readings, "telemetry", consumers))
        # Devices that are not known to have sent anything, in the order in which to look again.
        self._unheard = dict.fromkeys(register.device_ids() if register else ())
        last = alarms.entry(alarms.head())
        self.ages = Ages(clock, stamp_of(last) if last else None)

    def start(self) -> None:
        """Read all entries so far, from the desk's snapshot on if there is one."""
        start(self.state, self._store)
        for store in self._stores():
            for name in store.devices():
                self._unheard.pop(name, None)

    def follow(self) -> None:
        """Read the entries that were committed since the last call."""
        catch_up(self.state, self._store)

    def situation(self) -> Situation:
        """Return the situation by the entries that were read so far."""
        waiting = [backlog for journal in self._backlogs for backlog in journal.look()]
        alarms = [self.alarm(case) for case in self.state.cases.open_cases()]
        return Situation(
            position=self.state.position,
            at_ms=self._clock.wall_ms(),
            alarms=tuple(sorted(alarms, key=lambda alarm: (alarm.priority, alarm.alarm))),
            exercises=tuple(self._exercises()),
            faults=tuple(self._faults()),
            missed=tuple(self._missed()),
            troubles=tuple(self._troubles()),
            partitions=tuple(self._partitions()),
            inhibits=tuple(self._inhibits()),
            levels=tuple(sorted(self._levels(), key=lambda row: (row.level, row.number))),
            waiting=tuple(waiting),
        )

    def alarm(self, case: Case) -> Alarm:
        """Return the row of an open alarm, with its present ages."""
        level = self.level(case)
        awaited = self._backlogs[0].awaited(case.kind in names.LIFE_KINDS, case.position)
        return alarm_of(
            case,
            self._settings.at(level),
            self.ages.of,
            condition=case.condition,
            where=self._where(case.device, case.zone),
            awaited=awaited,
            level=level,
        )

    def level(self, case: Case) -> int:
        """Return the response level that holds where an alarm is, ``NORMAL`` if none does."""
        place = self._register.place_of(case.device, case.zone) if self._register else None
        bodies = [entry.body for entry in self.state.levels.values()]
        return most_serious((body for body in bodies if isinstance(body, LevelBody)), place)

    def settings(self, case: Case) -> AlarmSettings:
        """Return the deadlines and the ladder that hold for an alarm now."""
        return self._settings.at(self.level(case))

    def _where(self, device: str, zone: int) -> str:
        place = self._register.place_of(device, zone) if self._register else None
        return str(place) if place else ""

    def _exercises(self) -> Iterator[ExerciseRow]:
        for runs in self.state.cases.exercises:
            left_ms = max(0, runs.seconds * 1000 - self.ages.of(runs.started))
            yield ExerciseRow(
                runs.position,
                runs.mark,
                runs.started.wall_ms,
                left_ms,
                runs.who,
                tuple(runs.points),
                runs.warned,
            )

    def _faults(self) -> Iterator[Fault]:
        for source, entry in self.state.faults.items():
            assert isinstance(entry.body, FaultBody)
            body = entry.body
            why, to_do = stored(body.why, body.reason), stored(body.to_do, body.remedy)
            yield Fault(source, why, to_do, entry.recorded_ms)

    def _missed(self) -> Iterator[Missed]:
        """Yield each missed device once, with its worst kind of silence."""
        missed: dict[str, tuple[Silence, int | None]] = {}
        for name in sorted(self._still_unheard()):
            missed[name] = Silence.UNHEARD, None
        for name, entry in self.state.lost.items():
            missed[name] = Silence.LOST, entry.recorded_ms
        for standing in self.state.sensors.troubles():
            if standing.body.kind == names.SUPERVISION:
                missed[standing.device] = Silence.SILENT, standing.body.occurred_ms
        if (fault := self.state.faults.get(TOGETHER)) is not None:
            for name in sorted(together(self._store.cursors().get(SUPERVISION))):
                missed[name] = Silence.SILENT, fault.recorded_ms
        for name, (how, since_ms) in missed.items():
            yield Missed(name, how, self._where(name, 0), since_ms)

    def _still_unheard(self) -> Iterable[str]:
        """Return the devices that have sent nothing; at most ``LOOKED_FOR`` are looked for now."""
        self._look_for(list(islice(self._unheard, LOOKED_FOR)))
        return self._unheard

    def _stores(self) -> list[Store]:
        return [self._store, *([self._readings] if self._readings else [])]

    def _look_for(self, devices: Iterable[str]) -> None:
        stores = self._stores()
        for name in devices:
            del self._unheard[name]
            if not any(store.has_sent(name) for store in stores):
                self._unheard[name] = None  # it is looked for again after all the others

    def _troubles(self) -> Iterator[Trouble]:
        for standing in self.state.sensors.troubles():
            body = standing.body
            if body.kind == names.SUPERVISION:
                continue  # ``_missed`` yields that device
            where = self._where(standing.device, body.zone)
            yield Trouble(
                standing.position,
                standing.device,
                body.zone,
                body.kind,
                body.detail,
                where,
                body.occurred_ms,
            )

    def _partitions(self) -> Iterator[PartitionRow]:
        for name, entry in sorted(self.state.partitions.items()):
            body = entry.body
            assert isinstance(body, ArmingBody)
            if self._register and name not in self._register.partitions:
                continue
            left_ms = 0
            if body.panel.state in (State.ARMING, State.PENDING):
                since = Stamp(*body.since) if body.since else stamp_of(entry)
                left_ms = max(0, body.panel.seconds * 1000 - self.ages.of(since))
            yield PartitionRow(name, body.panel, left_ms, body.who)

    def _inhibits(self) -> Iterator[Inhibit]:
        for position, entry in self.state.inhibits.items():
            body = entry.body
            assert isinstance(body, InhibitBody)
            left_ms = body.until_ms - body.from_ms - self.ages.of(stamp_of(entry))
            yield Inhibit(
                position,
                body.device,
                body.zone,
                body.place,
                body.maintenance,
                body.life,
                body.role,
                body.reason,
                body.until_ms,
                max(0, left_ms),
            )

    def _levels(self) -> Iterator[LevelRow]:
        for position, entry in self.state.levels.items():
            body = entry.body
            assert isinstance(body, LevelBody)
            left_ms = max(0, body.until_ms - body.from_ms - self.ages.of(stamp_of(entry)))
            yield LevelRow(
                position, body.area, body.level, body.reason, body.who, body.until_ms, left_ms
            )
