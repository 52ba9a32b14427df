"""Sends orders of a technician to devices, each until the device reports that it has obeyed.

An order is published at QoS 0, so that the broker keeps none for a device that is away and would
obey too late. A sleeping device gets its order when it next sends a message. An order ends at its
time, or when the person takes it back. It is kept in memory only, so it ends with the gateway as
well. In its telemetry a device names the number of the last order that it has obeyed; it carries
out an order once, even if it receives it twice.
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
    OrderStage,
    OrderState,
    TakeOrderBack,
)
from callpoint_gateway.words.said import said
from callpoint_gateway.words.unknown import near
from callpoint_protocol import messages, names, topics

_MOST: Final = 100
# An order is not sent again within this time.
_AGAIN_MS: Final = 1_000


class _Order(msgspec.Struct):
    number: int
    device: str
    body: bytes
    ends_ms: int
    sent_ms: int | None = None
    obeyed: bool = False


class Orders:
    """The orders that have not ended. ``spoke``, ``gone`` and ``obeyed``: from any thread."""

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
        """Answer the command line's questions about orders."""
        control.register(GiveOrder, lambda asked, _: self.give(asked))
        control.register(LookAtOrder, lambda asked, _: self.look(asked.number))
        control.register(TakeOrderBack, lambda asked, _: self.take_back(asked.number))

    def give(self, request: GiveOrder) -> OrderState:
        """Send an order, or keep it until its device sends a message.

        QuestionRefused: the device or the command is not known, or too many orders wait.
        """
        if self._register.device(request.device) is None:
            raise QuestionRefused(
                said(
                    "unknown.device",
                    name=request.device,
                    near=near(request.device, self._register.device_ids()),
                )
            )
        if request.command not in names.COMMANDS:
            raise QuestionRefused(said("order.no_order", order=request.command))
        with self._lock:
            self._forget_ended()
            if len(self._orders) >= _MOST:
                raise QuestionRefused(said("order.too_many", most=_MOST))
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
        """Return the state of an order."""
        with self._lock:
            self._forget_ended()
            return self._state(number)

    def take_back(self, number: int) -> OrderState:
        """Stop sending an order; return its last state."""
        with self._lock:
            state = self._state(number)
            self._orders.pop(number, None)
            return state

    def spoke(self, device: str) -> None:
        """Send a device its orders: it has just sent a message, so it listens now."""
        # This runs for every message, and there are hardly ever orders.
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
        """Note that a device sleeps, or that the broker has lost it."""
        with self._lock:
            self._away.add(device)

    def obeyed(self, device: str, number: int) -> None:
        """Note the last order that a device has obeyed."""
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
            return OrderState(number=number, stage=OrderStage.ENDED)
        if order.obeyed:
            return OrderState(number=number, stage=OrderStage.OBEYED)
        sent = order.sent_ms is not None and order.device not in self._away
        return OrderState(number=number, stage=OrderStage.SENT if sent else OrderStage.ASLEEP)

    def _forget_ended(self) -> None:
        now = self._clock.monotonic_ms()
        for number in [number for number, order in self._orders.items() if now >= order.ends_ms]:
            del self._orders[number]
