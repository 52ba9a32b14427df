"""Sends orders of a technician to devices, each until the device reports that it has obeyed.

An order is published at QoS 0, so that the broker keeps none for a device that is away and would
obey too late. A sleeping device gets its order when it next sends a message. An order ends at its
time, or when the person takes it back. Most are kept in memory only, so they end with the gateway
as well; those that a person leaves to wait are in a file (``kept_orders``). In its telemetry a
device names the number of the last order that it has obeyed; it carries out an order once, even
if it receives it twice.

The order about another Wi-Fi network holds a password. It goes to the broker only, is written
without it once the device has obeyed, and is never shown.
"""

import asyncio
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec

from callpoint_gateway.configuration.register import Register
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.socket import Control
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.ingest.kept_orders import KeptOrder, KeptOrders
from callpoint_gateway.ingest.questions import (
    ChangeWifi,
    GivenOrders,
    GiveOrder,
    KeepOrder,
    ListOrders,
    LookAtOrder,
    OrderStage,
    OrderState,
    TakeOrderBack,
    WaitingOrder,
    WaitingOrders,
)
from callpoint_gateway.words.said import NOTHING, Said, said, said_by
from callpoint_gateway.words.unknown import near
from callpoint_protocol import messages, names, topics

_MOST: Final = 100
# Of those that are kept: one for each device of a large site.
_MOST_KEPT: Final = 10_000
# An order is not sent again within this time.
_AGAIN_MS: Final = 1_000
_SAVE_S: Final = 1.0

Publish = Callable[[str, bytes], bool]


class _Order(msgspec.Struct, kw_only=True):
    """Times without ``wall`` are the monotonic clock's. ``body`` is empty once it was obeyed."""

    number: int
    device: str
    command: int
    body: bytes
    begins_ms: int
    ends_ms: int
    given_wall_ms: int
    kept: bool = False
    sent_ms: int | None = None
    obeyed: bool = False
    outcome: int = 0

    @property
    def private(self) -> bool:
        """Whether it holds a secret."""
        return self.command == names.WIFI


class Orders:
    """The orders that have not ended. ``spoke``, ``gone`` and ``obeyed``: from any thread."""

    def __init__(
        self,
        site: str,
        register: Register,
        clock: Clock,
        publish: Publish,
        publish_private: Publish | None = None,
        kept: KeptOrders | None = None,
        in_clear: Said = NOTHING,
    ) -> None:
        """``publish(topic, body)`` sends to a device that listens now, and keeps nothing.

        ``publish_private`` does so to the broker alone. ``in_clear`` says why secrets cannot be
        sent that way. What ``kept`` holds goes on waiting.
        """
        self._site = site
        self._register = register
        self._clock = clock
        self._publish = publish
        self._publish_private = publish_private or publish
        self._in_clear = in_clear
        self._kept = kept
        self._lock = threading.Lock()
        self._saving = threading.Lock()
        self._unsaved = False
        self._away: set[str] = set()
        self._orders: dict[int, _Order] = {}
        for order in kept.read() if kept else ():
            self._orders[order.number] = self._from_file(order)

    def register_questions(self, control: Control) -> None:
        """Answer the command line's questions about orders."""
        control.register(GiveOrder, lambda asked, _: self.give(asked))
        control.register(KeepOrder, lambda asked, _: asyncio.to_thread(self.keep, asked))
        control.register(ChangeWifi, lambda asked, _: asyncio.to_thread(self.change_wifi, asked))
        control.register(ListOrders, lambda _, __: self.waiting())
        control.register(LookAtOrder, lambda asked, _: self.look(asked.number))
        control.register(TakeOrderBack, lambda asked, _: self.take_back(asked.number))

    async def run(self) -> None:
        """Keep the file as the orders are, for ever."""
        while True:
            await asyncio.sleep(_SAVE_S)
            if self._unsaved:
                with suppress(OSError):  # tried again in a moment
                    await asyncio.to_thread(self._save)

    def give(self, request: GiveOrder) -> OrderState:
        """Send an order, or hold it until its device sends a message.

        QuestionRefused: the device or the command is not known, or too many orders wait.
        """
        self._check(request.device, request.command)
        body_of = _plain(request.command, request.seconds)
        with self._lock:
            order = self._add(request.device, request.command, body_of, request.wait_s)
            return self._state(order.number)

    def keep(self, request: KeepOrder) -> OrderState:
        """Do as ``give``, and hold the order over a restart. QuestionRefused: as there."""
        self._check(request.device, request.command)
        body_of = _plain(request.command, request.seconds)
        with self._lock:
            order = self._add(request.device, request.command, body_of, request.wait_s, kept=True)
            state = self._state(order.number)
        self._save_or_refuse([order])
        return state

    def change_wifi(self, request: ChangeWifi) -> GivenOrders:
        """Tell devices of another network; an earlier one that waits for them is forgotten.

        QuestionRefused: a device is not known, the network is none, or it would go in clear.
        """
        if self._in_clear:
            raise QuestionRefused(self._in_clear)
        network = request.network.hex()
        try:
            messages.network_in(messages.encode_command(1, names.WIFI, 0, network))
        except ValueError:
            raise QuestionRefused(said("order.no_network")) from None
        devices = request.devices or self._register.device_ids()
        for device in devices:
            self._check_device(device)

        def body_of(number: int) -> bytes:
            return messages.encode_command(number, names.WIFI, request.try_s, network)

        with self._lock:
            for order in list(self._orders.values()):
                if order.private and order.device in devices:
                    del self._orders[order.number]
            given = [
                self._add(
                    device,
                    names.WIFI,
                    body_of,
                    request.wait_s,
                    begin_s=request.begin_s,
                    kept=True,
                )
                for device in dict.fromkeys(devices)
            ]
        self._save_or_refuse(given)
        return GivenOrders(numbers={order.device: order.number for order in given})

    def waiting(self) -> WaitingOrders:
        """Return all orders that have not ended, the oldest first."""
        with self._lock:
            self._forget_ended()
            return WaitingOrders(orders=[self._shown(order) for order in self._orders.values()])

    def look(self, number: int) -> OrderState:
        """Return the state of an order."""
        with self._lock:
            self._forget_ended()
            return self._state(number)

    def take_back(self, number: int) -> OrderState:
        """Stop sending an order; return its last state."""
        with self._lock:
            state = self._state(number)
            order = self._orders.pop(number, None)
            self._unsaved |= order is not None and order.kept
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

    def obeyed(self, device: str, number: int, outcome: int | None = None) -> None:
        """Note the last order that a device has obeyed.

        ``outcome``: what became of the network that it was told of last.
        """
        if not self._orders:
            return
        with self._lock:
            order = self._orders.get(number)
            if order is not None and order.device == device and not order.obeyed:
                order.obeyed = True
                order.body = b""
                self._unsaved |= order.kept
            for order in self._orders.values() if outcome else ():
                told = order.device == device and order.private and order.obeyed
                if told and outcome and order.outcome != outcome:
                    order.outcome = outcome
                    self._unsaved = True

    # With the lock held.

    def _add(
        self,
        device: str,
        command: int,
        body_of: Callable[[int], bytes],
        wait_s: float,
        *,
        begin_s: float = 0.0,
        kept: bool = False,
    ) -> _Order:
        self._forget_ended()
        others = sum(order.kept is kept for order in self._orders.values())
        most = _MOST_KEPT if kept else _MOST
        if others >= most:
            raise QuestionRefused(said("order.too_many", most=most))
        number = secrets.randbelow(names.MAX_SEQ) + 1
        now = self._clock.monotonic_ms()
        begins_ms = now + int(begin_s * 1000)
        order = _Order(
            number=number,
            device=device,
            command=command,
            body=body_of(number),
            begins_ms=begins_ms,
            ends_ms=begins_ms + int(wait_s * 1000),
            given_wall_ms=self._clock.wall_ms(),
            kept=kept,
        )
        self._orders[number] = order
        if device not in self._away:
            self._send(order)
        return order

    def _send(self, order: _Order) -> None:
        now = self._clock.monotonic_ms()
        publish = self._publish_private if order.private else self._publish
        if now < order.begins_ms or not order.body:
            return
        if publish(topics.topic(self._site, order.device, names.CMD), order.body):
            order.sent_ms = now

    def _stage(self, order: _Order) -> OrderStage:
        if order.obeyed:
            return OrderStage.OBEYED
        sent = order.sent_ms is not None and order.device not in self._away
        return OrderStage.SENT if sent else OrderStage.ASLEEP

    def _state(self, number: int) -> OrderState:
        order = self._orders.get(number)
        stage = OrderStage.ENDED if order is None else self._stage(order)
        return OrderState(number=number, stage=stage)

    def _shown(self, order: _Order) -> WaitingOrder:
        to_wall_ms = self._clock.wall_ms() - self._clock.monotonic_ms()
        return WaitingOrder(
            number=order.number,
            device=order.device,
            command=names.COMMANDS[order.command],
            stage=self._stage(order),
            given_ms=order.given_wall_ms,
            begins_ms=order.begins_ms + to_wall_ms,
            ends_ms=order.ends_ms + to_wall_ms,
            outcome=order.outcome,
        )

    def _forget_ended(self) -> None:
        now = self._clock.monotonic_ms()
        for number in [number for number, order in self._orders.items() if now >= order.ends_ms]:
            self._unsaved |= self._orders.pop(number).kept

    # The file.

    def _from_file(self, kept: KeptOrder) -> _Order:
        now, wall = self._clock.monotonic_ms(), self._clock.wall_ms()
        return _Order(
            number=kept.number,
            device=kept.device,
            command=kept.command,
            body=kept.body,
            # A clock that has lost the time must not make an order wait longer than was said.
            begins_ms=now + min(kept.begins_ms - wall, kept.begins_ms - kept.given_ms),
            ends_ms=now + min(kept.ends_ms - wall, kept.ends_ms - kept.given_ms),
            given_wall_ms=kept.given_ms,
            kept=True,
            obeyed=not kept.body,
            outcome=kept.outcome,
        )

    def _save(self) -> None:
        """Write the file. OSError: that is not possible now, and is tried again."""
        if self._kept is None:
            return
        with self._saving:
            with self._lock:
                self._unsaved = False
                to_wall_ms = self._clock.wall_ms() - self._clock.monotonic_ms()
                orders = [
                    KeptOrder(
                        number=order.number,
                        device=order.device,
                        command=order.command,
                        given_ms=order.given_wall_ms,
                        begins_ms=order.begins_ms + to_wall_ms,
                        ends_ms=order.ends_ms + to_wall_ms,
                        body=order.body,
                        outcome=order.outcome,
                    )
                    for order in self._orders.values()
                    if order.kept
                ]
            try:
                self._kept.write(orders)
            except OSError:
                self._unsaved = True
                raise

    def _save_or_refuse(self, given: list[_Order]) -> None:
        try:
            self._save()
        except OSError as error:
            with self._lock:
                for order in given:
                    self._orders.pop(order.number, None)
            raise QuestionRefused(said("order.not_kept", why=said_by(error))) from error

    # What is refused.

    def _check_device(self, device: str) -> None:
        if self._register.device(device) is None:
            known = near(device, self._register.device_ids())
            raise QuestionRefused(said("unknown.device", name=device, near=known))

    def _check(self, device: str, command: int) -> None:
        self._check_device(device)
        # Another network is told by a question of its own.
        if command not in names.COMMANDS or command == names.WIFI:
            raise QuestionRefused(said("order.no_order", order=command))


def _plain(command: int, seconds: int) -> Callable[[int], bytes]:
    return lambda number: messages.encode_command(number, command, seconds)
