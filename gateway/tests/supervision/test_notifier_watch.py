"""A silent notifier is a fault that the centres are told, once, and its end as well."""

from callpoint_gateway.configuration.notify import Channel, NotifySettings
from callpoint_gateway.control.asker import Asker
from callpoint_gateway.control.roles import Role
from callpoint_gateway.journal.entries import Body, Cursor, FaultBody, ReportBody, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.report import NOTIFIER
from callpoint_gateway.protocols.report_texts import text_of
from callpoint_gateway.supervision.faults import Faults, SupervisedState, open_faults
from callpoint_gateway.supervision.notifier_watch import SOURCE, UNDELIVERED, NotifierWatch
from callpoint_gateway.supervision.questions import NotifierLives
from callpoint_gateway.words.words import Words
from callpoint_protocol import names

from ..alarms.case_entries import commit
from ..conftest import ManualClock

ON = NotifySettings(enabled=True, channel=[Channel(name="robot", url_file="x")], silent_after_s=60)
ASKER = Asker("notifier", Role.ADMIN, "notify")


def watch(alarms: Journal, clock: ManualClock, settings: NotifySettings = ON) -> NotifierWatch:
    return NotifierWatch("estate", settings, alarms, clock, Faults(alarms, clock))


def settled(alarms: Journal) -> None:
    """Wait until all that was submitted is on disk."""
    commit(alarms, Cursor("test", 0))


def stored(alarms: Journal) -> list[Body]:
    settled(alarms)
    with alarms.reader() as reader:
        return [entry.body for entry in reader.read(0, 100, (Type.FAULT, Type.REPORT))]


def test_silence_is_a_fault_and_is_told_to_every_centre(
    alarms: Journal, clock: ManualClock
) -> None:
    watched = watch(alarms, clock)
    watched.lives(NotifierLives(), ASKER)
    clock.advance(59_000)
    watched.look()
    assert stored(alarms) == []
    clock.advance(2_000)
    watched.look()
    watched.look()
    fault, report = stored(alarms)
    assert isinstance(fault, FaultBody)
    assert (fault.source, fault.active) == (SOURCE, True)
    words = Words("zh").fault(fault.source, fault.why, fault.to_do)
    assert words == (
        "对外通知中断（通知服务已 61 秒无响应） -> "
        "请启动：systemctl restart callpoint-notify；退出原因见其日志"
    )
    assert isinstance(report, ReportBody)
    assert (report.centre, report.state, report.detail) == ("", names.TROUBLE, NOTIFIER)
    assert text_of(report.kind, report.state, report.detail, "zh") == "对外通知中断"
    watched.lives(NotifierLives(), ASKER)
    *_, ended, back = stored(alarms)
    assert isinstance(ended, FaultBody)
    assert not ended.active
    assert isinstance(back, ReportBody)
    assert back.state == names.TROUBLE_RESTORE


def test_a_restarted_gateway_knows_the_fault_and_gives_the_notifier_its_time(
    alarms: Journal, clock: ManualClock
) -> None:
    watched = watch(alarms, clock)
    clock.advance(61_000)
    watched.look()
    settled(alarms)
    again = watch(alarms, clock)
    again.look()
    assert len(stored(alarms)) == 2
    again.lives(NotifierLives(), ASKER)
    assert len(stored(alarms)) == 4
    settled(alarms)
    later = watch(alarms, clock)
    clock.advance(59_000)
    later.look()
    assert len(stored(alarms)) == 4


def test_what_reaches_nobody_is_a_fault_of_its_own(alarms: Journal, clock: ManualClock) -> None:
    watched = watch(alarms, clock)
    watched.lives(NotifierLives(undelivered=3, unusable=["sms"]), ASKER)
    watched.lives(NotifierLives(undelivered=4, unusable=["sms"]), ASKER)
    (fault,) = stored(alarms)
    assert isinstance(fault, FaultBody)
    assert fault.source == UNDELIVERED
    assert "3 messages reached nobody" in str(fault.why)
    watched.lives(NotifierLives(), ASKER)
    settled(alarms)
    assert open_faults(alarms) == {}


def test_a_notifier_that_is_not_wanted_is_no_fault(alarms: Journal, clock: ManualClock) -> None:
    watched = watch(alarms, clock)
    clock.advance(61_000)
    watched.look()
    settled(alarms)
    off = watch(alarms, clock, NotifySettings())
    clock.advance(600_000)
    off.look()
    settled(alarms)
    assert open_faults(alarms) == {}


def test_it_is_shown_with_the_supervised_parts(alarms: Journal, clock: ManualClock) -> None:
    faults = Faults(alarms, clock)
    watched = NotifierWatch("estate", ON, alarms, clock, faults)
    (shown,) = faults.states()
    assert (shown.source, shown.after_s, shown.state) == (SOURCE, 60, SupervisedState.OK)
    clock.advance(61_000)
    watched.look()
    settled(alarms)
    assert faults.states()[0].state is SupervisedState.FAULT
