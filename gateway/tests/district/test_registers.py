"""A district keeps the register of each gateway's site: whole, checked, and nobody else's."""

import hashlib
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from callpoint_district.database import Database
from callpoint_district.sites.registers import KeptRegister, RegisterKeeper, register_of
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.configuration import config as configs
from callpoint_gateway.configuration import register as registers
from callpoint_gateway.configuration import revision as revisions
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.protocols.upstream import RegisterAnswer, RegisterPart

CONFIG = """
[gateway]
site = "north"
state_dir = "state"
register = "register.toml"
time_zone = "Asia/Shanghai"

[[centre]]
name = "police"
host = "127.0.0.1"
port = 5000
account = "1234"
key_file = "{key}"

[alarms]
arrive_s = 240

[[level]]
level = 1
arrive_s = 120
"""
REGISTER = """
[[place]]
id = "flat-301"
city = "Hangzhou"
district = "Xihu"
street = "Wenyi Road"
latitude = 30.27
longitude = 120.12

[[place]]
id = "shop"
city = "Hangzhou"

[[partition]]
id = "home"
place = "flat-301"

[[device]]
id = "button"
place = "flat-301"

[[device.zone]]
zone = 1
kind = "panic"
"""


def text_of(folder: Path) -> bytes:
    """Return the revision that a gateway with these files tells."""
    key = folder / "aes.key"
    key.write_text("0123456789abcdef0123456789abcdef\n", encoding="utf-8")
    (folder / "gateway.toml").write_text(CONFIG.format(key=key), encoding="utf-8")
    (folder / "register.toml").write_text(REGISTER, encoding="utf-8")
    config = configs.load(folder / "gateway.toml", PROTOCOLS)
    register = registers.load(folder / "register.toml")
    return b"".join(revisions.lines(config, register))


def tell(keeper: RegisterKeeper, text: bytes, gateway: str = "g1") -> RegisterAnswer:
    """Tell a whole revision in one part."""
    digest = hashlib.sha256(text).hexdigest()
    return keeper.take(gateway, RegisterPart(digest=digest, parts=1, text=text))


def kept(database: Database, gateway: str = "g1") -> KeptRegister | None:
    """Return what the district has of a gateway's site."""
    with database.transaction() as connection:
        return register_of(connection, gateway)


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    """Return what a query finds."""
    with database.transaction() as connection:
        return connection.execute(query).fetchall()


def test_a_register_is_kept_with_its_deadlines_and_account_numbers(
    folder: Path, database: Database
) -> None:
    text = text_of(folder)
    answer = tell(RegisterKeeper(database, SystemClock()), text)
    assert answer == RegisterAnswer(digest=hashlib.sha256(text).hexdigest())
    found = kept(database)
    assert found is not None
    assert (found.site, found.zone) == ("north", ZoneInfo("Asia/Shanghai"))
    assert found.settings.at(0).arrive_s == 240
    assert found.settings.at(1).arrive_s == 120
    assert [(centre.name, centre.account) for centre in found.centres] == [("police", "1234")]
    assert str(found.register.place_of("button")) == "Hangzhou / Xihu / Wenyi Road"
    assert list(found.register.partitions) == ["home"]
    assert found.register.zone("button", 1) is not None
    assert rows(database, "SELECT * FROM devices") == [
        ("g1", "button", "flat-301", ["Hangzhou", "Xihu", "Wenyi Road"])
    ]
    assert rows(database, "SELECT place, latitude FROM places ORDER BY place") == [
        ("flat-301", 30.27),
        ("shop", None),
    ]


def test_no_key_and_no_secret_is_told(folder: Path) -> None:
    text = text_of(folder)
    assert b"1234" in text
    assert b"key" not in text
    assert b"0123456789abcdef" not in text
    assert str(folder).encode() not in text


def test_the_next_revision_replaces_all_of_the_one_before_and_nobody_elses(
    folder: Path, database: Database
) -> None:
    keeper = RegisterKeeper(database, SystemClock())
    text = text_of(folder)
    for gateway in ("g1", "g2"):
        tell(keeper, text, gateway)
    fewer = b"\n".join(line for line in text.splitlines() if b'"shop"' not in line)
    tell(keeper, fewer)
    assert rows(database, "SELECT gateway, place FROM places ORDER BY 1, 2") == [
        ("g1", "flat-301"),
        ("g2", "flat-301"),
        ("g2", "shop"),
    ]
    assert rows(database, "SELECT count(*) FROM register_parts") == [(0,)]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (b'"place":"flat-301","account"', b'"place":"flat-999","account"'),
        (b'"id":"flat-301"', b'"id":"a\\u0000b"'),
        (b'"kind":"panic"', b'"kind":"flood-of-2030"'),
        (b'"time_zone":"Asia/Shanghai"', b'"time_zone":"Asia/Nowhere"'),
        (b'"arrive_s":240', b'"arrive_s":"soon"'),
        (b'"site":"north"', b'"site":"no/rth"'),
        (b'"id":"button"', b'"id":"flat-301 "'),
        (b'{"site":', b'{"place":'),
    ],
)
def test_what_is_no_register_is_refused_and_the_one_before_stays(
    folder: Path, database: Database, was: bytes, now: bytes
) -> None:
    keeper = RegisterKeeper(database, SystemClock())
    text = text_of(folder)
    before = tell(keeper, text).digest
    assert was in text
    answer = tell(keeper, text.replace(was, now))
    assert answer.refused.known
    assert answer.refused.in_("zh")
    assert answer.digest == before
    assert kept(database) is not None
    assert len(rows(database, "SELECT 1 FROM places")) == 2


def test_parts_come_in_any_order_and_to_any_process(folder: Path, database: Database) -> None:
    text = text_of(folder)
    digest = hashlib.sha256(text).hexdigest()
    cut = len(text) // 3
    pieces = [text[:cut], text[cut : 2 * cut], text[2 * cut :]]
    parts = [
        RegisterPart(digest=digest, parts=3, number=number, text=piece)
        for number, piece in enumerate(pieces)
    ]
    one, other = (RegisterKeeper(database, SystemClock()) for _ in range(2))
    assert one.take("g1", RegisterPart(digest=digest, parts=3)).wants == 0
    assert other.take("g1", parts[2]).wants == 0
    assert one.take("g1", parts[0]).wants == 1
    assert one.take("g1", parts[0]).wants == 1
    assert kept(database) is None
    assert other.take("g1", parts[1]).digest == digest
    assert one.take("g1", parts[1]) == RegisterAnswer(digest=digest)


def test_parts_of_another_revision_are_dropped(folder: Path, database: Database) -> None:
    text = text_of(folder)
    keeper = RegisterKeeper(database, SystemClock())
    other = RegisterPart(digest="0" * 64, parts=2, text=b"something else")
    assert keeper.take("g1", other).wants == 1
    assert tell(keeper, text).refused == RegisterAnswer().refused
    damaged = RegisterPart(digest="1" * 64, parts=1, text=text)
    assert keeper.take("g1", damaged).refused.code == "upstream.register_other"


def test_what_a_later_version_tells_besides_is_passed_over(
    folder: Path, database: Database
) -> None:
    text = text_of(folder).replace(b'"id":"button"', b'"id":"button","colour":{"red":1}')
    text = text.replace(b'"arrive_s":120', b'"arrive_s":120,"run_s":9')
    text += msgspec.json.encode({"storey": {"id": "1"}}) + b"\n"
    answer = tell(RegisterKeeper(database, SystemClock()), text)
    assert not answer.refused
    found = kept(database)
    assert found is not None
    assert found.register.device_ids() == ["button"]
    assert found.settings.at(1).arrive_s == 120
