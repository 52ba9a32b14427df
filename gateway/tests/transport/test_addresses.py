"""Names with several addresses: one that is silent or refuses does not stand in the way."""

import asyncio
import socket

import pytest

from callpoint_gateway.transport import addresses
from callpoint_gateway.transport.receiver_link import open_tcp
from callpoint_rig.rig import free_port

from .silent_port import TwoAddresses, silent_port


def test_a_silent_first_address_is_overtaken(monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_port() as silent, socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr("socket.getaddrinfo", TwoAddresses(silent, port))
        with addresses.connect("two.example", 1, 5.0) as connection:
            assert connection.getpeername()[1] == port
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_one_that_refuses_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr("socket.getaddrinfo", TwoAddresses(free_port(), port))
        with addresses.connect("two.example", 1, 5.0) as connection:
            assert connection.getpeername()[1] == port


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_port() as silent:
        monkeypatch.setattr("socket.getaddrinfo", TwoAddresses(free_port(), silent))
        with pytest.raises(TimeoutError):
            addresses.connect("two.example", 1, 0.5)
    monkeypatch.setattr("socket.getaddrinfo", TwoAddresses(free_port(), free_port()))
    with pytest.raises(ConnectionRefusedError):
        addresses.connect("two.example", 1, 5.0)


def test_a_receiver_behind_a_silent_first_address_is_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def reach(port: int, silent: int) -> None:
        monkeypatch.setattr("socket.getaddrinfo", TwoAddresses(silent, port))
        async with asyncio.timeout(10):
            link = await open_tcp("two.example", 1)
        link.close()

    with silent_port() as silent, socket.create_server(("127.0.0.1", 0)) as server:
        asyncio.run(reach(server.getsockname()[1], silent))
