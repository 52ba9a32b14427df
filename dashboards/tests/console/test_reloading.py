"""A changed file counts once it is whole; what cannot be used is said, and the old is kept."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from callpoint_console import reloading
from callpoint_console.reloading import Reloading, Unusable
from callpoint_gateway.words.said import verbatim

FURTHER_LOOKS = 10


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reloading, "LOOK_S", 0.01)


class CountedLooks(Reloading[str]):
    """Counts how often it has looked at its files."""

    looks = 0

    def _content(self) -> tuple[bytes | None, ...]:
        self.looks += 1
        return super()._content()


class Watch:
    """A file that is watched; what is loaded is its text, which must not be "wrong"."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.loads: list[str] = []
        self.told = 0
        file.write_text("first")
        self.reloading = CountedLooks([file], self.load)
        self.ended = asyncio.Event()

    def load(self) -> str:
        text = self.file.read_text()
        self.loads.append(text)
        if "wrong" in text:
            raise Unusable(verbatim(f"it is {text}"))
        return text

    def tell(self) -> None:
        self.told += 1

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not holds():  # noqa: ASYNC110 - no news of it
                await asyncio.sleep(0.005)


def follow(tmp_path: Path, story: Callable[[Watch], Coroutine[None, None, None]]) -> Watch:
    """Run a story beside the watch of a file."""
    watch = Watch(tmp_path / "gateway.toml")

    async def run() -> None:
        task = asyncio.create_task(watch.reloading.run(watch.tell, watch.ended.set))
        try:
            await story(watch)
        finally:
            task.cancel()

    asyncio.run(run())
    return watch


def test_a_change_ends_the_round_with_what_was_loaded(tmp_path: Path) -> None:
    async def story(watch: Watch) -> None:
        watch.file.write_text("second")
        await asyncio.wait_for(watch.ended.wait(), 60)
        assert watch.reloading.loaded == "second"

    assert follow(tmp_path, story).loads == ["second"]


def test_what_is_wrong_is_said_once_and_what_follows_counts(tmp_path: Path) -> None:
    async def story(watch: Watch) -> None:
        watch.file.write_text("wrong 1")
        await watch.until(lambda: watch.reloading.trouble is not None)
        assert str(watch.reloading.trouble) == "it is wrong 1"
        looks = watch.reloading.looks
        await watch.until(lambda: watch.reloading.looks >= looks + FURTHER_LOOKS)
        assert watch.loads == ["wrong 1"], "the same content is not tried again"
        watch.file.write_text("first")
        await watch.until(lambda: watch.reloading.trouble is None)
        assert watch.told == 2
        assert not watch.ended.is_set(), "what is used already needs no new round"
        watch.file.write_text("third")
        await asyncio.wait_for(watch.ended.wait(), 60)

    assert follow(tmp_path, story).reloading.loaded == "third"
