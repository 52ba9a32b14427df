"""Orders: sent when a device listens, again until it obeys, and never after their time."""

import os
from pathlib import Path

import msgspec
import pytest

from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.ingest.kept_orders import KeptOrders
from callpoint_gateway.ingest.orders import Orders
from callpoint_gateway.ingest.questions import ChangeWifi, GiveOrder, KeepOrder, OrderStage
from callpoint_gateway.words.said import NOTHING, Said, said
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


LAB = b"\3lab" + b"password1"


class Kept:
    """A gateway with a file of orders, started as often as a test wants."""

    def __init__(self, folder: Path, devices: int = 1, in_clear: Said = NOTHING) -> None:
        self.folder = folder
        self.clock = ManualClock()
        names_of = ["lobby", *(f"d-{number}" for number in range(devices - 1))]
        made = [Device(id=name, place="home") for name in names_of]
        self.register = Register([Place(id="home")], made)
        self.in_clear = in_clear
        self.start()

    def start(self) -> None:
        self.plain: list[bytes] = []
        self.private: list[bytes] = []
        self.orders = Orders(
            "estate",
            self.register,
            self.clock,
            lambda topic, body: not self.plain.append(body),  # type: ignore[func-returns-value]
            lambda topic, body: not self.private.append(body),  # type: ignore[func-returns-value]
            KeptOrders(self.folder),
            self.in_clear,
        )

    def change(self, *, begin_s: float = 0, wait_s: float = 100) -> int:
        asked = ChangeWifi(network=LAB, devices=[], try_s=0, wait_s=wait_s, begin_s=begin_s)
        return self.orders.change_wifi(asked).numbers["lobby"]


def test_a_network_goes_to_the_broker_alone(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.change()
    assert not kept.plain
    assert messages.network_in(kept.private[0]) == LAB


def test_a_network_is_never_sent_in_clear(tmp_path: Path) -> None:
    kept = Kept(tmp_path, in_clear=said("order.in_clear"))
    with pytest.raises(QuestionRefused, match="a password would go in clear"):
        kept.change()
    assert not list(tmp_path.iterdir())


def test_a_later_network_takes_the_place_of_the_earlier(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    first, second = kept.change(), kept.change()
    assert [order.number for order in kept.orders.waiting().orders] == [second] != [first]


def test_an_order_waits_for_its_time_and_ends_after_it(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.change(begin_s=60, wait_s=100)
    kept.orders.spoke("lobby")
    assert not kept.private
    kept.clock.advance(60_000)
    kept.start()
    kept.orders.spoke("lobby")
    assert len(kept.private) == 1
    kept.clock.advance(100_000)
    kept.orders.spoke("lobby")
    assert not kept.orders.waiting().orders


def test_a_clock_that_lost_the_time_lets_no_order_wait_longer(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.change(wait_s=100)
    kept.clock.reboot(kept.clock.wall - 86_400_000)
    kept.start()
    kept.clock.advance(101_000)
    assert not kept.orders.waiting().orders


def test_what_is_no_order_or_no_network_is_refused(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    asked = KeepOrder(device="lobby", command=names.REPORT, wait_s=100)
    kept.orders.keep(asked)
    with pytest.raises(QuestionRefused, match="no order"):
        kept.orders.keep(KeepOrder(device="lobby", command=names.WIFI, wait_s=100))
    with pytest.raises(QuestionRefused):
        kept.orders.change_wifi(
            ChangeWifi(network=b"\3lab" + b"short", devices=[], try_s=0, wait_s=100)
        )


def test_a_full_disk_keeps_no_order_by_halves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(tmp_path)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(QuestionRefused, match="cannot be kept: No space left"):
            kept.change()
    assert not kept.orders.waiting().orders
    kept.start()
    assert not kept.orders.waiting().orders


def test_what_a_device_says_of_its_network_is_shown(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    number = kept.change()
    kept.orders.obeyed("lobby", number, names.WIFI_WAITS)
    kept.orders.obeyed("lobby", number + 1, names.WIFI_USED)
    (shown,) = kept.orders.waiting().orders
    assert (shown.stage, shown.outcome) == (OrderStage.OBEYED, names.WIFI_USED)
