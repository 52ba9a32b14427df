"""Orders to devices: sent when the device is awake, until it says that it has obeyed.

An order is published at QoS 0, so that the broker keeps none for a device that is away and would
obey too late. A device that sleeps gets it when it next speaks. Each order ends at its time, or
when whoever gave it takes it back; it is kept in memory only, so it ends with the gateway as well.
A device names the number of the last order that it has obeyed in its telemetry, and does an order
that it gets twice only once.
"""

import secrets
import threading
from collections.abc import Callable
from typing import Final

import msgspec

from callpoint_gateway.configuration.register import Register
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.socket import Control
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.ingest.questions import (
    GiveOrder,
    LookAtOrder,
    OrderState,
    Stage,
    TakeOrderBack,
)
from callpoint_protocol import messages, names, topics

_MOST: Final = 100
# A device that has just got an order is not sent it again.
_AGAIN_MS: Final = 1_000


class _Order(msgspec.Struct):
    number: int
    device: str
    body: bytes
    ends_ms: int
    sent_ms: int | None = None
    obeyed: bool = False


class Orders:
    """The orders that have not ended. Any thread may say what a device does."""

    def __init__(
        self,
        site: str,
        register: Register,
        clock: Clock,
        publish: Callable[[str, bytes], bool],
    ) -> None:
        """``publish(topic, body)`` sends to a device that listens now, and keeps nothing."""
        self._site = site
        self._register = register
        self._clock = clock
        self._publish = publish
        self._lock = threading.Lock()
        self._away: set[str] = set()
        self._orders: dict[int, _Order] = {}

    def register_questions(self, control: Control) -> None:
        """Answer what the command line asks about orders."""
        control.register(GiveOrder, self.give)
        control.register(LookAtOrder, lambda asked: self.look(asked.number))
        control.register(TakeOrderBack, lambda asked: self.take_back(asked.number))

    def give(self, request: GiveOrder) -> OrderState:
        """Send an order, or keep it until its device speaks. QuestionRefused: it is no order."""
        if self._register.device(request.device) is None:
            raise QuestionRefused(f"device {request.device} is not in the register")
        if request.command not in names.COMMANDS:
            raise QuestionRefused(f"no order {request.command}; is the gateway an older version?")
        with self._lock:
            self._forget_ended()
            if len(self._orders) >= _MOST:
                raise QuestionRefused(f"{_MOST} orders wait already; let some of them end")
            number = secrets.randbelow(names.MAX_SEQ) + 1
            order = _Order(
                number,
                request.device,
                messages.encode_command(number, request.command, request.seconds),
                self._clock.monotonic_ms() + int(request.wait_s * 1000),
            )
            self._orders[number] = order
            if request.device not in self._away:
                self._send(order)
            return self._state(number)

    def look(self, number: int) -> OrderState:
        """Return how far an order is."""
        with self._lock:
            self._forget_ended()
            return self._state(number)

    def take_back(self, number: int) -> OrderState:
        """Send an order no more; return how far it was."""
        with self._lock:
            state = self._state(number)
            self._orders.pop(number, None)
            return state

    def spoke(self, device: str) -> None:
        """A device has sent something, so it listens now."""
        # Every message comes by here, and hardly ever is there anything to do.
        if not self._orders and device not in self._away:
            return
        with self._lock:
            self._away.discard(device)
            self._forget_ended()
            now = self._clock.monotonic_ms()
            for order in self._orders.values():
                fresh = order.sent_ms is not None and now - order.sent_ms < _AGAIN_MS
                if order.device == device and not order.obeyed and not fresh:
                    self._send(order)

    def gone(self, device: str) -> None:
        """A device says that it sleeps, or the broker that it is lost."""
        with self._lock:
            self._away.add(device)

    def obeyed(self, device: str, number: int) -> None:
        """A device names the last order that it has obeyed."""
        with self._lock:
            order = self._orders.get(number)
            if order is not None and order.device == device:
                order.obeyed = True

    def _send(self, order: _Order) -> None:
        if self._publish(topics.topic(self._site, order.device, names.CMD), order.body):
            order.sent_ms = self._clock.monotonic_ms()

    def _state(self, number: int) -> OrderState:
        order = self._orders.get(number)
        if order is None:
            return OrderState(number=number, stage=Stage.ENDED)
        if order.obeyed:
            return OrderState(number=number, stage=Stage.OBEYED)
        sent = order.sent_ms is not None and order.device not in self._away
        return OrderState(number=number, stage=Stage.SENT if sent else Stage.ASLEEP)

    def _forget_ended(self) -> None:
        now = self._clock.monotonic_ms()
        for number in [number for number, order in self._orders.items() if now >= order.ends_ms]:
            del self._orders[number]
