"""Limits merge and never drop; life has its own share; a failure goes over the next channel."""

import re
from itertools import pairwise

from callpoint_gateway.journal.entries import NewEntry, Type
from callpoint_people.notifications import MessageState
from callpoint_people.person import Responsibility
from callpoint_protocol import names

from ..alarms.case_entries import event
from .conftest import MakeHouse
from .notify_house import Service, run

ROBOT = 'order = ["robot", "sms", "mail"]\ntell = [["guard"], ["guard"], ["guard"], ["guard"]]\n'


def numbers(texts: list[str]) -> list[str]:
    """Return the places that texts name, in order."""
    return [place for text in texts for place in re.findall(r"flat-\d+", text)]


def test_500_alarms_in_a_minute_lose_none_and_block_no_robot(make_house: MakeHouse) -> None:
    house = make_house(ROBOT)
    house.services["robot"] = Service(house.clock, most=20)

    async def play() -> None:
        pressed: dict[str, int] = {}
        with house.running():
            for tick in range(600):
                if tick < 500:
                    kind = names.PANIC if tick % 5 else names.WATER
                    pressed[f"flat-{tick}"] = house.clock.monotonic_ms()
                    house.press(kind, f"flat-{tick}")
                await house.step(120)
            await house.steps(120)
            service = house.services["robot"]
            assert service.times_blocked == 0
            taken = {}
            for at, message in service.taken:
                for place in numbers([message.body]):
                    assert place not in taken, "told twice"
                    taken[place] = at
            assert sorted(taken) == sorted(pressed)
            late = max(
                taken[place] - at for place, at in pressed.items() if int(place[5:]) % 5 != 0
            )
            assert late <= 10_000
            assert house.notifications.not_sent() == []

    run(play())


def test_what_a_channel_refuses_goes_over_the_next_at_once(make_house: MakeHouse) -> None:
    house = make_house(ROBOT)
    house.person("Guard", Responsibility("guard", ""), email="guard@example.com")

    async def play() -> None:
        with house.running():
            house.services["robot"].refusing = "errcode 310000"
            house.services["sms"].refusing = "HTTP 500"
            alarm = house.press()
            for _ in range(3):
                await house.step()
            assert len(house.services["mail"].taken) == 1
            (message,) = house.notifications.of_alarm(alarm)
            assert (message.state, message.channel) == (MessageState.SENT, "mail")
            reasons = {
                one.channel: one.reason
                for one in house.notifications.channels(house.clock.wall_ms())
            }
            assert reasons["robot"] == "errcode 310000"

    run(play())


def test_after_all_channels_failed_the_pause_grows_and_nothing_is_given_up(
    make_house: MakeHouse,
) -> None:
    house = make_house('order = ["sms"]\ntell = [["guard"], [], [], []]\n')
    house.person("Guard", Responsibility("guard", ""))

    async def play() -> None:
        with house.running():
            service = house.services["sms"]
            service.refusing = "unreachable"
            alarm = house.press()
            asked = []
            for _ in range(600):
                before = service.asked
                await house.step(1000)
                asked += [house.clock.monotonic_ms()] * (service.asked - before)
            pauses = [late - early for early, late in pairwise(asked)]
            assert 9_000 <= pauses[0] <= 12_000
            assert pauses[2] > pauses[0]
            assert max(pauses) <= 602_000
            (waiting,) = house.notifications.not_sent()
            assert waiting.tries == len(asked)
            assert waiting.reason == "unreachable"
            service.refusing = ""
            await house.steps(700, 1000)
            (message,) = house.notifications.of_alarm(alarm)
            assert message.state is MessageState.SENT
            assert len(service.taken) == 1

    run(play())


def test_life_does_not_wait_behind_anything_else(make_house: MakeHouse) -> None:
    house = make_house(ROBOT + "digest_s = 0\n")

    async def play() -> None:
        with house.running():
            for number in range(200):
                house.press(names.WATER, f"flat-{number}")
                await house.step(250)
            before = house.clock.monotonic_ms()
            house.press(names.PANIC, "flat-999")
            await house.step(200)
            at, message = house.services["robot"].taken[-1]
            assert "flat-999" in message.body
            assert at - before <= 200

    run(play())


def test_a_long_list_goes_in_several_messages_and_is_whole(make_house: MakeHouse) -> None:
    house = make_house(ROBOT)

    async def play() -> None:
        with house.running():
            house.store(house.pressed(names.PANIC, f"flat-{number}") for number in range(300))
            await house.steps(60)
            service = house.services["robot"]
            assert max(map(len, service.texts)) <= 1500
            found = numbers(service.texts)
            assert sorted(found) == sorted(f"flat-{number}" for number in range(300))

    run(play())


def test_faults_wait_for_their_digest_their_cooldown_and_the_morning(
    make_house: MakeHouse,
) -> None:
    house = make_house(ROBOT + 'digest_s = 600\ncooldown_s = 3600\nquiet = "22:00-07:00"\n')

    def trouble(device: str) -> None:
        house.seq += 1
        body = event(names.TROUBLE, kind=names.BATTERY, place="b3")
        house.store([NewEntry(Type.EVENT, body, device, 1, house.seq)])

    async def play() -> None:
        # 2026-11-18 12:00 in Shanghai.
        house.clock.wall = 1_794_974_400_000
        with house.running():
            service = house.services["robot"]
            trouble("one")
            await house.step(60_000)
            trouble("two")
            await house.step(60_000)
            assert service.taken == []
            await house.step(480_000)
            await house.step()
            assert len(service.taken) == 1
            assert service.texts[0].count("电池电量低") == 2
            trouble("one")
            await house.steps(3000, 60_000)
            assert len(service.taken) == 1  # cooling down
            await house.steps(1200, 60_000)
            assert len(service.taken) == 2
            await house.steps(10 * 3600, 600_000)  # into the night
            trouble("three")
            house.press(names.PANIC)
            await house.step(1000)
            assert len(service.taken) == 3  # the alarm goes at once
            await house.steps(4 * 3600, 600_000)
            assert len(service.taken) == 3
            await house.steps(6 * 3600, 600_000)
            assert len(service.taken) == 4
            assert "电池电量低" in service.texts[3]

    run(play())


def test_links_are_signed_for_the_alarm_and_the_same_in_a_repeat(make_house: MakeHouse) -> None:
    head = '[console]\npublic_url = "https://desk.example"\nproxies = ["127.0.0.1"]\n'
    house = make_house(ROBOT, head)

    async def play() -> None:
        with house.running():
            alarm = house.press()
            await house.step()
            (text,) = house.services["robot"].texts
            token = re.findall(r"https://desk\.example/a/(\S+)", text)[0]
            assert house.people.read_link(token).alarm == alarm
            house.people.use_link(token)

    run(play())


def test_a_restart_knows_what_was_sent_a_moment_ago(make_house: MakeHouse) -> None:
    house = make_house(ROBOT)

    async def play() -> None:
        with house.running():
            await house.step()
            for number in range(3):
                house.press(place=f"flat-{number}")
                await house.step()
        robot = house.services["robot"]
        assert len(robot.taken) == 3  # the burst of the urgent share
        with house.running():
            house.press(place="flat-3")
            await house.step(200)
            assert len(robot.taken) == 3
            await house.step(5_000)
            assert len(robot.taken) == 4
        house.clock.advance(62_000)
        with house.running():
            house.press(place="flat-4")
            await house.step()
            assert len(robot.taken) == 5
        house.clock.reboot(house.clock.wall_ms() + 1_000)  # the monotonic clock begins anew
        with house.running():
            for number in (5, 6, 7):
                house.press(place=f"flat-{number}")
                await house.step()
            assert len(robot.taken) == 7

    run(play())


def test_what_was_never_tried_is_not_given_up(make_house: MakeHouse) -> None:
    house = make_house(ROBOT + 'digest_s = 0\ncooldown_s = 604800\nquiet = "22:00-07:00"\n')

    def trouble() -> None:
        house.seq += 1
        body = event(names.TROUBLE, kind=names.BATTERY, place="b3")
        house.store([NewEntry(Type.EVENT, body, "lobby", 1, house.seq)])

    async def play() -> None:
        house.clock.wall = 1_794_974_400_000 + 10 * 3_600_000 + 1_800_000  # 22:30 in Shanghai
        with house.running():
            trouble()
            await house.step(600_000)
            trouble()
            await house.step()
            await house.steps(9 * 3600, 600_000)
            assert len(house.services["robot"].taken) == 1
            # In a week it is night again, so the second waits for another morning.
            await house.steps(7 * 86_400, 600_000)
            assert len(house.services["robot"].taken) == 2

    run(play())
