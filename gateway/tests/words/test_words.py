"""Every text exists in both languages, with the same fields, and is used."""

import ast
import string
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import callpoint_cli
import callpoint_console
import callpoint_district
import callpoint_gateway
import callpoint_notify
import callpoint_people
import callpoint_technician
from callpoint_gateway.alarms.case import Condition, Handling
from callpoint_gateway.alarms.escalation import ACKNOWLEDGE, ARRIVE, REINFORCE, RESOLVE
from callpoint_gateway.alarms.report_summary import STAGES
from callpoint_gateway.alarms.situation import Silence
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.journal.entries import Action, Cause, Mark
from callpoint_gateway.journal.partition import Mode
from callpoint_gateway.journal.partition import State as PartitionState
from callpoint_gateway.protocols import report, report_texts
from callpoint_gateway.supervision.faults import SupervisedState
from callpoint_gateway.words import entries, facts, parts, people
from callpoint_gateway.words.said import NAMES, TABLES, TEXTS, verbatim
from callpoint_gateway.words.text import LANGUAGES, Text
from callpoint_gateway.words.words import Words
from callpoint_protocol import names
from callpoint_protocol.messages import details

EVERY = [
    (kind, state, detail)
    for kind, states in names.ALLOWED.items()
    for state in states
    for detail in {0, *details(kind, state)}
]


def tables() -> Iterator[tuple[str, Text]]:
    """Yield every text of every table."""
    for module in (facts, people, parts, entries, report_texts):
        for table in vars(module).values():
            if isinstance(table, Mapping):
                for key, found in table.items():
                    for text in (
                        found
                        if isinstance(found, tuple) and found[:1] and isinstance(found[0], Text)
                        else (found,)
                    ):
                        if isinstance(text, Text):
                            yield f"{module.__name__}: {key}", text
    yield from TEXTS.items()


def fields(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def test_every_text_is_in_every_language_with_the_same_fields() -> None:
    found = list(tables())
    assert len(found) > 200
    for key, text in found:
        assert len(text) == len(LANGUAGES)
        assert all(text), key
        assert fields(text.en) == fields(text.zh), key
        assert text.en.isascii(), key


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (facts.KINDS, names.KINDS),
        (facts.SENSORS, names.KINDS),
        (facts.STATES, names.STATES),
        (facts.FAULTS, names.FAULTS),
        (facts.LOOP_FAULTS, names.LOOP_FAULTS),
        ({**facts.DOOR_FAULTS, **facts.LOOP_FAULTS}, names.DOOR_FAULTS),
        (facts.GESTURES, names.GESTURES),
        (facts.READINGS, [key for key, _, _ in names.READINGS]),
        (facts.RESET_CAUSES, names.CAUSES),
        (facts.POSITIONS, names.POSITIONS),
        (facts.TESTS, names.TESTS),
        (people.CONDITIONS, Condition),
        (people.HANDLING, Handling),
        (people.MARKS, Mark),
        (people.ACTIONS, Action),
        (people.PROFILES, Profile),
        (people.CAUSES, Cause),
        (people.TO_DO, (ACKNOWLEDGE, ARRIVE, REINFORCE, RESOLVE)),
        (people.OVERDUE, people.TO_DO),
        (people.STAGES, STAGES),
        (people.PARTITIONS, PartitionState),
        (people.MODES, Mode),
        (parts.SUPERVISED, SupervisedState),
        (parts.SILENCES, Silence),
        (
            report_texts.DETAILS,
            [
                value
                for name, value in vars(report).items()
                if name.isupper() and isinstance(value, int)
            ],
        ),
    ],
)
def test_every_value_has_a_text_and_no_text_is_left(
    table: Mapping[object, Text], values: object
) -> None:
    assert set(table) == set(values)  # type: ignore[call-overload]


PACKAGES = (
    callpoint_cli,
    callpoint_console,
    callpoint_district,
    callpoint_gateway,
    callpoint_notify,
    callpoint_people,
    callpoint_technician,
)


def _called() -> Iterator[tuple[str, set[str]]]:
    """Yield code and names of values of whatever is said in the sources."""
    for package in PACKAGES:
        root = Path(package.__path__[0])
        for path in root.rglob("*.py"):
            # Pages have tables of their own (``callpoint_console.words``).
            pages = package is callpoint_console or path.is_relative_to(
                Path(callpoint_district.__path__[0]) / "console"
            )
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                name = ast.unparse(node.func)
                first = node.args[0]
                says = name == "said"
                if not pages:
                    says = says or name.endswith(("words", "texts()")) or name == "self"
                if not says:
                    continue
                values = {str(value.arg) for value in node.keywords}
                if isinstance(first, ast.Constant):
                    yield str(first.value), values
                elif isinstance(first, ast.JoinedStr) and isinstance(
                    first.values[0], ast.Constant
                ):
                    # A code of several with the same beginning.
                    for code in TEXTS:
                        if code.startswith(str(first.values[0].value)):
                            yield code, {*values, "None"}


def test_every_text_is_said_somewhere_with_its_values_and_nothing_else_is() -> None:
    called = list(_called())
    by_value = ("value.", "shared.")
    of_values = {code for code in TEXTS if code.startswith(by_value)} | set(NAMES)
    assert {code for code, _ in called} == set(TEXTS) - of_values
    for code, values in called:
        if "None" not in values:  # else some stand in a mapping
            assert values == fields(TEXTS[code].en), code


def test_no_code_stands_in_two_tables() -> None:
    assert len(TEXTS) == sum(map(len, TABLES))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_of_the_protocol_can_be_said(language: str) -> None:
    words = Words(language)
    for event in EVERY:
        said = words.event(*event)
        assert said, event
        assert "{" not in said, event
        assert not any(char.isdigit() for char in said) or event[0] == names.BATTERY, event
    assert len({words.event(k, s, d) for k, s, d in EVERY}) > len(EVERY) / 2


def test_no_word_of_an_event_is_said_twice() -> None:
    for event in EVERY:
        said = facts.event(*event, "zh")
        for word in ("报警", "测试", "故障", "恢复"):
            assert word * 2 not in said, (event, said)
        assert "报警故障" not in said, (event, said)


@pytest.mark.parametrize(
    ("event", "chinese", "english"),
    [
        ((names.SMOKE, names.ALARM, 0), "烟雾报警", "smoke alarm"),
        ((names.SMOKE, names.TROUBLE, 0), "烟雾探测器故障", "smoke detector trouble"),
        (
            (names.SMOKE, names.TROUBLE, names.LOOP_OPEN),
            "烟雾探测器：线路断路",
            "smoke detector: line cut",
        ),
        ((names.TEST, names.TESTED, 0), "测试", "test"),
        ((names.TEST, names.TESTED, names.TEST_WALK), "步行测试开始", "walk test begins"),
        ((names.BATTERY, names.TROUBLE, 3100), "电池电量低（3100 mV）", "battery low (3100 mV)"),
        ((names.DOOR, names.TROUBLE, names.LEFT_OPEN), "门长时间未关", "door left open"),
        (
            (names.DOOR, names.TROUBLE_RESTORE, names.FORCED),
            "强行开门（已恢复）",
            "door forced open: over",
        ),
        ((names.DOOR, names.NOTICE, names.OPEN), "门打开", "door opened"),
        ((names.DOOR, names.NOTICE, names.CLOSED), "门关闭", "door closed"),
        (
            (names.DEVICE, names.TROUBLE, names.FAULT_STUCK_INPUT),
            "输入长时间未复位",
            "input not restored for long",
        ),
        (
            (names.DEVICE, names.TROUBLE, names.FAULT_CLOCK),
            "时间丢失（时钟未同步）",
            "time lost (clock not synchronised)",
        ),
    ],
)
def test_events_are_said_as_people_say_them(
    event: tuple[int, int, int], chinese: str, english: str
) -> None:
    assert Words("zh").event(*event) == chinese
    assert Words("en").event(*event) == english


@pytest.mark.parametrize(
    ("source", "chinese", "english"),
    [
        ("timeseries", "时序库不可用（x）", "time series takes nothing (x)"),
        (
            "broker/events",
            "MQTT 服务器异常（events）（x）",
            "MQTT broker is not right (events) (x)",
        ),
        ("centre/police", "接警中心 police 无应答（x）", "centre police does not answer (x)"),
        (
            "centre/police/path/2",
            "接警中心 police 的路径 2 中断（x）",
            "centre police: path 2 is lost (x)",
        ),
        ("centre/police/refused", "接警中心 police 拒收（x）", "centre police refuses (x)"),
        ("clock/step", "时钟发生跳变（x）", "clock was stepped (x)"),
        ("something/new", "something/new 不可用（x）", "something/new is away (x)"),
    ],
)
def test_a_fault_is_said_by_its_source(source: str, chinese: str, english: str) -> None:
    assert Words("zh").fault(source, verbatim("x")) == chinese
    assert Words("en").fault(source, verbatim("x")) == english


def test_readers_of_the_journal_have_names_for_people() -> None:
    words = Words("zh")
    assert words.consumer("centre/police/urgent") == "接警中心 police（紧急）"
    assert words.consumer("timeseries") == "时序库"
    assert words.consumer("webhook/desk") == "Webhook desk"


def test_deadlines_and_ages() -> None:
    words = Words("zh")
    assert words.deadline("acknowledge", 14_000) == "须在 14 秒内确认"
    assert words.deadline("arrive", -65_000) == "到场已超时 1 分钟 5 秒"
    ages = [Words("en").age(s * 1000) for s in (-5, 59, 61, 3661, 90_000)]
    assert ages == ["0 s", "59 s", "1 min 1 s", "1 h 1 min", "1 d 1 h"]
