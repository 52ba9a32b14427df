"""Names with several addresses: one that is silent or refuses does not stand in the way."""

import asyncio
import socket
from typing import Any

import pytest

from callpoint_gateway.transport import addresses
from callpoint_gateway.transport.receiver_link import open_tcp
from callpoint_rig.ports import free_port

from .silent_port import TwoAddresses, silent_port


def test_a_silent_first_address_is_overtaken(monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_port() as silent, socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr("socket.getaddrinfo", TwoAddresses(silent, port))
        with addresses.connect("two.example", 1, 60.0) as connection:
            assert connection.getpeername()[1] == port
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_one_that_refuses_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr("socket.getaddrinfo", TwoAddresses(free_port(), port))
        with addresses.connect("two.example", 1, 60.0) as connection:
            assert connection.getpeername()[1] == port


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_port() as silent:
        monkeypatch.setattr("socket.getaddrinfo", TwoAddresses(free_port(), silent))
        with pytest.raises(TimeoutError):
            addresses.connect("two.example", 1, 0.5)
    monkeypatch.setattr("socket.getaddrinfo", TwoAddresses(free_port(), free_port()))
    with pytest.raises(ConnectionRefusedError):
        addresses.connect("two.example", 1, 60.0)


def test_a_receiver_behind_a_silent_first_address_is_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def reach(port: int, silent: int) -> None:
        monkeypatch.setattr("socket.getaddrinfo", TwoAddresses(silent, port))
        async with asyncio.timeout(60):
            link = await open_tcp("two.example", 1)
        link.close()

    with silent_port() as silent, socket.create_server(("127.0.0.1", 0)) as server:
        asyncio.run(reach(server.getsockname()[1], silent))


def test_families_take_turns_so_that_a_dead_one_costs_one_try(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """RFC 8305, 4: with eight silent addresses before it, the other family is tried second."""
    with silent_port() as silent, socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        dead = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", silent))
        # Stands for the other family, so that this needs no IPv6 here.
        other = (socket.AF_UNSPEC, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))
        monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [dead] * 8 + [other])
        begun: list[int] = []

        class Watched(socket.socket):
            def __init__(self, family: int, kind: int, protocol: int) -> None:
                super().__init__(family or socket.AF_INET, kind, protocol)

            def connect_ex(self, address: Any) -> int:
                begun.append(address[1])
                return super().connect_ex(address)

        monkeypatch.setattr("callpoint_gateway.transport.addresses.socket.socket", Watched)
        addresses.connect("many.example", 1, 30.0).close()
        assert begun == [silent, port]
