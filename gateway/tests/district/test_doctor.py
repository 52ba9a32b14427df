"""What the doctor finds at a district and on a gateway's line to it, on real parts."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from callpoint_district import doctor, listening
from callpoint_district.database import Database, DatabaseError
from callpoint_district.engine import monitor
from callpoint_district.engine.users import PROCESSES
from callpoint_district.settings import District
from callpoint_district.sites.retiring import retire
from callpoint_gateway.broker import certificates
from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.doctor import upstream
from callpoint_gateway.doctor.findings import Finding, Grade
from callpoint_gateway.host.clock import SystemClock
from callpoint_rig.district_parts import Database as Server
from callpoint_rig.ports import free_port

from .area_rows import gateway
from .secured_engine import Secured


def line_of(engine: Secured, name: str = "g1") -> Upstream:
    return Upstream(
        district="d1",
        gateway="g1",
        servers=[f"tls://127.0.0.1:{engine.port}"],
        ca_file=str(engine.authority / "ca.pem"),
        certificate_file=str(engine.authority / f"{name}.pem"),
        key_file=str(engine.authority / f"{name}.key"),
        renewal="127.0.0.1:1",
    )


def bad(findings: Iterator[Finding]) -> list[str]:
    """Return what is not well, and check that a remedy is said in both languages."""
    found = [finding for finding in findings if finding.grade is not Grade.OK]
    for finding in found:
        assert all(finding.remedy.in_(language) for language in ("en", "zh"))
    return [f"{finding.grade.value}: {finding.what}: {finding.text}" for finding in found]


def test_a_gateway_sees_whether_the_engine_lets_it_in(
    runner: asyncio.Runner, engine: Secured
) -> None:
    good = line_of(engine)
    assert bad(upstream.line(None)) == []
    assert bad(upstream.line(good)) == []
    away = msgspec.structs.replace(good, servers=[f"tls://127.0.0.1:{free_port()}"])
    assert "refused" in bad(upstream.line(away))[0]
    elsewhere = msgspec.structs.replace(good, servers=[f"tls://localhost.:{engine.port}"])
    assert bad(upstream.line(elsewhere))  # the certificate is for another name
    forgotten = msgspec.structs.replace(good, renewal=None)
    assert "not renewed" in bad(upstream.line(forgotten))[0]
    engine.files.enrol("g7")
    engine.files.reload()
    leaving = line_of(engine, "g7")
    assert bad(upstream.line(leaving)) == []
    engine.files.revoke("g7")
    engine.files.reload()
    (found,) = bad(upstream.line(leaving))
    assert found.startswith("bad:")


def district_at(engine: Secured, address: str) -> District:
    own = msgspec.structs.asdict(line_of(engine, PROCESSES))
    for key in ("gateway", "questions", "away_after_s"):
        own.pop(key, None)
    return District(database=address, stream_mb=16, **own)


def hear(database: Database) -> None:
    """Let the district hear itself, as its processes do."""
    with database.transaction() as connection:
        listening.hear(database, connection)


def test_a_district_without_a_process_says_so_and_calls_no_gateway_silent(
    address: str, database: Database
) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO gateways (gateway, heard_ms) VALUES ('g1', 1)")
    (deaf,) = bad(doctor.database(address))
    assert deaf.startswith("warn: gateways: the district hears nobody")
    hear(database)
    assert bad(doctor.database(address)) == []


def test_a_district_that_is_well(engine: Secured, address: str, database: Database) -> None:
    hear(database)
    found = list(doctor.examined(district_at(engine, address), engine.files, SystemClock()))
    # The machine of the test is not what is examined.
    own = [finding for finding in found if finding.what.code not in _MACHINE]
    assert bad(iter(own)) == []
    texts = " ".join(str(finding.text) for finding in own)
    for told in ("on the disk before it is acknowledged", "nats-server 2.1", "0, and all are"):
        assert told in texts


def test_without_the_folder_the_store_is_examined_if_the_engine_itself_answers_here(
    tmp_path: Path, runner: asyncio.Runner, engine: Secured, address: str
) -> None:
    settings = district_at(engine, address)
    found = list(doctor.store_of(settings, engine.monitor))
    own = [finding for finding in found if finding.what.code not in _MACHINE]
    assert bad(iter(own)) == []
    texts = " ".join(str(finding.text) for finding in own)
    for told in ("on the disk before it is acknowledged", "nats-server 2.1"):
        assert told in texts
    greedy = msgspec.structs.replace(settings, stream_mb=65)
    (small,) = bad(doctor.store_of(greedy, engine.monitor))
    assert small.startswith("bad: engine's store: it has room for 64 MB, and `stream_mb` is 65")
    another = Secured(tmp_path)
    runner.run(another.part.start())
    try:
        for port in (free_port(), another.monitor):
            (unseen,) = bad(doctor.store_of(settings, port))
            assert f"does not answer on port {port} of this one" in unseen
    finally:
        runner.run(another.part.kill())


def test_an_engine_without_a_store_is_of_no_use_to_a_gateway(
    tmp_path: Path, runner: asyncio.Runner
) -> None:
    engine = Secured(tmp_path)
    text = engine.files.configuration.read_text()
    text = re.sub(r"(?m)^jetstream \{[^}]*\}$", "", text)
    engine.files.configuration.write_text(text)
    runner.run(engine.part.start())
    try:
        (found,) = bad(upstream.line(line_of(engine)))
        assert "JetStream is off" in found
    finally:
        runner.run(engine.part.kill())


_MACHINE = ("doctor.clock", "doctor.memory", "doctor.disk", "doctor.file_system")


def test_an_engine_that_forgets_or_is_old_or_full(
    runner: asyncio.Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Secured(tmp_path)
    text = engine.files.configuration.read_text()
    text = text.replace(", sync_interval: always", "").replace("max_file: 64MB", "max_file: 1MB")
    engine.files.configuration.write_text(text)

    async def fill() -> None:
        await engine.part.start()
        client = await engine.client(PROCESSES)
        stream = client.jetstream()
        await stream.add_stream(name="FULL", subjects=["full"])
        for _ in range(9):
            await stream.publish("full", bytes(100_000))
        await client.close()

    runner.run(fill())
    try:
        found = bad(doctor.engine(engine.files, 1))
        assert "a power cut loses messages" in found[0]
        assert found[1] == "warn: engine's store: 1 of 1 MB are used"
        old = msgspec.structs.replace(monitor.varz(engine.monitor), version="2.9.10")
        with monkeypatch.context() as patch:
            patch.setattr(monitor, "varz", lambda _port: old)
            assert "2.9.10 cannot" in bad(doctor.engine(engine.files, 1))[0]
    finally:
        runner.run(engine.part.kill())
    (silent,) = bad(doctor.engine(engine.files, 1))
    assert "no answer on 127.0.0.1" in silent


def test_certificates_that_end_soon_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Secured(tmp_path)
    assert bad(doctor.enrolled(engine.files)) == []
    monkeypatch.setattr(certificates, "CLIENT_DAYS", 5)
    engine.files.enrol("g9")
    (found,) = bad(doctor.enrolled(engine.files))
    assert found.startswith("warn: certificate of g9")
    own = msgspec.structs.replace(
        line_of(engine, "g9"), certificate_file=str(engine.authority / "g9.pem")
    )
    assert bad(doctor.certificate(own, SystemClock()))[0].startswith("warn: certificate g9.pem")


def test_a_database_that_is_away_older_or_newer_and_a_gateway_that_is_silent(
    server: Server,
) -> None:
    server.create("without_schema")
    address = server.address("without_schema")
    assert "no connection to the database" in bad(doctor.database("host=127.0.0.1 port=9"))[0]
    (empty,) = bad(doctor.database(address))
    assert "steps behind this version" in empty
    database = Database(address)
    database.migrate()
    hear(database)
    assert bad(doctor.database(address)) == []
    # Last heard long ago by the wall clock; only the second has been silent while it was listened.
    with database.transaction() as connection:
        connection.execute("INSERT INTO gateways (gateway, heard_ms) VALUES ('g1', 1), ('g2', 1)")
        connection.execute("INSERT INTO silences (gateway, since_ms, finding) VALUES ('g2', 1, 1)")
    (silent,) = bad(doctor.database(address))
    assert silent == "bad: gateway g2: it is not heard"
    assert retire(database, "g2", 1) == 0
    assert bad(doctor.database(address)) == []
    with database.transaction() as connection:
        connection.execute("INSERT INTO steps SELECT max(number) + 1 FROM steps")
    database.close()
    (newer,) = bad(doctor.database(address))
    assert "run the version that made it, or a later one" in newer


def test_a_database_of_another_program_is_left_alone(server: Server) -> None:
    server.create("of_another")
    address = server.address("of_another")
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE parcels (id integer)")
    (strange,) = bad(doctor.database(address))
    assert "tables of another program (parcels)" in strange
    with pytest.raises(DatabaseError, match="another program"):
        Database(address).migrate()
    with psycopg.connect(address) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert tables.fetchall() == [("parcels",)]


@pytest.mark.parametrize("address", ["no address", "postgresql://op:pass%zzword@127.0.0.1/x"])
def test_an_address_that_is_none_is_said_without_its_password(address: str) -> None:
    (found,) = bad(doctor.database(address))
    assert "`database` is no address" in found
    assert "pass" not in found


def test_desks_of_areas_that_are_wrong_or_have_no_place_are_named(
    tmp_path: Path, address: str, database: Database
) -> None:
    file = tmp_path / "areas.toml"
    district = District(
        district="d1", servers=["nats://127.0.0.1:1"], database=address, areas=str(file)
    )
    (missing,) = bad(doctor.areas(district))
    assert "bad: desks of areas" in missing
    rule = '[[area.rule]]\nlevel = "city"\ndesk = "{0}"\ncentre = "Centre {0}"\n'
    wrong = '[[area]]\ngrid = ["Hangzhou", "Xihu"]\n' + rule.format("xihu")
    file.write_text("[[area]]\n" + rule.format("city") + wrong)
    gateway(database, "g1", "Hangzhou", "Gongshu")
    (empty,) = bad(doctor.areas(district))
    assert empty == "warn: desks of areas: no place of any gateway lies in Hangzhou / Xihu"
    gateway(database, "g2", "Hangzhou", "Xihu", "North")
    assert bad(doctor.areas(district)) == []
