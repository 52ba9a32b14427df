"""What nobody expected is in the log: with its traceback, on one record, without what it held."""

import ast
import asyncio
import gc
import json
import logging
import threading
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest

import callpoint_cli
import callpoint_district
import callpoint_gateway
from callpoint_gateway.host import unexpected
from callpoint_gateway.host.log_lines import Format, Lines
from callpoint_gateway.host.unexpected import Traces, end_all, first_of, log_uncaught

SECRET = "4711"
NUMBER = 138001380001


def disarm(code: str) -> int:
    try:
        return {"guard": 1}[code]
    except KeyError as error:
        raise ValueError(f"no code {code!r}, at {NUMBER}\nin two lines") from error


def failed(function: Callable[[], object]) -> Exception:
    try:
        function()
    except Exception as error:
        return error
    raise AssertionError("it did not fail")


class Log:
    """What the root logger writes while it is open."""

    def __init__(self, style: Format = "logfmt") -> None:
        self._stream = StringIO()
        self._handler = logging.StreamHandler(self._stream)
        self._handler.setFormatter(Lines(style))

    def __enter__(self) -> "Log":
        logging.getLogger().addHandler(self._handler)
        return self

    def __exit__(self, *exception: object) -> None:
        logging.getLogger().removeHandler(self._handler)

    @property
    def lines(self) -> list[str]:
        return self._stream.getvalue().splitlines()


@pytest.fixture
def hook() -> Iterator[None]:
    before = threading.excepthook
    yield
    threading.excepthook = before


@pytest.mark.parametrize("style", ["logfmt", "json"])
def test_a_traceback_is_on_its_record_with_its_cause_and_no_values(style: Format) -> None:
    with Log(style) as written:
        logging.getLogger("callpoint_gateway.x").error(
            "it failed", exc_info=failed(lambda: disarm(SECRET))
        )
    (line,) = written.lines
    assert SECRET not in line
    assert str(NUMBER) not in line
    if style == "json":
        trace = json.loads(line)["trace"]
    else:
        trace = json.loads(line.partition(" trace=")[2])
    first, second = trace.split("Traceback (most recent call last):\n")[1:]
    assert first.rstrip().endswith("KeyError: …")
    assert 'return {"guard": 1}[code]' in first
    assert second.endswith("ValueError: no code …, at …\nin two lines")
    assert f'File "{__file__}"' in second


def test_the_same_traceback_is_shown_once_a_second() -> None:
    now = 100.0
    traces = Traces(lambda: now)
    error, other = failed(lambda: disarm(SECRET)), failed(lambda: int("x"))
    assert [bool(traces.fresh(one)) for one in (error, error, other)] == [True, False, True]
    now = 100.9
    assert not traces.fresh(error)
    now = 101.0
    assert traces.fresh(error)


def test_each_record_is_written_and_the_traceback_once() -> None:
    with Log() as written:
        for _ in range(50):
            logging.getLogger("x").error("it failed", exc_info=failed(lambda: disarm(SECRET)))
    assert len(written.lines) == 50
    assert [" trace=" in line for line in written.lines] == [True] + [False] * 49
    assert all("ValueError: no code …" in line for line in written.lines)


def test_a_thread_that_dies_is_in_the_log(hook: None) -> None:
    async def go() -> None:
        log_uncaught(asyncio.get_running_loop())
        thread = threading.Thread(target=lambda: disarm(SECRET), name="writer")
        thread.start()
        await asyncio.to_thread(thread.join)

    with Log() as written:
        asyncio.run(go())
    (line,) = [line for line in written.lines if "writer has ended" in line]
    assert "level=critical" in line
    assert "in disarm" in line
    assert SECRET not in line


def test_what_a_callback_of_the_loop_raises_is_in_the_log(hook: None) -> None:
    async def fail() -> None:
        disarm(SECRET)

    async def go() -> None:
        log_uncaught(asyncio.get_running_loop())
        asyncio.get_running_loop().call_soon(disarm, SECRET)
        task = asyncio.ensure_future(fail())
        await asyncio.wait([task])
        del task
        await asyncio.sleep(0)

    with Log() as written:
        asyncio.run(go())
    assert sum("in disarm" in line for line in written.lines) == 2
    assert not any(SECRET in line for line in written.lines)


def test_a_task_that_fails_while_it_is_ended_is_in_the_log() -> None:
    async def clumsy() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            disarm(SECRET)

    async def go() -> None:
        tasks = [asyncio.ensure_future(clumsy()), asyncio.ensure_future(asyncio.Event().wait())]
        await asyncio.sleep(0)
        await end_all(tasks)

    with Log() as written:
        asyncio.run(go())
    (line,) = written.lines
    assert "in clumsy" in line


def _handlers(package: str) -> Iterator[tuple[str, ast.ExceptHandler]]:
    for file in Path(package).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                caught = node.type
                if caught is None or (
                    isinstance(caught, ast.Name) and caught.id in ("Exception", "BaseException")
                ):
                    yield f"{file.name}:{node.lineno}", node


def test_whoever_catches_everything_logs_it_or_passes_it_on() -> None:
    silent = []
    found = 0
    for package in (callpoint_gateway, callpoint_cli, callpoint_district):
        for where, handler in _handlers(str(package.__file__)):
            found += 1
            source = ast.unparse(handler)
            ends_in_raise = isinstance(handler.body[-1], ast.Raise) and "raise\n" in source + "\n"
            if "log.exception" not in source and "exc_info" not in source and not ends_in_raise:
                silent.append(where)
    assert found >= 5
    assert silent == []


def test_a_task_that_takes_its_cancellation_for_somebody_elses_ends_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unexpected, "CANCEL_S", 0.01)
    taken = []

    async def goes_on() -> None:
        while len(taken) < 3:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                taken.append(True)

    async def play() -> None:
        task = asyncio.ensure_future(goes_on())
        await asyncio.sleep(0)
        await asyncio.wait_for(unexpected.end_all([task]), 60)
        assert task.done()

    asyncio.run(play())
    assert len(taken) == 3


def test_the_first_error_of_several_works_is_the_only_one_that_is_told() -> None:
    ended: list[str] = []

    async def fails() -> None:
        raise ValueError("first")

    async def follows() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("follows")
            raise OSError("the connection is closed")

    async def play() -> None:
        log_uncaught(asyncio.get_running_loop())
        with pytest.raises(ValueError, match="first"):
            await first_of([follows(), fails()])
        assert ended == ["follows"]
        gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        gone.set_exception(ConnectionError("gone"))
        with pytest.raises(ConnectionError, match="gone"):
            await first_of([follows()], gone)
        gc.collect()

    with Log() as log:
        asyncio.run(play())
    assert log.lines == []
