"""Who asks is what the kernel says, and a question is judged by the roles of that user."""

import asyncio
import os
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from callpoint_gateway.control.access import ACTORS, READERS, Access
from callpoint_gateway.control.asker import Asker, By
from callpoint_gateway.control.client import ask, ask_async
from callpoint_gateway.control.line import SOCKET, Envelope, address_of
from callpoint_gateway.control.peer import Peer
from callpoint_gateway.control.question import Question, QuestionRefused
from callpoint_gateway.control.roles import DESK, EVERYBODY, MACHINE, Role
from callpoint_gateway.control.socket import MOST, Control

from ..other_user import User, open_folder, say, user


class Said(msgspec.Struct, frozen=True):
    who: str
    role: Role
    origin: str


class Look(Question[Said], frozen=True, tag="look"):
    may = EVERYBODY


class Act(Question[Said], frozen=True, tag="act"):
    may = DESK


class Mend(Question[Said], frozen=True, tag="mend"):
    may = MACHINE


BY = By("desk-2", Role.OPERATOR, "console")
NOBODY: dict[str, list[Role]] = {}


@asynccontextmanager
async def gateway(folder: Path, access: Access) -> AsyncIterator[None]:
    """Answer three questions with who asked them."""
    control = Control(folder, access)

    def answer(_: Question[Said], asker: Asker) -> Said:
        return Said(asker.who, asker.role, asker.origin)

    for question in (Look, Act, Mend):
        control.register(question, answer)
    await control.start()
    try:
        yield
    finally:
        await control.close()


def asked(
    who: User,
    access: Access,
    question: Question[Said],
    by: By | None = None,
    role: Role | None = None,
) -> Said | str:
    """Return who the gateway thinks asks when ``who`` does, or why it refuses."""
    raw = msgspec.Raw(msgspec.json.encode(question))
    line = msgspec.json.encode(Envelope(question=raw, role=role, by=by))

    async def play() -> Said | str:
        with open_folder() as folder:
            async with gateway(folder, access):
                reply = await asyncio.to_thread(say, who, folder, line)
        return msgspec.convert(reply["answer"], Said) if "answer" in reply else reply["refused"]

    return asyncio.run(play())


def having(who: User, *roles: Role) -> Access:
    return Access(users={str(who.uid): list(roles)})


def test_a_user_does_what_its_roles_may_and_nothing_else() -> None:
    anna = user(1)
    viewer = having(anna, Role.VIEWER)
    origin = f"cli:{anna.uid}"
    assert asked(anna, viewer, Look()) == Said("viewer", Role.VIEWER, origin)
    refused = asked(anna, viewer, Act())
    assert isinstance(refused, str)
    # Who it is, what is needed, what to write.
    for wanted in (f"user {anna.uid}", "operator, supervisor", '= ["operator"]', ACTORS):
        assert wanted in refused.replace(_name(anna), str(anna.uid))
    assert isinstance(asked(anna, viewer, Mend()), str)
    both = having(anna, Role.SUPERVISOR, Role.OPERATOR)
    assert asked(anna, both, Act()) == Said("operator", Role.OPERATOR, origin)
    assert isinstance(asked(anna, both, Mend()), str)


def _name(who: User) -> str:
    return Peer(who.uid, frozenset()).name


def test_nobody_without_a_role_may_even_look() -> None:
    anna = user(1)
    refused = asked(anna, having(anna), Look())
    assert isinstance(refused, str)
    assert READERS in refused


def test_a_group_of_the_process_gives_its_roles() -> None:
    anna = user(1, 61_000)
    group = anna.groups[-1] if anna.groups else anna.gid
    access = Access(users=having(anna).users, groups={str(group): [Role.OPERATOR]})
    assert asked(anna, access, Act()) == Said("operator", Role.OPERATOR, f"cli:{anna.uid}")
    elsewhere = Access(users=having(anna).users, groups={"61999": [Role.OPERATOR]})
    assert isinstance(asked(anna, elsewhere, Act()), str)


def test_as_narrows_what_a_user_has_and_never_widens_it() -> None:
    anna = user(1)
    both = having(anna, Role.SUPERVISOR, Role.VIEWER)
    assert asked(anna, both, Act(), role=Role.SUPERVISOR) == Said(
        "supervisor", Role.SUPERVISOR, f"cli:{anna.uid}"
    )
    refused = asked(anna, both, Act(), role=Role.VIEWER)
    assert isinstance(refused, str)
    assert "as viewer" in refused
    refused = asked(anna, both, Act(), role=Role.OPERATOR)
    assert isinstance(refused, str)
    assert "does not have the role operator, but: viewer, supervisor" in refused


def test_only_a_process_of_the_site_asks_for_an_account() -> None:
    console = user(2)
    listed = Access(users=having(console).users, processes=[str(console.uid)])
    assert asked(console, listed, Act(), by=BY) == Said("desk-2", Role.OPERATOR, "console")
    # The account's role decides, not what the process may do itself.
    viewer = By("hall", Role.VIEWER, "console")
    refused = asked(console, listed, Act(), by=viewer)
    assert isinstance(refused, str)
    assert "account hall, as viewer" in refused
    assert isinstance(asked(console, listed, Act()), str)
    others = Access(users={str(console.uid): list(Role)}, processes=["61999"])
    refused = asked(console, others, Act(), by=BY)
    assert isinstance(refused, str)
    assert 'processes = ["' in refused


@pytest.mark.parametrize(
    "by",
    [
        {"account": "Anna", "role": "operator", "origin": "console"},
        {"account": "a13800138000", "role": "operator", "origin": "console"},
        {"account": "王", "role": "operator", "origin": "console"},
        {"account": "anna", "role": "chief", "origin": "console"},
        {"account": "anna", "role": "operator", "origin": "the console"},
        {"account": "anna", "role": "operator"},
        {"account": "anna", "role": "operator", "origin": "console", "roles": ["admin"]},
    ],
)
def test_an_account_is_an_operators_id(by: dict[str, object]) -> None:
    console = user(2)
    line = msgspec.json.encode({"question": {"ask": "act"}, "by": by})

    async def play() -> None:
        with open_folder() as folder:
            async with gateway(folder, Access(processes=[str(console.uid)])):
                reply = await asyncio.to_thread(say, console, folder, line)
                assert "not a line of JSON that asks" in reply["refused"]

    asyncio.run(play())


def test_root_and_the_gateways_user_have_every_role_unless_named(tmp_path: Path) -> None:
    own = os.geteuid()

    async def play() -> None:
        async with gateway(tmp_path, Access(groups=NOBODY)):
            said = await ask_async(tmp_path, Mend())
            assert said == Said("admin", Role.ADMIN, f"cli:{own}")
            assert await asyncio.to_thread(ask, tmp_path, Act()) == Said(
                "operator", Role.OPERATOR, f"cli:{own}"
            )
            # The console of a small site runs as the gateway's user.
            assert await ask_async(tmp_path, Act(), BY) == Said("desk-2", Role.OPERATOR, "console")
        async with gateway(tmp_path, Access(users={str(own): [Role.VIEWER]}, groups=NOBODY)):
            with pytest.raises(QuestionRefused, match="that needs the role admin"):
                await ask_async(tmp_path, Mend())
            with pytest.raises(QuestionRefused, match="only the site's own processes"):
                await ask_async(tmp_path, Act(), BY)
        async with gateway(tmp_path, Access(processes=[str(own)])):
            assert await ask_async(tmp_path, Act(), BY) == Said("desk-2", Role.OPERATOR, "console")

    asyncio.run(play())


def test_the_socket_is_open_to_whoever_gets_into_the_folder(tmp_path: Path) -> None:
    async def play() -> None:
        before = os.umask(0o077)
        try:
            async with gateway(tmp_path, Access()):
                assert stat.S_IMODE((tmp_path / SOCKET).stat().st_mode) == 0o666
        finally:
            os.umask(before)

    asyncio.run(play())


def test_one_user_does_not_take_all_connections(tmp_path: Path) -> None:
    async def play() -> None:
        async with gateway(tmp_path, Access()):
            held = []
            with address_of(tmp_path) as address:
                for _ in range(MOST):
                    held.append(await asyncio.open_unix_connection(address))
                    held[-1][1].write(b"{}\n")
                    assert await held[-1][0].readline()
                reader, writer = await asyncio.open_unix_connection(address)
                assert "too many" in (await reader.readline()).decode()
                assert await reader.read() == b""
                held.pop()[1].close()
                await _until_it_answers(tmp_path)
            for _, open_ in [*held, (reader, writer)]:
                open_.close()

    asyncio.run(play())


async def _until_it_answers(folder: Path) -> None:
    while True:
        try:
            await ask_async(folder, Look())
            return
        except QuestionRefused:
            await asyncio.sleep(0.01)


def test_whoever_holds_a_connection_and_says_nothing_loses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callpoint_gateway.control.socket.IDLE_S", 0.05)

    async def play() -> None:
        async with gateway(tmp_path, Access()):
            with socket.socket(socket.AF_UNIX) as silent:
                with address_of(tmp_path) as address:
                    silent.connect(address)
                silent.setblocking(False)
                loop = asyncio.get_running_loop()
                assert await asyncio.wait_for(loop.sock_recv(silent, 1), 30) == b""

    asyncio.run(play())
