"""A database that answers and lets nobody in is no database that is away."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_district.database import Database, DatabaseAway, DatabaseError, migrated
from callpoint_district.refusals import refusal_of, words_of
from callpoint_rig.district_parts import Database as Server
from callpoint_rig.ports import free_port

from .played_gateway import until

PASSWORD = "of-the-wrong-kind"


@pytest.fixture(scope="module")
def roles(server: Server) -> Iterator[None]:
    """Have a role with a password, and one that may not log in."""
    hba = server.data / "pg_hba.conf"
    before = hba.read_text()
    hba.write_text(f"host all careful 127.0.0.1/32 scram-sha-256\n{before}")
    with psycopg.connect(server.address("postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE careful LOGIN PASSWORD 'right'")
        connection.execute("CREATE ROLE barred NOLOGIN")
        connection.execute("SELECT pg_reload_conf()")
        yield
        hba.write_text(before)
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("DROP ROLE careful")
        connection.execute("DROP ROLE barred")


@pytest.mark.parametrize(
    ("user", "database", "english", "chinese"),
    [
        (f"careful:{PASSWORD}", "", "does not let this program in", "拒绝本程序登录"),
        ("careful", "", "does not let this program in", "拒绝本程序登录"),
        ("nobody-here", "", "does not know this user", "没有此用户"),
        ("barred", "", "does not know this user", "没有此用户"),
        ("postgres", "no-such", "has no such database", "没有此数据库"),
    ],
)
def test_people_are_told_what_is_wrong_and_nobody_waits(
    folder: Path,
    address: str,
    roles: None,
    monkeypatch: pytest.MonkeyPatch,
    user: str,
    database: str,
    english: str,
    chinese: str,
) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    there = urlsplit(address)
    wrong = f"postgresql://{user}@127.0.0.1:{there.port}/{database or there.path[1:]}"
    file = folder / "district.toml"
    file.write_text(f'district = "d1"\nservers = ["nats://127.0.0.1:1"]\ndatabase = "{wrong}"\n')

    async def waits() -> None:
        with closing(Database(wrong)) as opened:
            await asyncio.wait_for(migrated(opened, lambda why: None), 30)

    if user.startswith("careful"):  # the server reads its configuration a little later
        asyncio.run(until(lambda: not lets_in(wrong)))
    with pytest.raises(DatabaseError) as refused:
        asyncio.run(waits())
    assert not isinstance(refused.value, DatabaseAway)
    for language, text in (("en", english), ("zh", chinese)):
        words = ["--lang", language, "district", "status", "-c", str(file)]
        done = CliRunner().invoke(main, words)
        assert done.exit_code != 0
        assert text in done.output
        assert PASSWORD not in done.output


def lets_in(address: str) -> bool:
    """Say whether the server lets somebody in."""
    try:
        psycopg.connect(address).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ('FATAL:  password authentication failed for user "a"', "login"),
        ('致命错误:  用户 "a" Password 认证失败', "login"),
        ('致命错误:  对用户"a"的对等认证失败', "login"),
        ('FATAL:  Peer authentication failed for user "a"', "login"),
        ("fe_sendauth: no password supplied", "login"),
        ('致命错误:  没有用于主机 "h", 用户 "u", 数据库 "d", no 的 pg_hba.conf 记录', "login"),
        ('FATAL:  permission denied for database "d"', "login"),
        ('致命错误:  访问数据库"d"的权限不够', "login"),
        ('FATAL:  role "a" does not exist', "role"),
        ('致命错误:  角色 "a" 不存在', "role"),
        ('致命错误:  不允许角色"a" 进行登录', "role"),
        ('FATAL:  database "d" does not exist', "none"),
        ('致命错误:  数据库 "d" 不存在', "none"),
        ("FATAL:  the database system is starting up", None),
        ("致命错误:  数据库系统启动中", None),
        ("FATAL:  sorry, too many clients already", None),
        ("connection timeout expired", None),
        ('could not translate host name "role" to address', None),
    ],
)
def test_a_refusal_is_known_in_both_languages_and_nothing_else_is_one(
    text: str, refusal: str | None
) -> None:
    where = 'connection failed: connection to server at "127.0.0.1", port 5432 failed: '
    assert refusal_of(where + text) == refusal
    if refusal is not None and ":  " in text:
        assert words_of(where + text) == text.split(":  ")[1]


def test_a_database_that_is_away_is_waited_for_and_people_read_why() -> None:
    with (
        closing(Database(f"postgresql://127.0.0.1:{free_port()}/callpoint")) as database,
        pytest.raises(DatabaseAway, match="Connection refused"),
    ):
        database.migrate()
