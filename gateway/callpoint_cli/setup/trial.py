"""A version on trial: it opens a copy of the site's files and brings them to its own form.

``python -m callpoint_cli.setup.trial STATE COPY`` runs in the version that is tried, as the
service's own user. It prints how many seconds the files take to be brought to their new form.
"""

import shutil
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from callpoint_console.database import Database, DatabaseFault, file_in
from callpoint_console.schema import SUBJECTS
from callpoint_gateway.journal.reader import JOURNALS, JournalError, open_file
from callpoint_people import database as people
from callpoint_people.outbox_file import OutboxUnusable, open_outbox, path_in
from callpoint_people.words import PeopleError

_DATABASES: Final = (".db", ".sqlite3")
FOLDER: Final = "trial"
FAULTS: Final = (JournalError, DatabaseFault, PeopleError, OutboxUnusable, sqlite3.Error, OSError)


def opened_by(state: Path) -> dict[Path, tuple[str, ...]]:
    """Return each file of a state directory, and a command that opens it."""
    known = {
        **{state / name: ("journal", "verify") for name in JOURNALS},
        file_in(state): ("user", "list", "--json"),
        state / people.FOLDER / people.FILE: ("contact", "list"),
        path_in(state): ("notify", "status"),
    }
    return {file: command for file, command in known.items() if file.exists()}


def sources(state: Path) -> list[Path]:
    """Return the files that a trial copies: those that are opened, and the key of one of them."""
    key = state / people.FOLDER / people.KEY
    return [*opened_by(state), *([key] if key.exists() else [])]


def copy(state: Path, target: Path) -> None:
    """Copy the files of a state directory as they are at one moment. OSError, sqlite3.Error."""
    for file in sources(state):
        place = target / file.relative_to(state)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if file.suffix in _DATABASES:
            uri = f"{file.absolute().as_uri()}?mode=ro"
            with (
                closing(sqlite3.connect(uri, uri=True)) as here,
                closing(sqlite3.connect(place)) as there,
            ):
                here.backup(there)
        else:
            shutil.copy2(file, place)


def bring_forward(state: Path) -> None:
    """Open every file of a state directory as this version does. One of ``FAULTS``."""
    for name in JOURNALS:
        if (state / name).exists():
            open_file(state / name, read_only=False).close()
    if file_in(state).exists():
        Database(file_in(state), SUBJECTS).close()
    if (state / people.FOLDER / people.FILE).exists():
        people.open_people(state)[0].close()
    if path_in(state).exists():
        open_outbox(state).close()


def main(state: str, target: str) -> int:
    """Copy and try. Return 0, or 4 when the files cannot be used."""
    try:
        copy(Path(state), Path(target))
        begun = time.monotonic()
        bring_forward(Path(target))
    except FAULTS as error:
        print(error, file=sys.stderr)
        return 4
    print(f"{time.monotonic() - begun:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
