"""The columns of a table of units, and their heads in both languages.

A line is one device at one place; a line without a board, wiring or device is a place alone. A
column that the table does not have is left as it is on the site.
"""

import unicodedata
from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import LANGUAGES, Text

DEVICE: Final = "device"
PLACE: Final = "place"
LABEL: Final = "label"
PROFILE: Final = "profile"
LATITUDE: Final = "latitude"
LONGITUDE: Final = "longitude"
BOARD: Final = "board"
WIRING: Final = "wiring"
POWER: Final = "power"
NETWORK: Final = "network"
ACCOUNT: Final = "account"
NUMBER: Final = "number"
CELL: Final = "cell"
RESPONDERS: Final = "responders"
#: The parts of a place, the largest first.
GRID: Final = ("city", "district", "street", "community", "building", "unit", "room")
OF_PLACES: Final = (*GRID, LABEL, PROFILE, LATITUDE, LONGITUDE)

HEADS: Final[Mapping[str, Text]] = {
    DEVICE: Text("device", "设备编号"),
    PLACE: Text("place", "地点编号"),
    "city": Text("city", "城市"),
    "district": Text("district", "区县"),
    "street": Text("street", "街道"),
    "community": Text("community", "小区"),
    "building": Text("building", "楼栋"),
    "unit": Text("unit", "单元"),
    "room": Text("room", "房号"),
    LABEL: Text("label", "上报名称"),
    PROFILE: Text("profile", "用途"),
    LATITUDE: Text("latitude", "纬度"),
    LONGITUDE: Text("longitude", "经度"),
    BOARD: Text("board", "板型"),
    WIRING: Text("wiring", "接线"),
    POWER: Text("power", "供电"),
    NETWORK: Text("wi-fi", "无线网络"),
    ACCOUNT: Text("account", "账号"),
    NUMBER: Text("fire number", "消防编号"),
    CELL: Text("cell", "网格"),
    RESPONDERS: Text("responders", "处置人员"),
}
# What estates call them as well.
_ALSO: Final[Mapping[str, str]] = {
    "device id": DEVICE,
    "设备": DEVICE,
    "place id": PLACE,
    "位置编号": PLACE,
    "市": "city",
    "区": "district",
    "镇": "street",
    "社区": "community",
    "小区名称": "community",
    "楼号": "building",
    "楼": "building",
    "幢": "building",
    "房间": "room",
    "房间号": "room",
    "室": "room",
    "flat": "room",
    "number": NUMBER,
    "显示名称": LABEL,
    "network": NETWORK,
    "wifi": NETWORK,
    "无线": NETWORK,
    "探测器": WIRING,
    "sensors": WIRING,
}
# They stand in many tables of estates, and must not come into a register.
_PERSONS: Final = (
    *("name", "resident", "owner", "person", "contact", "phone", "telephone", "tel", "mobile"),
    *("email", "id card", "姓名", "住户", "业主", "户主", "联系人", "电话", "手机", "联系电话"),
    *("手机号", "手机号码", "电话号码", "邮箱", "身份证", "身份证号"),
)


def folded(text: str) -> str:
    """Return a text as its near duplicates have it: full width, case and blanks do not count."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


_BY_HEAD: Final = {
    **{folded(head): column for column, heads in HEADS.items() for head in (*heads, column)},
    **{folded(head): column for head, column in _ALSO.items()},
}


def column_of(head: str) -> str | None:
    """Return the column that a head names; None: there is no such column."""
    return _BY_HEAD.get(folded(head.replace("_", " ")))


def is_of_persons(head: str) -> bool:
    """Say whether a column holds names or numbers of people."""
    return folded(head.replace("_", " ")) in _PERSONS


def heads_in(language: str) -> list[str]:
    """Return the heads of all columns."""
    assert language in LANGUAGES
    return [head.in_(language) for head in HEADS.values()]
