"""A district's database as a version finds it, and what the version does to it at an upgrade.

``python -m callpoint_cli.setup.district_database WORK CONFIGURATION`` runs in the version that is
to come, as the service's own user. WORK: ``look`` prints a ``Standing`` as JSON, ``copy`` writes
the database into the file that is named last, ``migrate`` brings its tables to the version.
"""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
from psycopg.pq import Conninfo

from callpoint_cli.language import texts
from callpoint_cli.setup.district_standing import Standing
from callpoint_district.database import Database, DatabaseError, usable
from callpoint_district.settings import District, load
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.words.said import said

_PROGRAM = "pg_dump"
_SIZE = "SELECT pg_database_size(current_database())"
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


def look(settings: District) -> Standing:
    """Return how the database stands; change nothing. DatabaseError."""
    database = Database(settings.database)
    try:
        missing = database.missing_steps()
        with usable(), database.transaction() as connection:
            size, others = (
                int((connection.execute(query).fetchone() or (0,))[0])
                for query in (_SIZE, _OTHERS)
            )
    finally:
        database.close()
    return Standing(missing, size, others, settings.state_dir)


def migrate(settings: District) -> None:
    """Bring the tables to this version, all steps or none. DatabaseError."""
    database = Database(settings.database)
    try:
        database.migrate()
    finally:
        database.close()


def copy(settings: District, target: Path) -> None:
    """Write the database into a new file for its owner alone, whole or not at all. OSError."""
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        done = subprocess.run(
            [_PROGRAM, "--no-password", "--format=custom", f"--file={partial}"],
            env={**os.environ, **as_variables(settings.database)},
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise OSError(done.stderr.strip())
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def as_variables(address: str) -> dict[str, str]:
    """Return an address as libpq's variables: the words of a command are no place for secrets."""
    found = Conninfo.parse(address.encode())
    return {part.envvar.decode(): part.val.decode() for part in found if part.envvar and part.val}


def main(work: str, configuration: str, target: str = "") -> int:
    """Do one thing. Return 0, or 4 when it cannot be done, which it prints."""
    words = texts()
    try:
        settings = load(Path(configuration))
        if work == "copy":
            copy(settings, Path(target))
        elif work == "migrate":
            migrate(settings)
        else:
            print(msgspec.json.encode(look(settings)).decode())
    except (ConfigError, DatabaseError) as error:
        print(words.told(error.why), file=sys.stderr)
    except FileNotFoundError:
        print(words.told(said("upgrade.no_pg_dump")), file=sys.stderr)
    except OSError as error:
        print(error, file=sys.stderr)
    else:
        return 0
    return 4


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
