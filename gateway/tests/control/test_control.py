"""The command line asks a running gateway: answers and refusals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from callpoint_gateway.control.asker import Asker
from callpoint_gateway.control.client import Unanswered, ask
from callpoint_gateway.control.line import MAX_LINE, SOCKET
from callpoint_gateway.control.question import Question, QuestionRefused
from callpoint_gateway.control.roles import EVERYBODY
from callpoint_gateway.control.socket import Control
from callpoint_gateway.words.said import verbatim


class Text(msgspec.Struct, frozen=True):
    text: str


class Number(msgspec.Struct, frozen=True):
    number: int


class Echo(Question[Text], frozen=True, tag="echo"):
    may = EVERYBODY
    text: str = ""


class Later(Question[Number], frozen=True, tag="later"):
    may = EVERYBODY
    number: int


class Never(Question[Text], frozen=True, tag="never"):
    may = EVERYBODY


class Fails(Question[Text], frozen=True, tag="fails"):
    may = EVERYBODY


class Other(Question[Text], frozen=True, tag="other"):
    may = EVERYBODY


class NewerLater(Question[Number], frozen=True, tag="later"):
    may = EVERYBODY
    number: int
    unit: str = "s"


class LaterInWords(Question[Text], frozen=True, tag="later"):
    may = EVERYBODY
    number: int | str


@asynccontextmanager
async def _control(folder: Path) -> AsyncIterator[Control]:
    control = Control(folder)

    async def later(question: Later, _: Asker) -> Number:
        await asyncio.sleep(0)
        return Number(question.number + 1)

    def never(question: Never, _: Asker) -> Text:
        raise QuestionRefused(verbatim("not today; ask tomorrow"))

    def fails(question: Fails, _: Asker) -> Text:
        raise KeyError("a mistake")

    control.register(Echo, lambda question, _: Text(question.text))
    control.register(Later, later)
    control.register(Never, never)
    control.register(Fails, fails)
    await control.start()
    try:
        yield control
    finally:
        await control.close()


def test_it_answers_now_later_and_not_at_all(tmp_path: Path) -> None:
    async def play() -> None:
        async with _control(tmp_path):
            text = 'Wartung "Süd" 维护'
            assert await asyncio.to_thread(ask, tmp_path, Echo(text=text)) == Text(text)
            assert await asyncio.to_thread(ask, tmp_path, Later(number=1)) == Number(2)
            with pytest.raises(QuestionRefused, match="not today; ask tomorrow"):
                await asyncio.to_thread(ask, tmp_path, Never())
            with pytest.raises(QuestionRefused, match="knows no 'other'; is it an older version"):
                await asyncio.to_thread(ask, tmp_path, Other())

    asyncio.run(play())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            b'{"question":{"ask":"later","number":"one"}}',
            "later: number: Expected `int`, got `str`",
        ),
        (b'{"question":{"ask":"later"}}', "later: Object missing required field `number`"),
        (
            b'{"question":{"ask":"echo","text":"a","who":"b"}}',
            "unknown field `who`; is the gateway an older",
        ),
        (b'{"question":{"ask":7}}', "not a line of JSON that asks"),
        (b'{"ask":"echo"}', "not a line of JSON that asks"),
        (b'{"number":1}', "not a line of JSON that asks"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field(
    tmp_path: Path, line: bytes, said: str
) -> None:
    async def play() -> None:
        async with _control(tmp_path):
            reader, writer = await asyncio.open_unix_connection(tmp_path / SOCKET)
            writer.write(line + b"\n")
            assert said in msgspec.json.decode(await reader.readline())["refused"]
            # One line each way, and the next question on the same connection.
            writer.write(b'{"question":{"ask":"later","number":1}}\n')
            assert await reader.readline() == b'{"answer":{"number":2}}\n'
            writer.close()

    asyncio.run(play())


def test_another_version_is_noticed_on_either_side(tmp_path: Path) -> None:
    async def play() -> None:
        async with _control(tmp_path):
            with pytest.raises(QuestionRefused, match=r"unknown field `unit`.*older version"):
                await asyncio.to_thread(ask, tmp_path, NewerLater(number=1))
            with pytest.raises(
                Unanswered, match=r"another version.*missing required field `text`"
            ):
                await asyncio.to_thread(ask, tmp_path, LaterInWords(number=1))

    asyncio.run(play())


def test_a_mistake_in_a_command_is_no_end_of_the_gateway(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def play() -> None:
        async with _control(tmp_path):
            with pytest.raises(QuestionRefused, match="its log says why"):
                await asyncio.to_thread(ask, tmp_path, Fails())
            # Neither is rubbish, nor a line without an end.
            for rubbish in (b"{\n", b"[1]\n", b"\xff\n", b"x" * (MAX_LINE + 10)):
                reader, writer = await asyncio.open_unix_connection(tmp_path / SOCKET)
                writer.write(rubbish)
                writer.write_eof()
                said = await reader.read()
                assert said == b"" or b"not a line of JSON" in said
                writer.close()
            assert await asyncio.to_thread(ask, tmp_path, Later(number=3)) == Number(4)

    asyncio.run(play())
    (record,) = [
        record for record in caplog.records if "the command fails failed" in record.getMessage()
    ]
    assert record.exc_info is not None


def test_what_an_earlier_gateway_left_is_no_hindrance(tmp_path: Path) -> None:
    # As deep as a state directory may be: a socket's own path is limited to 107 bytes.
    folder = tmp_path / ("a" * 100) / ("b" * 100)
    folder.mkdir(parents=True)

    async def play() -> None:
        control = Control(folder)
        await control.start()
        async with _control(folder):  # the first one's socket is still there, as after a kill
            assert await asyncio.to_thread(ask, folder, Later(number=1)) == Number(2)
        await control.close()

    asyncio.run(play())


def test_without_a_gateway_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unanswered, match="start it: callpoint run"):
        ask(tmp_path, Echo())
    with pytest.raises(Unanswered, match="start it: callpoint run"):
        ask(tmp_path / "nowhere", Echo())
