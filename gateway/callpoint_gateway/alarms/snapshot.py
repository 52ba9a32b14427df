"""Stores the site's state as a cursor, so that a start need not read the whole journal.

A cursor's state is numbers by name. Entries about an alarm are found in the journal by its
position, and faults, partitions, inhibits and levels by their type. The rest is in the snapshot:

- ``case/<position>``: how many events an open alarm has
- ``event/<case>/<position>``: an event that the alarm keeps; 1 active, 2 seen, 3 both
- ``accepted/<case>/<centre>``, ``refused/<case>/<centre>``: the centres that have answered
- ``test/<position>``: an event of a walk test whose device does not know yet that it was seen
- ``exercise/<position>``: a running exercise by its start; ``tried/<position>/<device>/<zone>``.
  Earlier versions knew one at a time: ``exercise``, its position, and ``tested/<device>/<zone>``
- ``standing/<position>``: a standing alarm or trouble of a sensor
- ``restored/<position>``: the last restore of a sensor
- ``sensors``: this snapshot has the last two; snapshots of the first versions have not
"""

from callpoint_gateway.alarms.case import Case, Raised
from callpoint_gateway.alarms.fold import Cases, exercise, opened
from callpoint_gateway.alarms.site_state import TYPES, SiteState
from callpoint_gateway.alarms.store import Store
from callpoint_gateway.journal.ages import stamp_of
from callpoint_gateway.journal.entries import Cursor, Entry, EventBody, ExerciseBody, Type
from callpoint_gateway.journal.event_meaning import raises

NAME = "alarms/snapshot"
BLOCK = 1000
_ACTIVE, _SEEN = 1, 2


def snapshot(state: SiteState) -> Cursor:
    """Return the state as a cursor."""
    cases, kept = state.cases, {"sensors": 1}
    for case in cases.open_cases():
        kept[f"case/{case.position}"] = case.events
        for raised in case.raised.values():
            bits = _ACTIVE * raised.active + _SEEN * raised.seen
            kept[f"event/{case.position}/{raised.position}"] = bits
        kept |= {f"accepted/{case.position}/{centre}": 1 for centre in case.accepted_by}
        kept |= {f"refused/{case.position}/{centre}": 1 for centre in case.refused_by}
    kept |= {f"test/{position}": 1 for position in cases.tests}
    for running in cases.exercises:
        begun = running.position
        kept[f"exercise/{begun}"] = 1
        kept |= {f"tried/{begun}/{device}/{zone}": 1 for device, zone in running.tested}
    kept |= {f"standing/{standing.position}": 1 for standing in state.sensors.all()}
    kept |= {f"restored/{position}": 1 for position in state.sensors.last_restores()}
    return Cursor(NAME, state.position, kept)


def is_complete(cursor: Cursor) -> bool:
    """Say whether a snapshot has the standing conditions of the sensors."""
    return "sensors" in cursor.state


def start(state: SiteState, store: Store) -> None:
    """Read all entries into an empty state, from the snapshot on if there is one."""
    cursor = store.cursors().get(NAME)
    if cursor is not None:
        restore(state, cursor, store)
    catch_up(state, store)


def restore(state: SiteState, cursor: Cursor, store: Store) -> None:
    """Restore an empty state to the position of the snapshot."""
    _restore_sensors(state, cursor, store)
    _restore_cases(state.cases, cursor, store)
    for entry in [
        *store.latest_of_each(Type.STATUS, cursor.position),
        *store.latest_of_each(Type.ARMING, cursor.position),
        *store.all_of(Type.FAULT),
        *store.all_of(Type.INHIBIT),
        *store.all_of(Type.LEVEL),
    ]:
        if entry.position <= cursor.position:
            state.take_rare(entry)
    state.cases.position = cursor.position


def catch_up(state: SiteState, store: Store) -> None:
    """Take the entries behind the state's position."""
    while entries := store.read(state.position, BLOCK, TYPES):
        for entry in entries:
            state.take(entry)


def _numbers(cursor: Cursor, what: str) -> list[int]:
    """Return the positions in the names ``<what>/<position>`` of a snapshot, in order."""
    prefix = f"{what}/"
    return sorted(int(name[len(prefix) :]) for name in cursor.state if name.startswith(prefix))


def _restore_sensors(state: SiteState, cursor: Cursor, store: Store) -> None:
    if not is_complete(cursor):
        # A snapshot of the first versions: read all events once. The next snapshot is complete.
        after = 0
        while entries := store.read(after, BLOCK, (Type.EVENT,)):
            for entry in entries:
                if entry.position <= cursor.position:
                    state.sensors.take(entry)
            after = entries[-1].position
            if after >= cursor.position:
                break
        return
    for standing in store.entries(_numbers(cursor, "standing")):
        state.sensors.take(standing)
    for restored in store.entries(_numbers(cursor, "restored")):
        state.sensors.remember_restore(restored)


def _restore_cases(cases: Cases, cursor: Cursor, store: Store) -> None:
    events: dict[int, list[Raised]] = {}
    answers: dict[int, list[tuple[str, bool]]] = {}
    tried: dict[int, set[tuple[str, int]]] = {}
    begun = cursor.state.get("exercise", 0)
    kept_events = {
        entry.position: entry
        for entry in store.entries(
            [int(name.rpartition("/")[2]) for name in cursor.state if name.startswith("event/")]
        )
    }
    for name, value in cursor.state.items():
        what, *rest = name.split("/")
        match what:
            case "event":
                raised = _raised(kept_events[int(rest[1])])
                raised.active, raised.seen = bool(value & _ACTIVE), bool(value & _SEEN)
                events.setdefault(int(rest[0]), []).append(raised)
            case "accepted" | "refused":
                answers.setdefault(int(rest[0]), []).append((rest[1], what == "accepted"))
            case "test":
                cases.tests[int(rest[0])] = _raised(_entry(store, int(rest[0])))
            case "tested":
                tried.setdefault(begun, set()).add((rest[0], int(rest[1])))
            case "tried":
                tried.setdefault(int(rest[0]), set()).add((rest[1], int(rest[2])))
    for position in _numbers(cursor, "case"):
        case = _case(store, position, cursor.position)
        case.events = cursor.state[f"case/{position}"]
        for centre, accepted in answers.get(position, []):
            case.answered(centre, accepted=accepted)
        kept = sorted(events.get(position, []), key=lambda raised: raised.position)
        if kept:
            case.last = stamp_of(kept_events[kept[-1].position])
        cases.adopt(case, kept)
    for number in [*_numbers(cursor, "exercise"), *([begun] if begun else ())]:
        _restore_exercise(cases, number, cursor.position, tried.get(number, set()), store)


def _entry(store: Store, position: int) -> Entry:
    entry = store.entry(position)
    assert entry is not None
    return entry


def _raised(entry: Entry) -> Raised:
    assert entry.device is not None
    body = entry.body
    assert isinstance(body, EventBody)
    assert raises(body)
    sensor = (entry.device, body.zone, body.kind)
    return Raised(entry.position, entry.device, entry.boot, entry.seq, sensor)


def _case(store: Store, position: int, until: int) -> Case:
    """Fold the entries about one alarm up to the snapshot's position ``until``."""
    entry = _entry(store, position)
    assert entry.device is not None
    assert isinstance(entry.body, EventBody)
    alone = Cases()
    case = opened(entry, entry.body, entry.device)
    alone.adopt(case, [])
    for entry_about in store.about(position):
        if entry_about.position <= until:
            alone.take(entry_about)
    return case


def _restore_exercise(
    cases: Cases, begun: int, until: int, tested: set[tuple[str, int]], store: Store
) -> None:
    entry = _entry(store, begun)
    assert isinstance(entry.body, ExerciseBody)
    running = exercise(entry, entry.body)
    running.tested = tested
    cases.exercises = (*cases.exercises, running)
    for entry_about in store.about(begun):
        if entry_about.position <= until:
            cases.take(entry_about)
