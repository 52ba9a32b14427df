"""ARCHITECTURE.md leads to files that exist, names every room and every dependency."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_each_question_leads_to_one_file() -> None:
    rows = re.findall(r"^\| .+\? \| `([^`]+)` \|$", PAGE, re.MULTILINE)
    assert len(rows) >= 20
    assert [row for row in rows if not (ROOT / row).is_file()] == []


def test_every_room_is_shown() -> None:
    rooms = next(
        contract["layers"]
        for contract in PROJECT["tool"]["importlinter"]["contracts"]
        if "containers" in contract
    )
    folders = [room for room in rooms if (ROOT / "gateway/callpoint_gateway" / room).is_dir()]
    assert [room for room in folders if f"`{room}/`" not in PAGE] == []


def test_every_dependency_says_for_what_and_instead_of_what() -> None:
    table = PAGE.partition("## Dependencies")[2]
    extras = PROJECT["project"]["optional-dependencies"]
    wanted = [
        *PROJECT["project"]["dependencies"],
        *(requirement for extra in extras.values() for requirement in extra),
    ]
    names = [re.match(r"[A-Za-z0-9-]+", requirement) for requirement in wanted]
    assert [name[0] for name in names if name and name[0] not in table] == []
