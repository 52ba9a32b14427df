"""The console's file: complete or unchanged after each write, and clear about what is wrong."""

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from callpoint_console.database import Database, DatabaseFault, Subject, file_in

NOTES = Subject("notes", ("CREATE TABLE notes (text TEXT NOT NULL UNIQUE) STRICT;\n",))
NOTES_2 = Subject(
    "notes",
    (
        *NOTES.steps,
        "ALTER TABLE notes ADD COLUMN by TEXT;\nUPDATE notes SET by = 'x;y';\n",
    ),
)


def insert(text: str) -> Callable[[sqlite3.Connection], object]:
    return lambda connection: connection.execute("INSERT INTO notes (text) VALUES (?)", (text,))


def texts(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT text FROM notes ORDER BY text")]


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    database = Database(file_in(tmp_path), [NOTES])
    database.write(insert("a"))
    database.close()
    again = Database(file_in(tmp_path), [NOTES])
    assert again.read(texts) == ["a"]
    again.close()
    again.close()


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        database = Database(file_in(tmp_path), [NOTES])
        database.write(insert("a"))
        for path in (file_in(tmp_path), *file_in(tmp_path).parent.iterdir()):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert stat.S_IMODE(file_in(tmp_path).parent.stat().st_mode) == 0o700
        database.close()
    finally:
        os.umask(mask)


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    database = Database(file_in(tmp_path), [NOTES])

    def half(connection: sqlite3.Connection) -> None:
        insert("a")(connection)
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        database.write(half)
    with pytest.raises(sqlite3.IntegrityError):
        database.write(lambda connection: [insert("b")(connection), insert("b")(connection)])
    assert database.read(texts) == []
    database.close()


def test_each_subject_takes_the_steps_that_it_lacks_once(tmp_path: Path) -> None:
    file = file_in(tmp_path)
    first = Database(file, [NOTES])
    first.write(insert("a"))
    first.close()
    other = Subject("other", ("CREATE TABLE other (n INTEGER) STRICT;\n",))
    second = Database(file, [NOTES_2, other])
    assert second.read(lambda c: c.execute("SELECT by FROM notes").fetchone()) == ("x;y",)
    second.write(lambda c: c.execute("UPDATE notes SET by = 'z'"))
    second.close()
    third = Database(file, [NOTES_2, other])
    assert third.read(lambda c: c.execute("SELECT by FROM notes").fetchone()) == ("z",)
    third.close()


def test_a_step_that_fails_is_not_taken_by_half(tmp_path: Path) -> None:
    file = file_in(tmp_path)
    Database(file, [NOTES]).close()
    broken = Subject("notes", (*NOTES.steps, "CREATE TABLE half (n);\nNONSENSE;\n"))
    with pytest.raises(DatabaseFault):
        Database(file, [broken])
    database = Database(file, [NOTES_2])
    assert database.read(texts) == []
    tables = database.read(lambda c: c.execute("SELECT name FROM sqlite_schema").fetchall())
    assert ("half",) not in tables
    database.close()


def test_a_file_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    Database(file_in(tmp_path), [NOTES_2]).close()
    with pytest.raises(DatabaseFault, match="newer version"):
        Database(file_in(tmp_path), [NOTES])


@pytest.mark.parametrize("where", ["the beginning", "a page"])
def test_a_damaged_file_says_what_to_do(tmp_path: Path, where: str) -> None:
    file = file_in(tmp_path)
    database = Database(file, [NOTES])
    database.write(lambda c: [insert(f"{n:0200}")(c) for n in range(500)])
    database.close()
    content = bytearray(file.read_bytes())
    start = 0 if where == "the beginning" else 4096 * 3
    content[start : start + 4096] = b"\x55" * 4096
    file.write_bytes(content)
    with pytest.raises(DatabaseFault, match=r"damaged.*callpoint restore"):
        Database(file, [NOTES])
    assert file.read_bytes() == bytes(content)


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "console").write_text("no folder")
    with pytest.raises(DatabaseFault, match="rights of the folder"):
        Database(file_in(tmp_path), [NOTES])


def test_it_is_read_and_written_beside_another_process(tmp_path: Path) -> None:
    file = file_in(tmp_path)
    database = Database(file, [NOTES])
    script = (
        "import sys; from pathlib import Path\n"
        "from callpoint_console.database import Database, Subject\n"
        "d = Database(Path(sys.argv[1]), [Subject('notes', (sys.argv[2],))])\n"
        "for n in range(50): d.write(lambda c: c.execute("
        "'INSERT INTO notes (text) VALUES (?)', (f'theirs {n}',)))\n"
        "d.close()\n"
    )
    command = [sys.executable, "-c", script, str(file), NOTES.steps[0]]
    with subprocess.Popen(command) as other:
        for n in range(50):
            database.write(insert(f"ours {n}"))
        assert other.wait(60) == 0
    assert len(database.read(texts)) == 100
    database.close()


def test_the_event_loop_goes_on_while_the_disk_is_busy(tmp_path: Path) -> None:
    database = Database(file_in(tmp_path), [NOTES])
    go_on = threading.Event()

    def slow(connection: sqlite3.Connection) -> int:
        assert go_on.wait(60)
        return 7

    async def work() -> int:
        waiting = asyncio.create_task(database.in_thread(database.read, slow))
        await asyncio.sleep(0)
        go_on.set()  # only a loop that goes on gets here
        return await waiting

    assert asyncio.run(work()) == 7
    database.close()
