"""Orders: sent when a device listens, again until it obeys, and never after their time."""

import msgspec
import pytest

from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.ingest.orders import Orders
from callpoint_gateway.ingest.questions import GiveOrder, OrderStage
from callpoint_protocol import messages, names, topics

from ..conftest import ManualClock

REGISTER = Register([Place(id="home")], [Device(id="lobby", place="home")])


class House:
    """Orders, and what they publish."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.sent: list[tuple[int, int, int]] = []
        self.reachable = True
        self.orders = Orders("estate", REGISTER, self.clock, self._publish)

    def _publish(self, topic: str, body: bytes) -> bool:
        assert topic == topics.topic("estate", "lobby", names.CMD)
        if self.reachable:
            self.sent.append(messages.decode_command(body))
        return self.reachable

    def give(self, wait_s: float = 60.0) -> int:
        request = GiveOrder(device="lobby", command=names.WALK_TEST, seconds=1800, wait_s=wait_s)
        return self.orders.give(request).number

    def stage(self, number: int) -> OrderStage:
        return self.orders.look(number).stage


@pytest.fixture
def house() -> House:
    return House()


def test_a_device_that_is_awake_gets_it_at_once(house: House) -> None:
    number = house.give()
    assert house.sent == [(number, names.WALK_TEST, 1800)]
    assert house.stage(number) is OrderStage.SENT
    house.orders.obeyed("lobby", number + 1)
    house.orders.obeyed("hall", number)
    assert house.stage(number) is OrderStage.SENT
    house.orders.obeyed("lobby", number)
    assert house.stage(number) is OrderStage.OBEYED
    house.clock.advance(5_000)
    house.orders.spoke("lobby")
    assert len(house.sent) == 1


def test_a_device_that_sleeps_gets_it_each_time_it_speaks(house: House) -> None:
    house.orders.gone("lobby")
    number = house.give()
    assert house.stage(number) is OrderStage.ASLEEP
    assert house.sent == []
    house.orders.spoke("lobby")
    house.orders.spoke("lobby")
    assert len(house.sent) == 1
    assert house.stage(number) is OrderStage.SENT
    house.orders.gone("lobby")
    assert house.stage(number) is OrderStage.ASLEEP
    house.clock.advance(30_000)
    house.orders.spoke("lobby")
    assert [sent[0] for sent in house.sent] == [number, number]


def test_what_could_not_be_sent_is_sent_when_the_device_speaks(house: House) -> None:
    house.reachable = False
    number = house.give()
    assert house.stage(number) is OrderStage.ASLEEP
    house.reachable = True
    house.orders.spoke("lobby")
    assert house.stage(number) is OrderStage.SENT


def test_an_order_ends_at_its_time_or_when_it_is_taken_back(house: House) -> None:
    house.orders.gone("lobby")
    late, taken_back = house.give(wait_s=10), house.give()
    assert house.orders.take_back(taken_back).stage is OrderStage.ASLEEP
    house.clock.advance(10_000)
    house.orders.spoke("lobby")
    assert house.sent == []
    assert house.stage(late) is house.stage(taken_back) is OrderStage.ENDED


def test_orders_are_bounded_and_are_for_devices_of_the_register(house: House) -> None:
    house.orders.gone("lobby")
    for _ in range(100):
        house.give()
    with pytest.raises(QuestionRefused, match="100 orders wait"):
        house.give()
    house.clock.advance(60_000)
    house.give()
    with pytest.raises(QuestionRefused, match="no device 'x' is in the register; near it: lobby"):
        house.orders.give(GiveOrder(device="x", command=names.SIREN, wait_s=1))
    with pytest.raises(QuestionRefused, match="no order 99"):
        house.orders.give(GiveOrder(device="lobby", command=99, wait_s=1))


@pytest.mark.parametrize(
    "asked",
    [
        {"device": "lobby", "command": names.SIREN},
        {"device": "lobby", "command": names.SIREN, "wait_s": 1e9},
        {"device": "lobby", "command": "siren", "wait_s": 1},
        {"device": "lobby", "command": names.SIREN, "wait_s": 1, "seconds": 20_000},
        {"device": "lobby", "command": names.SIREN, "wait_s": 1, "more": 1},
    ],
)
def test_a_question_that_is_none_is_refused(asked: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"ask": "order", **asked}, GiveOrder)
