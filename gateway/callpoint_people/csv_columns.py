"""The columns of a file of contacts, and their heads in both languages.

A line is one responsibility of one person, so a person has as many lines as roles. Lines of one
person have the same id, or the same name, telephone number and mail address. A column
``address:bark`` (``地址:bark``) holds addresses of that kind.
"""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import LANGUAGES, Text
from callpoint_people.person import EMAIL, PHONE
from callpoint_people.words import PeopleError

ID: Final = "id"
NAME: Final = "name"
LANGUAGE: Final = "language"
CONSENT: Final = "consent_on"
CHANNELS: Final = "channels"
ROLE: Final = "role"
PLACE: Final = "place"
ORDER: Final = "order"
COLUMNS: Final = {
    ID: Text("id", "编号"),
    NAME: Text("name", "姓名"),
    LANGUAGE: Text("language", "语言"),
    CONSENT: Text("consent on", "同意日期"),
    PHONE: Text("phone", "电话"),
    EMAIL: Text("email", "邮箱"),
    CHANNELS: Text("channels", "通知渠道"),
    ROLE: Text("role", "角色"),
    PLACE: Text("place", "地点"),
    ORDER: Text("order", "顺序"),
}
#: The head of a column with addresses of another kind begins so.
ADDRESS: Final = Text("address:", "地址:")
REQUIRED: Final = (NAME, CONSENT)


def column_of(head: str) -> str:
    """Return the column that a head names: of ``COLUMNS``, or ``address:<kind>``.

    PeopleError: there is no such column.
    """
    text = head.strip()
    for column, name in COLUMNS.items():
        if text.lower().replace("_", " ") in name:
            return column
    plain = text.replace("：", ":")
    for prefix in ADDRESS:
        if plain.startswith(prefix):
            return ADDRESS.en + plain.removeprefix(prefix).strip()
    raise unknown_head(text, COLUMNS)


def unknown_head(head: str, columns: Mapping[str, Text]) -> PeopleError:
    """Return that there is no such column, and which there are."""
    known = ", ".join(f"{name.en} ({name.zh})" for name in columns.values())
    return PeopleError("csv.head", column=head[:32], columns=known)


def heads(kinds: list[str], language: str) -> list[str]:
    """Return the heads of all columns, with a column for each further kind of address."""
    assert language in LANGUAGES
    further = [ADDRESS.in_(language) + kind for kind in kinds]
    return [name.in_(language) for name in COLUMNS.values()] + further
