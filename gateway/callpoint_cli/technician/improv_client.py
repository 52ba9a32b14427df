"""The client of a device that offers Improv on a serial line."""

import errno
import time
from collections.abc import Callable, Iterator
from typing import NoReturn

import msgspec
import serial
from serial.tools import list_ports

from callpoint_cli.errors import BAD, MISSING, fail
from callpoint_cli.technician.improv_packets import (
    ERRORS,
    Command,
    Kind,
    Packet,
    Reader,
    State,
    command,
    result,
    texts,
)
from callpoint_gateway.words.said import Said, of, said, said_by

BAUD = 115_200
ANSWER_S = 10.0  # enough for a board that restarts when its port is opened
JOIN_S = 45.0  # the device gives up after 30 s
AGAIN_S = 1.0  # a board that restarts loses the first packet
_SILENCE_S = 0.1  # after this silence the rest of a packet no longer comes


class Network(msgspec.Struct, frozen=True):
    """One network that the device sees; ``strength`` in dBm, None if it was no number."""

    ssid: str
    strength: int | None
    secured: bool


class Information(msgspec.Struct, frozen=True):
    """Firmware, chip and name of a device, and whether it is online."""

    firmware: str
    version: str
    chip: str
    name: str
    online: bool


def _explained(port: str, error: serial.SerialException) -> Said:
    if error.errno in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        there = ", ".join(sorted(port_info.device for port_info in list_ports.comports()))
        return said("improv.no_port", there=there or "-")
    if error.errno == errno.EACCES:
        return said("improv.not_allowed", port=port)
    if error.errno in (errno.EBUSY, errno.EAGAIN):
        return said("improv.busy")
    return said("improv.no_serial")


class Client:
    """One open port. Each method ends the command if the device does not answer as it must."""

    def __init__(self, port: str, baud: int = BAUD) -> None:
        """Open the port with DTR and RTS inactive: active, they restart many boards."""
        self._name = port
        self._reader = Reader()
        self._held: list[Packet] = []
        try:
            self._port = serial.Serial(
                None, baud, timeout=_SILENCE_S, write_timeout=ANSWER_S, exclusive=True
            )
            self._port.dtr = False
            self._port.rts = False
            self._port.port = port
            self._port.open()
        except serial.SerialException as error:
            self._fail(_explained(port, error), MISSING)

    def _fail(self, why: Said, exit_code: int) -> NoReturn:
        fail(of(self._name, why), exit_code)

    def close(self) -> None:
        """Close the port."""
        self._port.close()

    def _write(self, packet: bytes) -> None:
        try:
            self._port.write(packet)
        except serial.SerialException as error:
            why = said_by(error) if error.strerror else said("improv.takes_nothing")
            self._fail(why, MISSING)

    def _packets(self, within_s: float, again: bytes = b"") -> Iterator[Packet]:
        """Yield packets until the time is over; send ``again`` each second until one arrives."""
        end = time.monotonic() + within_s
        due = time.monotonic()
        while time.monotonic() < end:
            if again and time.monotonic() >= due:
                self._write(again)
                due += AGAIN_S
            try:
                received = self._port.read(max(1, self._port.in_waiting))
            except (serial.SerialException, OSError):
                self._fail(said("improv.gone"), MISSING)
            self._held += self._reader.feed(received) if received else self._reader.give_up()
            while self._held:
                again = b""
                yield self._held.pop(0)

    def _results(
        self, number: Command, within_s: float, again: bytes = b""
    ) -> Iterator[list[str]]:
        """Yield the results of a command until the time is over; an error ends the command."""
        for packet in self._packets(within_s, again):
            if packet.kind == Kind.ERROR and packet.data != b"\0":
                code = packet.data[0] if packet.data else 255
                self._fail(ERRORS.get(code) or said("improv.error", code=code), BAD)
            if packet.kind == Kind.RESULT:
                try:
                    found, answer = result(packet.data)
                except ValueError as error:
                    self._fail(said_by(error), BAD)
                if found == number:
                    yield answer

    def state(self) -> State:
        """Ask for the state each second, because the device may be restarting, and return it."""
        for packet in self._packets(ANSWER_S, command(Command.STATE)):
            if packet.kind == Kind.STATE and len(packet.data) == 1:
                try:
                    return State(packet.data[0])
                except ValueError:
                    self._fail(said("improv.state", state=packet.data[0]), BAD)
        self._fail(said("improv.not_offered"), MISSING)

    def information(self) -> Information:
        """Return what the device says about itself."""
        online = self.state() is State.PROVISIONED
        for answer in self._results(Command.DEVICE, ANSWER_S, command(Command.DEVICE)):
            if len(answer) < 4:
                self._fail(said("improv.no_name"), BAD)
            firmware, version, chip, name = answer[:4]
            return Information(firmware, version, chip, name, online)
        self._fail(said("improv.no_name"), BAD)

    def scan(self) -> list[Network]:
        """Return the networks that the device sees, each once, the strongest first."""
        self.state()
        found: dict[str, Network] = {}
        for answer in self._results(Command.SCAN, ANSWER_S * 2, command(Command.SCAN)):
            if not answer:
                return sorted(found.values(), key=lambda network: -(network.strength or -200))
            if len(answer) >= 3:
                try:
                    strength = int(answer[1])
                except ValueError:
                    strength = None
                network = Network(answer[0], strength, answer[2] == "YES")
                found.setdefault(network.ssid, network)
        self._fail(said("improv.no_end"), BAD)

    def join(self, ssid: bytes, password: bytes, tell: Callable[[Said], None]) -> list[str]:
        """Have the device join a network; return the URLs that it gives."""
        self.state()
        self._write(command(Command.SETTINGS, texts(ssid, password)))
        tell(said("improv.trying", port=self._name))
        for urls in self._results(Command.SETTINGS, JOIN_S):
            return [url for url in urls if url]
        self._fail(said("improv.no_answer", seconds=JOIN_S), BAD)
