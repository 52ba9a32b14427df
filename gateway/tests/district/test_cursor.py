"""The cursor is stored once a second, and what a power cut takes of it loses nothing."""

import asyncio
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path

from callpoint_district.database import Database
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.journal.entries import Cursor, NewEntry
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.upstream.cursor import STORE_S, DistrictCursor
from callpoint_rig.district_parts import Engine
from callpoint_rig.ports import free_port

from ..conftest import ManualClock
from .folded import check_tables, rows_of
from .played_gateway import PlayedGateway, until
from .test_end_to_end import PlayedDistrict, rows

EPOCHS = "1" * 15, "2" * 15


class CountedJournal(Journal):
    """Counts how often a cursor is stored."""

    stored = 0

    async def store(self, writes: Sequence[NewEntry | Cursor]) -> None:
        self.stored += 1
        await super().store(writes)


def test_receipts_within_a_second_are_one_write_and_the_last_is_stored_at_the_end(
    folder: Path, clock: ManualClock
) -> None:
    async def play() -> None:
        journal = CountedJournal(folder / "alarms.db", clock, chained=True)
        cursor = DistrictCursor(journal, clock)

        def kept() -> tuple[str, int | None]:
            return DistrictCursor(journal, clock).load()

        for position in range(1, 101):
            await cursor.moved(EPOCHS[0], position)
        assert (journal.stored, kept()) == (1, (EPOCHS[0], 1))
        clock.advance(STORE_S * 1000)
        await cursor.moved(EPOCHS[0], 101)
        assert (journal.stored, kept()) == (2, (EPOCHS[0], 101))
        await cursor.moved(EPOCHS[0], 102)
        await cursor.save(EPOCHS[1], 50)  # a new epoch, before anything of it is sent
        await cursor.keep()
        assert (journal.stored, kept()) == (3, (EPOCHS[1], 50)), "what came before counts no more"
        await cursor.moved(EPOCHS[1], 51)
        running = asyncio.ensure_future(cursor.run())
        await asyncio.sleep(0)
        await end_all([running])
        assert (journal.stored, kept()) == (4, (EPOCHS[1], 51))
        await cursor.keep()
        assert journal.stored == 4
        journal.close()

    asyncio.run(play())


def test_a_cut_of_power_with_an_old_cursor_loses_and_doubles_nothing(
    folder: Path, address: str, database: Database, clock: ManualClock
) -> None:
    async def play() -> None:
        engine = Engine(folder, free_port())
        await engine.start()
        district = PlayedDistrict(engine, address)
        district.start()
        # The cursor's clock stands: it is stored with the first receipt of each run alone.
        gateway = PlayedGateway(folder / "g1", engine.address, cursor_clock=clock)
        try:
            for _ in range(4):
                gateway.start()
                for _ in range(5):
                    await gateway.press(20)
                    await until(gateway.all_receipted)
                there = gateway.chain.head()
                await gateway.press(7)  # some of these have no receipt yet
                await gateway.stop()
                journal = Journal(gateway.file, clock, chained=True)
                _, stored = DistrictCursor(journal, clock).load()
                journal.close()
                assert stored is not None
                assert stored < there, "the cursor on the disk is an old one"
            gateway.start()
            await until(gateway.all_receipted)
        finally:
            await gateway.stop()
            await district.stop()
            await engine.stop()

    asyncio.run(play())
    assert rows(database, "SELECT count(*), max(position) FROM entries") == [(428, 428)]
    assert rows(database, "SELECT count(*), count(DISTINCT device) FROM alarms") == [(428, 428)]
    assert rows(database, "SELECT count(*) FROM epochs") == [(1,)]
    check_tables(database, "g1", rows_of(folder / "g1" / "alarms.db"))


def pressing(folder: Path, address: str) -> None:
    """Press buttons at a gateway without end, each time when the ones before have receipts."""

    async def press() -> None:
        gateway = PlayedGateway(folder, address)
        gateway.start()
        while True:
            await gateway.press(5)
            await until(gateway.all_receipted)

    asyncio.run(press())


def test_a_gateway_that_is_killed_between_receipt_and_write_loses_and_doubles_nothing(
    folder: Path, address: str, database: Database
) -> None:
    def kept() -> int:
        ((number,),) = rows(database, "SELECT count(*) FROM entries")
        assert isinstance(number, int)
        return number

    async def play() -> None:
        engine = Engine(folder, free_port())
        await engine.start()
        district = PlayedDistrict(engine, address)
        district.start()
        gateway = PlayedGateway(folder / "g1", engine.address)
        try:
            for _ in range(2):
                before = kept()
                killed = get_context("spawn").Process(
                    target=pressing, args=(folder / "g1", engine.address)
                )
                killed.start()
                try:
                    # Some 30 receipts in less than a second, which are one write or two.
                    await until(lambda before=before: kept() >= before + 150)
                finally:
                    killed.kill()
                    killed.join()
            gateway.start()
            await until(gateway.all_receipted)
        finally:
            await gateway.stop()
            await district.stop()
            await engine.stop()

    asyncio.run(play())
    journal = rows_of(folder / "g1" / "alarms.db")
    assert rows(database, "SELECT count(*), max(position) FROM entries") == [(len(journal),) * 2]
    assert rows(database, "SELECT count(DISTINCT device) FROM alarms") == [(len(journal),)]
    check_tables(database, "g1", journal)
