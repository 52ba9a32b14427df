"""Who is told what: by priority, place and rota; the ladder; what follows; and never the past."""

import sqlite3

import pytest

from callpoint_gateway.configuration.register import Place, Register
from callpoint_gateway.host.service_error import ServiceError
from callpoint_gateway.journal.entries import (
    Action,
    Cause,
    Mark,
    NewEntry,
    Type,
    fault_begins,
    fault_ends,
)
from callpoint_gateway.words.said import verbatim
from callpoint_notify.outbox import NewMessage
from callpoint_notify.recipients import Recipients
from callpoint_notify.stories import Story
from callpoint_people.notifications import MessageState
from callpoint_people.person import Responsibility
from callpoint_people.rota import Shift
from callpoint_people.rota_store import RotaStore
from callpoint_protocol import names

from ..alarms.case_entries import event
from .conftest import MakeHouse
from .notify_house import House, run

SMS = """
order = ["sms", "mail"]
digest_s = 0
"""
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def told(house: House, alarm: int) -> list[tuple[str, str]]:
    return sorted({(one.role, one.person) for one in house.notifications.of_alarm(alarm)})


def test_an_alarm_goes_to_the_responders_of_its_place(make_house: MakeHouse) -> None:
    house = make_house(SMS)
    officer = house.person("Officer", Responsibility("police_officer", "Lake Road"))
    worker = house.person("Worker", Responsibility("grid_worker", "b3"))
    house.person("Other", Responsibility("volunteer", "b4"))

    async def play() -> None:
        with house.running():
            alarm = house.press()
            await house.step()
            assert told(house, alarm) == [("grid_worker", worker), ("police_officer", officer)]
            texts = house.services["sms"].texts
            assert len(texts) == 2
            assert "紧急求助报警" in texts[0]
            assert "Lake Road / Garden / 3 / 2 / 301" in texts[0]
            assert f"报警编号：{alarm}" in texts[0]
            assert all(
                one.state is MessageState.SENT for one in house.notifications.of_alarm(alarm)
            )

    run(play())


def test_who_is_on_duty_is_who_is_told(make_house: MakeHouse) -> None:
    house = make_house(SMS)
    on, off = (house.person(name, Responsibility("guard", "")) for name in ("On", "Off"))
    rota = RotaStore(house.people)
    rota.add(Shift(role="guard", cell="", days=WEEK, hours="00:00-00:00", person=on))
    rota.add(Shift(role="guard", cell="", on_date="2020-01-01", hours="00:00-00:00", person=off))

    async def play() -> None:
        with house.running():
            alarm = house.press()
            await house.step()
            assert told(house, alarm) == [("guard", on)]

    run(play())


def test_each_step_of_the_ladder_tells_its_roles(make_house: MakeHouse) -> None:
    house = make_house(
        SMS,
        '[alarms]\nladder = [{ to = "operator" }, '
        '{ to = ["manager", "responders"], after_s = 9 }]',
    )
    manager = house.person("Manager", Responsibility("manager", ""), language="en")
    worker = house.person("Worker", Responsibility("grid_worker", "b3"))

    async def play() -> None:
        with house.running():
            alarm = house.press()
            await house.step()
            assert house.config.alarms.ladder[1].text == "manager, responders"
            house.escalate(alarm, house.config.alarms.ladder[1].text)
            await house.step()
            assert told(house, alarm) == [("grid_worker", worker), ("manager", manager)]
            said = [text for text in house.services["sms"].texts if "OVERDUE" in text.upper()]
            assert len(said) == 1
            assert "NOT ACKNOWLEDGED, 1 min 1 s overdue" in said[0]
            assert any("确认已超时" in text for text in house.services["sms"].texts)

    run(play())


def test_those_who_were_told_hear_what_became_of_it(make_house: MakeHouse) -> None:
    house = make_house(SMS)
    worker = house.person("Worker", Responsibility("grid_worker", "b3"))
    house.person("Manager", Responsibility("manager", ""))

    async def play() -> None:
        with house.running():
            alarm = house.press()
            await house.step()
            house.act(alarm, Action.ACKNOWLEDGE)
            await house.step(20_000)
            house.act(alarm, Action.NOTE)
            house.act(alarm, Action.CLOSE, Cause.FALSE)
            await house.step(20_000)
            assert told(house, alarm) == [("grid_worker", worker)]
            texts = house.services["sms"].texts
            assert [len(texts), "desk-2 已确认" in texts[1], "误报" in texts[2]] == [3, True, True]

    run(play())


def test_further_events_of_an_alarm_and_walk_tests_tell_nothing(make_house: MakeHouse) -> None:
    house = make_house(SMS)
    house.person("Worker", Responsibility("grid_worker", "b3"))

    async def play() -> None:
        with house.running():
            first = house.pressed()
            house.store([first])
            again = NewEntry(Type.EVENT, first.body, first.device, 1, 1000)
            house.store([again])
            house.press(mark=Mark.TEST)
            house.press(mark=Mark.DRILL)
            await house.step()
            assert len(house.services["sms"].texts) == 1

    run(play())


def test_a_drill_is_told_only_where_it_is_wanted_and_is_called_one(
    make_house: MakeHouse,
) -> None:
    house = make_house(SMS + "drills = true\n")
    house.person("Worker", Responsibility("grid_worker", "b3"))

    async def play() -> None:
        with house.running():
            house.press(mark=Mark.DRILL)
            await house.step()
            (message,) = (message for _, message in house.services["sms"].taken)
            assert message.title.startswith("【演练】")

    run(play())


def test_faults_and_troubles_are_for_the_manager_with_what_to_do(make_house: MakeHouse) -> None:
    house = make_house(SMS)
    house.person("Manager", Responsibility("manager", ""))

    async def play() -> None:
        with house.running():
            house.store([fault_begins("broker/events", verbatim("away"), verbatim("start it"))])
            battery = event(names.TROUBLE, kind=names.BATTERY, place="b3", detail=2100)
            house.store([NewEntry(Type.EVENT, battery, "lobby", 1, 1)])
            inhibited = event(names.TROUBLE, kind=names.SMOKE, place="b3", inhibited=1)
            house.store([NewEntry(Type.EVENT, inhibited, "lobby", 1, 2)])
            await house.step()
            await house.step(20_000)
            (both,) = house.services["sms"].texts
            assert "MQTT 服务器异常" in both
            assert "电池电量低（2100 mV）" in both
            house.store([fault_ends("broker/events", verbatim("connected"))])
            await house.step(20_000)
            assert "已恢复：MQTT 服务器异常" in house.services["sms"].texts[-1]

    run(play())


def test_a_first_start_tells_nothing_of_the_past_and_a_later_one_all_of_it(
    make_house: MakeHouse,
) -> None:
    house = make_house(SMS)
    house.person("Worker", Responsibility("grid_worker", "b3"))

    async def play() -> None:
        house.press()
        with house.running():
            await house.step()
            assert "sms" in house.services
            assert house.services["sms"].texts == []
        alarm = house.press()
        house.clock.advance(8 * 3_600_000)
        with house.running():
            await house.step()
            assert len(house.services["sms"].texts) == 1
            assert told(house, alarm)

    run(play())


def test_an_alarm_that_was_open_before_a_restart_is_not_opened_again(
    make_house: MakeHouse,
) -> None:
    house = make_house(SMS)
    house.person("Worker", Responsibility("grid_worker", "b3"))

    async def play() -> None:
        first = house.pressed()
        with house.running():
            house.store([first])
            await house.step()
        with house.running():
            house.store([NewEntry(Type.EVENT, first.body, first.device, 1, 1000)])
            await house.step(20_000)
            assert len(house.services["sms"].texts) == 1

    run(play())


def test_nobody_to_tell_is_visible_and_ends_when_there_is_somebody(make_house: MakeHouse) -> None:
    house = make_house(SMS)

    async def play() -> None:
        with house.running():
            alarm = house.press()
            await house.step()
            (open_one,) = house.notifications.not_sent()
            assert (open_one.state, open_one.alarm) == (MessageState.NOBODY, alarm)
            assert "contact give" in open_one.reason
            assert house.notifier.dispatcher.failing() == 1
            guard = house.person("Guard", Responsibility("operator", ""))
            await house.step(61_000)
            await house.step()
            assert house.notifications.not_sent() == []
            assert ("operator", guard) in told(house, alarm)
            assert len(house.services["sms"].texts) == 1

    run(play())


def test_whoever_is_deleted_is_told_nothing_more(make_house: MakeHouse) -> None:
    house = make_house(SMS)
    worker = house.person("Worker", Responsibility("grid_worker", "b3"))

    async def play() -> None:
        with house.running():
            house.services["sms"].refusing = "HTTP 503"
            alarm = house.press()
            await house.step()
            house.people.delete(worker)
            house.services["sms"].refusing = ""
            await house.step(30_000)
            await house.step()
            assert house.services["sms"].texts == []
            (only,) = house.notifications.of_alarm(alarm)
            assert only.state is MessageState.GONE

    run(play())


def test_a_message_of_test_goes_to_each_person_in_their_language(make_house: MakeHouse) -> None:
    house = make_house(SMS)
    house.person("Zh")
    english = house.person("En", language="en", email="en@example.com")

    async def play() -> None:
        with house.running():
            await house.step()
            house.notifications.ask_for_test(house.clock.wall_ms())
            await house.step()
            await house.steps(20)
            texts = house.services["sms"].texts
            assert len(texts) == 2
            assert any("这是一条测试消息" in text for text in texts)
            assert any("This is a message of test" in text for text in texts)
            house.notifications.ask_for_test(house.clock.wall_ms(), english, "mail")
            await house.step(20_000)
            ((_, mail),) = house.services["mail"].taken
            assert mail.address == "en@example.com"
            assert mail.title.startswith("[TEST]")

    run(play())


def test_what_came_at_once_after_an_outage_is_told_as_if_step_by_step(
    make_house: MakeHouse,
) -> None:
    house = make_house(SMS)
    worker = house.person("Worker", Responsibility("grid_worker", "b3"))

    async def play() -> None:
        with house.running():
            alarm = house.press()
            house.act(alarm, Action.ACKNOWLEDGE)
            await house.step()
            await house.step(20_000)
            found = house.notifications.of_alarm(alarm)
            assert {(one.what, one.person) for one in found} == {
                ("alarm", worker),
                ("acknowledged", worker),
            }

    run(play())


def test_a_block_that_cannot_be_stored_is_told_once_when_it_can(
    make_house: MakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = make_house(SMS)
    house.person("Worker", Responsibility("grid_worker", "b3"))

    async def play() -> None:
        with house.running():
            await house.step()
            first, second = house.press(), house.press()
            messages = house.notifier.recipients.messages

            def failing(story: Story, now_ms: int) -> list[NewMessage]:
                if story.alarm == second:
                    raise sqlite3.OperationalError("database is locked")
                return messages(story, now_ms)

            monkeypatch.setattr(Recipients, "messages", lambda self, *given: failing(*given))
            with pytest.raises(sqlite3.OperationalError):
                await house.step()
            assert house.notifications.newest() == []
            monkeypatch.undo()
            await house.step()
            told = [one.alarm for one in house.notifications.newest()]
            assert sorted(told) == [first, second]

    run(play())


def test_a_second_notifier_is_refused(make_house: MakeHouse) -> None:
    house = make_house(SMS)
    with (
        house.running(),
        pytest.raises(ServiceError, match="another notifier runs"),
        house.running(),
    ):
        pass


def test_what_nobody_can_be_told_ends_after_a_week_and_a_test_sooner(
    make_house: MakeHouse,
) -> None:
    house = make_house(SMS)
    house.person("Worker", Responsibility("grid_worker", "b3"))

    async def play() -> None:
        with house.running():
            house.services["sms"].refusing = "unreachable"
            house.press()
            house.press(place="b4")  # where nobody is responsible
            house.notifications.ask_for_test(house.clock.wall_ms())
            await house.step()
            assert len(house.notifications.not_sent()) == 3
            await house.steps(900, 60_000)
            assert len(house.notifications.not_sent()) == 2
            await house.steps(8 * 86_400, 600_000)
            assert house.notifications.not_sent() == []
            assert house.notifier.dispatcher.failing() == 0

    run(play())


def test_a_start_reads_from_the_last_snapshot(
    make_house: MakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callpoint_notify.follower.SNAPSHOT_EVERY", 5)
    house = make_house(SMS)
    house.person("Worker", Responsibility("grid_worker", "b3"))

    async def play() -> None:
        first = house.pressed()
        with house.running():
            house.store([first])
            for _ in range(12):
                house.press(place="b4")
            await house.step()
            place = house.notifier.outbox.place()
            assert place is not None
            assert place[1].position == 13
        with house.running():
            # Of an alarm that the snapshot has.
            house.store([NewEntry(Type.EVENT, first.body, first.device, 1, 1000)])
            await house.steps(60, 1000)
            told = [one for one in house.notifications.newest() if one.person]
            assert len(told) == 1

    run(play())


def test_a_hostile_name_of_a_place_forges_no_line_and_fills_no_message(
    make_house: MakeHouse,
) -> None:
    house = make_house(SMS)
    name = "\u202eegral\u2066\u200f\x1b[31m\nAlarm: closed\r\u2028\x00" + "很" * 10_000
    hostile = Register([Place(id="b3", community=name)], [])
    house.register = hostile
    house.person("Officer", Responsibility("police_officer", ""))

    async def play() -> None:
        with house.running():
            house.press(place="b3")
            await house.step()
            house.press(place="b3")
            house.press(place="b3")
            await house.step(60_000)
            texts = house.services["sms"].texts
            assert len(texts) == 2
            for text in texts:
                assert all(line.isprintable() for line in text.split("\n"))
                assert not [line for line in text.split("\n") if line.startswith("Alarm: closed")]
                assert "egral [31m Alarm: closed 很" in text
                assert len(text) < 1000

    run(play())
