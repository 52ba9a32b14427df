"""With ``--lang zh`` no command says anything in English, whatever is refused."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_district.engine.folder import EngineFolder
from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.enrolment.code import Code
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import Action, Cause, fault_begins
from callpoint_gateway.words.said import said
from callpoint_protocol import names
from callpoint_rig.ports import free_port
from callpoint_rig.workbench import make_image

from ..alarms.site_journals import Site
from ..conftest import ManualClock
from .english import english

REGISTER = """
[[place]]
id = "hall"
[[device]]
id = "lobby"
place = "hall"
[[device]]
id = "button"
place = "hall"
"""
CONFIGURATION = """
[gateway]
site = "estate"
state_dir = "state"
register = "register.toml"
[broker]
port = {port}
[[centre]]
name = "police"
protocol = "dc09"
host = "127.0.0.1"
port = {port}
account = "1234"
"""
AREAS = """
[[area]]
grid = ["杭州", "西湖"]
[[area.rule]]
kinds = ["smoke"]
level = "street"
desk = "xihu"
centre = "西湖街道"
responders = ["grid_worker"]
fall_back_to = "city"
[[area]]
[[area.rule]]
level = "city"
desk = "city"
centre = "市中心"
"""
CODE = Code("0" * 24, "0" * 16).text
# What a person types, most of it wrongly: `C` is a good configuration, `BAD` one with a mistake,
# `BROKEN` one whose journals are damaged, `LOCKED` one whose state directory is a file,
# `NONE` a file or folder that is not there, `FILE` a text file, `AUTHORITY` a folder,
# `UNITS` a table of units, `DISTRICT` a district without engine and database,
# `ROUTED` and `MISROUTED` the same with areas, `DISTRICT_ENGINE` the files of an engine with the
# gateway g1.
TYPED = {
    "setup": ["--answers NONE", "--answers ANSWERS", "--answers GOOD_ANSWERS"],
    "upgrade": ["9.9.9"],
    "run": ["-c NONE", "-c BAD", "-c LOCKED"],
    "reload": ["-c C"],
    "config check": ["-c BAD", "-c NONE", "-c C", "-c C --connect"],
    "broker config": [
        "-o NONE --plain --address 0.0.0.0",
        "-o NONE --site A",
        "-o NONE --site estate",
        "-o NONE --site estate --address hall --name hall",
        "-o NONE --site estate --name ha_ll --certificates AUTHORITY",
        "-o NONE --site estate --name 1.2.3 --certificates AUTHORITY",
        "-o NONE --site estate --name hall --user nobody-here",
        "-o NONE --site estate --name hall --port 8884",
        "-o NONE --site estate --ca FILE",
        "-o NONE --site other --name hall --certificates AUTHORITY",
        "-o FILE --site estate --name hall",
    ],
    "broker certificate": [
        "",
        "lobby --certificates NONE",
        "lobby --certificates AUTHORITY --register REGISTER",
        "loby --certificates AUTHORITY --register REGISTER",
        "lobby --certificates AUTHORITY --register NONE",
        "lo/bby --certificates AUTHORITY --register REGISTER",
        "callpoint-gateway --certificates AUTHORITY --register REGISTER",
        "--role gateway --certificates AUTHORITY",
    ],
    "broker list": ["--certificates NONE", "--certificates AUTHORITY"],
    "broker revoke": ["lobby --certificates NONE", "loby --certificates AUTHORITY"],
    "doctor": ["-c NONE", "-c C"],
    "events": [
        "-c NONE",
        "--state-dir NONE",
        "-c C --device loby",
        "-c C --kind panik",
        "-c C --since soon",
        "-c C --telemetry --quarantine",
        "-c C --quarantine --kind panic",
        "-c C",
        "--state-dir DAMAGED",
    ],
    "journal verify": ["-c NONE", "-c C", "-c BROKEN"],
    "journal salvage": ["FILE -c C"],
    "watch": ["--once --state-dir NONE", "--once -c C"],
    "console": ["-c NONE", "-c C --listen 192.0.2.1"],
    "inhibit": ["-c C", "lobby -c C", "loby --for 2h --reason door -c C", "--list -c C"],
    "level begin": ["hall --level 2 --for 2h --reason storm -c C"],
    "level end": ["1 -c C"],
    "level list": ["-c C"],
    "supervision": ["-c C", "--state-dir NONE"],
    "alarms": ["--state-dir NONE", "-c C"],
    "alarm ack": ["1 -c C", "x -c C", ""],
    "alarm arrive": ["1 -c C"],
    "alarm close": ["1 -c C", "1 --cause bad -c C", "1 --cause real -c C"],
    "alarm dispatch": ["1 -c C"],
    "alarm note": ["1 -c C"],
    "alarm reinforce": ["1 -c C"],
    "alarm resolve": ["1 -c C"],
    "alarm show": ["1 -c C", "999 -c C"],
    "duty": ["-c C", "--centre nobody -c C"],
    "contact add": ["-c C", "-c C --as 'a person'"],
    "contact delete": ["p-abcdefghij -c C"],
    "contact export": ["NONE -c C", "FILE -c C"],
    "contact give": ["p-abcdefghij -c C", "p-abcdefghij --role resident -c C"],
    "contact import": ["FILE -c C", "NONE -c C"],
    "contact list": ["-c C", "--place nowhere -c C"],
    "contact looks": ["-c C"],
    "contact show": ["p-abcdefghij -c C"],
    "contact take": ["p-abcdefghij -c C", "p-abcdefghij --role resident -c C"],
    "notify": ["-c C", "-c NONE"],
    "notify check": ["-c C"],
    "notify status": ["-c C"],
    "notify test": ["-c C", "p-abcdefghij -c C"],
    "rota add": [
        "p-abcdefghij --role resident --hours 08:00-16:00 -c C",
        "p-abcdefghij --role resident --hours 8 --days mon -c C",
    ],
    "rota holiday": ["2026-13-01 -c C", "2026-12-01 sunny -c C"],
    "rota now": ["resident -c C", "nobody -c C"],
    "rota remove": ["7 -c C"],
    "rota show": ["-c C"],
    "user add": ["desk -c C", "Desk! --role operator -c C", "desk --role boss -c C"],
    "user disable": ["nobody -c C"],
    "user enable": ["nobody -c C"],
    "user list": ["-c C"],
    "user logout": ["nobody -c C"],
    "user looks": ["-c C"],
    "user reset": ["nobody -c C"],
    "user role": ["nobody -c C", "nobody --add boss -c C"],
    "arm": ["hall -c C", "hall --mode bad -c C"],
    "disarm": ["hall -c C"],
    "partitions": ["-c C"],
    "partitions code": ["'a role'"],
    "drill start": ["-c C", "--at nowhere -c C"],
    "drill status": ["-c C"],
    "drill stop": ["-c C"],
    "walktest start": ["-c C"],
    "walktest status": ["-c C"],
    "walktest stop": ["-c C", "-c C --number 1"],
    "report": ["-c C", "--state-dir NONE", "-c C --since 1h --until 2h"],
    "device": ["loby identify -c C", "lobby identify -c C", "lobby walk-test -c C"],
    "firmware build": [
        "-o NONE --product p --hardware 1 --sequence 1 --version 1",
        "FILE -o NONE --product P --hardware 1 --sequence 1 --version 1",
        "FILE -o NONE --product p --hardware 1 --sequence 0 --version 1",
    ],
    "firmware image": [
        "--stock FILE --chip esp32 -o NONE",
        "--stock NONE --chip esp32 -o NONE",
        "--frozen FILE --chip esp32 -o NONE",
        "--chip esp32 -o NONE",
    ],
    "firmware key": ["FILE"],
    "firmware sign": ["FILE --key FILE", "FILE --key NONE"],
    "firmware verify": ["FILE --key FILE", "NONE --key NONE"],
    "flash": [
        "STATE --image NONE --no-wait",
        "NONE --image NONE",
        "STATE --image IMAGE --no-wait",
        "STATE --image IMAGE --image IMAGE --no-wait",
        "STATE --image IMAGE --device lobby --no-wait",
        "STATE --image IMAGE --again lobby --no-wait",
        "STATE --image IMAGE --release lobby --no-wait",
        "FILE --image IMAGE",
        "--image IMAGE",
        "STATE --image IMAGE -c NONE",
    ],
    "replace": ["lobby lobby-b -c NONE", "lobby lobby-b -c BAD", "lobby lobby-b -c C"],
    "district engine": ["ENGINE --district d1 --host d1.example", "ENGINE --district A --host x"],
    "district enrol": ["g1 NONE", "A NONE", "g2 DISTRICT_ENGINE", "g2 DISTRICT_ENGINE --files"],
    "district enrolment": ["NONE", "DISTRICT_ENGINE --listen 192.0.2.1", "FILE --listen a/b"],
    "district revoke": ["g1 NONE", "g1 DISTRICT_ENGINE", "g9 DISTRICT_ENGINE"],
    "district reload": ["NONE", "DISTRICT_ENGINE"],
    "district doctor": ["-c DISTRICT", "-c DISTRICT --engine DISTRICT_ENGINE"],
    "district list": ["NONE", "DISTRICT_ENGINE"],
    "upstream enrol": [
        f"{CODE} --at 127.0.0.1:9 -c C",
        f"{CODE} --at 127.0.0.1:9 -c NONE",
        f"{CODE} --at a/b -c C",
        "ABCD --at 127.0.0.1 -c C",
        f"{CODE[:-1]}U --at 127.0.0.1 -c C",
        f"{CODE[:-1]}Z --at 127.0.0.1 -c DISTRICT",
    ],
    "upstream status": ["-c C", "-c NONE", "-c C --json"],
    "district retire": ["g1 -c DISTRICT"],
    # With a good file they would wait for the database.
    "district run": ["-c MISROUTED"],
    "district console": ["-c DISTRICT --listen a/b"],
    "district status": ["-c DISTRICT"],
    "district alarm": [
        "g1 1 acknowledge --account op-7 --as operator -c DISTRICT",
        "g1 1 note --note hello --account op-7 --as operator -c DISTRICT",
        "g1 1 note --account 13800138000 --as operator -c DISTRICT",
    ],
    "district drill start": ["g1 --account op-7 --as operator -c DISTRICT"],
    "district drill stop": ["g1 --account op-7 --as operator -c DISTRICT"],
    "district inhibit begin": [
        "g1 lobby --for 1h --reason door --account op-7 --as operator -c DISTRICT"
    ],
    "district inhibit end": ["g1 1 --account op-7 --as operator -c DISTRICT"],
    "district inhibit list": ["g1 --account op-7 --as operator -c DISTRICT"],
    "district level begin": [
        "x --level 2 --for 1h --reason storm --account op-7 --as supervisor -c DISTRICT"
    ],
    "district level end": ["1 --account op-7 --as supervisor -c DISTRICT"],
    "district level list": ["-c DISTRICT"],
    "district plan list": ["-c DISTRICT"],
    "district plan remove": ["--kind smoke --account op-7 --as supervisor -c DISTRICT"],
    "district plan set": [
        "C --kind smoke --account op-7 --as supervisor -c DISTRICT",
        "NONE --kind smoke --account op-7 --as supervisor -c DISTRICT",
        "STEPS --kind smoke --account op-7 --as supervisor -c DISTRICT",
    ],
    "district routes": [
        "-c DISTRICT",
        "-c ROUTED",
        '-c ROUTED --kind smoke --place "杭州 / 西湖"',
        "-c MISROUTED",
    ],
    "handover": ["-c C"],
    "handover verify": ["FILE", "NONE", "FILE --key FILE"],
    "identity build": ["FILE -o NONE", "NONE -o NONE"],
    "identity show": ["FILE", "NONE"],
    "improv": ["NONE --info", "NONE", "/dev/null --info"],
    "orders": ["-c C", "-c C --withdraw 5"],
    "wifi set": ["lobby -c C", "-c C --ssid lab", "loby --ssid lab -c C", "--all --ssid lab -c C"],
    "wifi status": ["-c C"],
    "labels": ["NONE -c C", "NONE -c C --size 1x1", "NONE -c NONE"],
    "plan diff": ["FILE -c C", "NONE -c C", "UNITS -c C"],
    "plan example": ["--boards", ""],
    "plan export": ["FILE -c C", "NONE -c C"],
    "plan import": ["FILE -c C", "NONE -c C", "UNITS -c C --dry-run", "UNITS -c C", "FILE -c BAD"],
    "plan show": ["-c C"],
    "simulate": ["--site A", "--devices 1 --seconds 1 --port 1"],
    "demo": ["--keep", "--district --keep"],
    "backup": ["FILE -c C", "NONE -c C", "NONE -c BROKEN", "NONE -c LOCKED", "NONE -c DISTRICT"],
    "restore": ["NONE -c C", "STATE -c C", "NONE -c DISTRICT"],
    "chaos report": ["--seed x"],
    "chaos run": ["--seed x"],
}
# Data of these calls that look like English.
DATA = (
    "apt install",
    "a person",
    "a role",
    "file is not a database",
    # What libpq itself says of a server that is away.
    "connection failed: connection to server at",
    "failed: Connection refused",
    "Is the server running on that host and accepting TCP/IP connections?",
    "consent on",
    "mon tue wed thu fri sat sun holiday",
)


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield every command that can be called."""
    if not isinstance(command, click.Group) or (path and command.invoke_without_command):
        yield " ".join(path)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from leaves(found, (*path, name))


def write_areas(found: dict[str, Path]) -> None:
    """Write districts with areas: one that is good, and one with a mistake."""
    routed = found["DISTRICT"].read_text() + 'areas = "areas.toml"\n'
    found["ROUTED"].write_text(routed)
    found["MISROUTED"].write_text(routed.replace("areas.toml", "bad-areas.toml"))
    folder = found["DISTRICT"].parent
    (folder / "areas.toml").write_text(AREAS)
    (folder / "bad-areas.toml").write_text(AREAS.replace('["smoke"]', '["smok"]'))


@pytest.fixture
def files(tmp_path: Path, clock: ManualClock) -> dict[str, str]:
    """Return what the placeholders stand for. The journal has an alarm, a closed one, a fault."""
    state, damaged = tmp_path / "state", tmp_path / "damaged"
    site = Site(state, clock)
    site.event(names.ALARM)
    site.act(site.event(names.ALARM, names.SMOKE), Action.ACKNOWLEDGE)
    closed = site.event(names.ALARM, names.GAS)
    site.event(names.RESTORE, names.GAS)
    site.act(closed, Action.ACKNOWLEDGE, Action.CLOSE, cause=Cause.FALSE)
    site.store(fault_begins("disk", said("disk.room"), said("disk.low.do")))
    site.close()
    damaged.mkdir()
    (damaged / "alarms.db").write_bytes(b"no journal" * 1000)
    found = {
        "C": tmp_path / "gateway.toml",
        "BAD": tmp_path / "bad.toml",
        "BROKEN": tmp_path / "broken.toml",
        "LOCKED": tmp_path / "locked.toml",
        "REGISTER": tmp_path / "register.toml",
        "NONE": tmp_path / "none",
        "FILE": tmp_path / "file",
        "UNITS": tmp_path / "units.csv",
        "ANSWERS": tmp_path / "answers.toml",
        "GOOD_ANSWERS": tmp_path / "good-answers.toml",
        "STATE": state,
        "ENGINE": tmp_path / "engine",
        "DISTRICT_ENGINE": tmp_path / "district-engine",
        "DISTRICT": tmp_path / "district.toml",
        "ROUTED": tmp_path / "routed.toml",
        "MISROUTED": tmp_path / "misrouted.toml",
        "STEPS": tmp_path / "steps.toml",
        "DAMAGED": damaged,
        "AUTHORITY": tmp_path / "authority",
        "IMAGE": tmp_path / "image",
    }
    good = CONFIGURATION.format(port=free_port())
    found["C"].write_text(good)
    found["BAD"].write_text(good.replace("[broker]", "[brokr]"))
    found["BROKEN"].write_text(good.replace('"state"', '"damaged"'))
    found["LOCKED"].write_text(good.replace('"state"', '"file"'))
    found["REGISTER"].write_text(REGISTER)
    found["FILE"].write_text("x\n")
    found["UNITS"].write_text("楼栋,房号,设备编号\n3号楼,301,b3-301\n")
    found["ANSWERS"].write_text('site = "estate"\nnames = ["ha_ll"]\n')
    found["GOOD_ANSWERS"].write_text('site = "estate"\nnames = ["hall.local"]\n')
    # Neither an engine nor a database is there.
    found["DISTRICT"].write_text(
        'district = "d1"\nservers = ["nats://127.0.0.1:9"]\ndatabase = "host=127.0.0.1 port=9"\n'
    )
    write_areas(found)
    found["STEPS"].write_text('[[step]]\nid = "call"\nen = "call"\nzh = "致电"\n')
    Authority(found["AUTHORITY"], SystemClock())
    engine = EngineFolder(found["DISTRICT_ENGINE"], SystemClock())
    engine.make("d1", ["localhost"], listen="127.0.0.1", port=9, store=tmp_path / "js", file_mb=64)
    engine.enrol("g1")
    make_image(found["IMAGE"], 8192)
    return {name: str(path) for name, path in found.items()}


def said_by_command(typed: str, files: dict[str, str]) -> str:
    words = [files.get(word, word) for word in shlex.split(typed)]
    done = CliRunner().invoke(
        main, ["--lang", "zh", *words], prog_name="callpoint", env={"LANG": "en_GB.UTF-8"}
    )
    assert not isinstance(done.exception, Exception), done.exception
    return done.output


def test_every_command_is_tried() -> None:
    assert set(leaves(main)) == set(TYPED)


@pytest.mark.parametrize(
    "typed", [f"{command} {rest}" for command, calls in TYPED.items() for rest in calls]
)
def test_a_command_says_nothing_in_english(typed: str, files: dict[str, str]) -> None:
    told = said_by_command(typed, files)
    assert told.strip()
    assert english(told, *DATA) == [], told
