"""Codes: only hashes are kept, and they cannot be tried out."""

import asyncio
from pathlib import Path
from typing import Self

import pytest

from callpoint_gateway.arming import keypad
from callpoint_gateway.arming.keypad import MISSES, CodeRefused, Keypads
from callpoint_gateway.configuration import arming_codes
from callpoint_gateway.configuration.arming import ArmingSettings
from callpoint_gateway.configuration.arming_codes import Code, codes, line, sealed
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.host.part_report import PartReport
from callpoint_gateway.journal.ages import Ages, stamp_of
from callpoint_gateway.journal.entries import NewEntry, ReportBody, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.report import WRONG_CODE
from callpoint_protocol import names

from ..conftest import ManualClock


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arming_codes, "COST", 2)


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "codes.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


class Reports:
    """What a part reports: the source, and whether it is up."""

    def __init__(self) -> None:
        self.told: list[tuple[str, bool]] = []

    def supervise(self, source: str, after_s: float) -> PartReport:
        told = self.told

        class Report:
            def up(self, reason: str) -> None:
                told.append((source, True))

            def down(self, reason: str, remedy: str) -> None:
                told.append((source, False))

        return Report()


class Door:
    """Keypads on disk that can lose power."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.path = folder / "alarms.db"
        self.clock = clock
        self.known = [
            code_of("guard", "815815"),
            code_of("family-a", "4711", "flat-a"),
            code_of("family-b", "1234", "flat-b"),
        ]
        self.faults = Reports()

    def __enter__(self) -> Self:
        self.alarms = Journal(self.path, self.clock, chained=True)
        with self.alarms.reader() as reader:
            last = reader.entry(reader.head())
        ages = Ages(self.clock, stamp_of(last) if last else None)
        self.keypads = Keypads(
            self.known, self.alarms, lambda: ages, wrong_code, self.faults.supervise
        )
        self.keypads.prepare()
        return self

    def __exit__(self, *_: object) -> None:
        self.keypads.close()
        self.alarms.close()

    async def tries(self, partition: str, code: str) -> str:
        """Return whose code it is, or why it is not taken."""
        try:
            return await self.keypads.role_of(partition, code)
        except CodeRefused as refusal:
            return "locked" if "too many" in str(refusal) else "wrong"

    def told(self) -> int:
        """Return how many wrong codes are on record."""
        with self.alarms.reader() as reader:
            return len(reader.read(0, 1000, (Type.REPORT,)))


def code_of(role: str, code: str, *partitions: str) -> Code:
    return Code(role, role.encode(), arming_codes.hash_of(code, role.encode()), partitions)


def wrong_code(partition: str) -> NewEntry:
    body = ReportBody("estate", "", names.INTRUSION, names.NOTICE, WRONG_CODE, 1, 0)
    return NewEntry(Type.REPORT, body, partition)


@pytest.fixture
def door(tmp_path: Path, clock: ManualClock) -> Door:
    return Door(tmp_path, clock)


def test_a_code_is_known_by_its_hash_only(tmp_path: Path) -> None:
    sealed_code = sealed("4711")
    assert "4711" not in sealed_code
    assert sealed_code != sealed("4711"), "each has a salt of its own"
    text = f'guard = "{sealed_code}"\n{line("family", "815815", ["flat-a"])}\n'
    guard, family = codes(written(tmp_path, text))
    assert (guard.role, guard.opens("flat-a"), guard.opens("flat-b")) == ("guard", True, True)
    assert (family.role, family.opens("flat-a"), family.opens("flat-b")) == ("family", True, False)
    assert family.hashed == arming_codes.hash_of("815815", family.salt)


def test_a_code_opens_the_partitions_that_it_is_for(door: Door) -> None:
    async def run() -> None:
        with door:
            assert await door.tries("flat-a", "4711") == "family-a"
            assert await door.tries("flat-b", "4711") == "wrong"
            assert await door.tries("flat-b", "1234") == "family-b"
            assert await door.tries("flat-b", "815815") == "guard"
            assert door.told() == 1

    asyncio.run(run())


def test_wrong_codes_lock_their_partition_ever_longer_and_no_other(door: Door) -> None:
    async def run() -> None:
        with door:
            for locks_s in (60, 120, 240, 480, 960, 1920, 3600, 3600):
                while not door.keypads.left_s("flat-a"):
                    assert await door.tries("flat-a", "0000") == "wrong"
                assert door.keypads.left_s("flat-a") == locks_s
                before = door.told()
                assert await door.tries("flat-a", "4711") == "locked"
                assert await door.tries("flat-a", "0000") == "locked"
                assert door.told() == before, "what is not tried is not told"
                assert await door.tries("flat-b", "1234") == "family-b"
                door.clock.wall += 10 * locks_s * 1000  # no clock that can be set opens it
                assert door.keypads.left_s("flat-a") == locks_s
                door.clock.advance(locks_s * 1000)
            assert door.told() == MISSES + 7
            assert await door.tries("flat-a", "4711") == "family-a"
            assert await door.tries("flat-a", "0000") == "wrong"
            assert not door.keypads.left_s("flat-a"), "a right code ends the count"
            assert door.faults.told[0] == ("keypad/flat-a", False)
            assert door.faults.told[-1] == ("keypad/flat-a", True)

    asyncio.run(run())


def test_with_the_code_of_a_flat_nobody_locks_another(door: Door) -> None:
    async def run() -> None:
        with door:
            for _ in range(3 * MISSES):
                assert await door.tries("flat-b", "4711") == "wrong"
            assert door.told() == MISSES
            assert not door.keypads.left_s("flat-b")
            assert await door.tries("flat-b", "1234") == "family-b"
            assert await door.tries("flat-a", "4711") == "locked", "it is that person's lock"
            assert await door.tries("flat-a", "815815") == "guard"
            assert door.faults.told == [("code/family-a", False)]

    asyncio.run(run())


def test_a_restart_opens_nothing(door: Door) -> None:
    async def run() -> None:
        with door:
            for _ in range(MISSES):
                await door.tries("flat-a", "0000")
        door.clock.advance(20_000)
        door.faults.told.clear()
        with door:
            assert door.keypads.left_s("flat-a") == 40
            assert door.faults.told == [("keypad/flat-a", False)]
            assert await door.tries("flat-a", "4711") == "locked"
        door.clock.advance(41_000)
        with door:
            assert door.faults.told[-1] == ("keypad/flat-a", True)
            assert await door.tries("flat-a", "0000") == "wrong"
            assert door.keypads.left_s("flat-a") == 120
        assert b"4711" not in door.path.read_bytes()

    asyncio.run(run())


def test_the_end_of_a_lock_is_told_by_itself(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keypad, "FIRST_LOCK_S", 1)

    async def run() -> None:
        with door:
            changed = asyncio.Event()
            for _ in range(MISSES):
                await door.tries("flat-a", "0000")
            door.keypads.watch(changed.set)
            door.clock.advance(1_000)
            async with asyncio.timeout(60):
                await changed.wait()
            assert not door.keypads.left_s("flat-a")

    asyncio.run(run())


def test_a_code_for_a_partition_that_is_not_there(tmp_path: Path) -> None:
    file = written(tmp_path, line("family", "4711", ["flat-x"]) + "\n")
    settings = ArmingSettings(codes_file=str(file))
    settings.check({"flat-x"})
    with pytest.raises(ConfigError, match="family: the register has no partition 'flat-x'"):
        settings.check({"flat-a"})


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ('guard = "4711"\n', 0o600, "codes.toml:1: guard: no code; make the line with"),
        ("guard = 4711\n", 0o600, "guard: no code"),
        ('guard = "scrypt:zz:00"\n', 0o600, "guard: no code"),
        ('guard = { code = "scrypt:00:00" }\n', 0o600, "guard: no code"),
        ('guard = { code = "scrypt:00:00", partitions = [] }\n', 0o600, "guard: no code"),
        ('"Jane Doe" = "scrypt:00:00"\n', 0o600, "who: a role"),
        ("guard\n", 0o600, "is not TOML"),
        ('guard = "scrypt:00:00"\n', 0o644, "chmod 600"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    tmp_path: Path, text: str, mode: int, words: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        codes(written(tmp_path, text, mode))
    assert words in str(refusal.value)
    assert "4711" not in str(refusal.value)


@pytest.mark.parametrize("code", ["", "123", "1" * 33])
def test_a_code_is_neither_too_short_nor_too_long(code: str) -> None:
    with pytest.raises(ValueError, match="4 to 32 characters"):
        sealed(code)
