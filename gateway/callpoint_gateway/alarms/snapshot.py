"""The open alarms as a cursor, so that a start reads what is open and not what ever was.

A cursor's state is numbers by name. What is said about an alarm is found in the journal again by
its position; the rest is here:

- ``case/<position>``: how many events it has
- ``event/<case>/<position>``: an event that it remembers; 1 active, 2 seen, 3 both
- ``test/<position>``: an alarm of a walk test whose device has not been told
- ``exercise``: the position of the start of the one that runs; ``tested/<device>/<zone>``
"""

from callpoint_gateway.alarms.case import Case, Raised
from callpoint_gateway.alarms.fold import TYPES, Cases, exercise, opened
from callpoint_gateway.journal.ages import stamp_of
from callpoint_gateway.journal.entries import Cursor, Entry, EventBody, ExerciseBody
from callpoint_gateway.journal.event_meaning import raises
from callpoint_gateway.journal.reader import Reader

NAME = "alarms/snapshot"
BLOCK = 1000
_ACTIVE, _SEEN = 1, 2


def snapshot(cases: Cases) -> Cursor:
    """Return the state as a cursor."""
    state: dict[str, int] = {}
    for case in cases.open_cases():
        state[f"case/{case.position}"] = case.events
        for one in case.raised.values():
            bits = _ACTIVE * one.active + _SEEN * one.seen
            state[f"event/{case.position}/{one.position}"] = bits
    state |= {f"test/{position}": 1 for position in cases.tests}
    if cases.exercise is not None:
        state["exercise"] = cases.exercise.position
        state |= {f"tested/{device}/{zone}": 1 for device, zone in cases.exercise.tested}
    return Cursor(NAME, cases.position, state)


def restore(cases: Cases, cursor: Cursor, reader: Reader) -> None:
    """Bring an empty fold to where the snapshot was taken."""
    found: dict[int, list[Raised]] = {}
    tested: set[tuple[str, int]] = set()
    for name, value in cursor.state.items():
        what, *rest = name.split("/")
        match what:
            case "event":
                raised = _raised(reader.entry(int(rest[1])))
                raised.active, raised.seen = bool(value & _ACTIVE), bool(value & _SEEN)
                found.setdefault(int(rest[0]), []).append(raised)
            case "test":
                cases.tests[int(rest[0])] = _raised(reader.entry(int(rest[0])))
            case "tested":
                tested.add((rest[0], int(rest[1])))
    for name, value in sorted(cursor.state.items(), key=lambda item: _number(item[0])):
        if name.startswith("case/"):
            case = _case(reader, int(name.split("/")[1]), cursor.position)
            case.events = value
            newest = sorted(found.get(case.position, []), key=lambda one: one.position)
            _restamp(case, newest, reader)
            cases.adopt(case, newest)
    start = cursor.state.get("exercise")
    if start is not None:
        _restore_exercise(cases, start, cursor.position, tested, reader)
    cases.position = cursor.position


def catch_up(cases: Cases, reader: Reader) -> list[Entry]:
    """Feed what has been committed since; return it."""
    taken: list[Entry] = []
    while entries := reader.read(cases.position, BLOCK, TYPES):
        for entry in entries:
            cases.take(entry)
        taken += entries
    return taken


def _number(name: str) -> int:
    last = name.rsplit("/", 1)[-1]
    return int(last) if last.isdigit() else 0


def _raised(entry: Entry | None) -> Raised:
    assert entry is not None
    assert entry.device is not None
    body = entry.body
    assert isinstance(body, EventBody)
    assert raises(body)
    sensor = (entry.device, body.zone, body.kind)
    return Raised(entry.position, entry.device, entry.boot, entry.seq, sensor)


def _case(reader: Reader, position: int, until: int) -> Case:
    """Fold what was said about one alarm up to the snapshot."""
    entry = reader.entry(position)
    assert entry is not None
    assert entry.device is not None
    assert isinstance(entry.body, EventBody)
    alone = Cases()
    case = opened(entry, entry.body, entry.device)
    alone.adopt(case, [])
    for said in reader.about(position):
        if said.position <= until:
            alone.take(said)
    return case


def _restamp(case: Case, newest: list[Raised], reader: Reader) -> None:
    if newest:
        entry = reader.entry(newest[-1].position)
        assert entry is not None
        case.last = stamp_of(entry)


def _restore_exercise(
    cases: Cases, start: int, until: int, tested: set[tuple[str, int]], reader: Reader
) -> None:
    entry = reader.entry(start)
    assert entry is not None
    assert isinstance(entry.body, ExerciseBody)
    cases.exercise = exercise(entry, entry.body)
    cases.exercise.tested = tested
    for said in reader.about(start):
        if said.position <= until:
            cases.take(said)
