"""Why a database that answers lets nobody in, read from its text.

libpq has no code for what a server says while somebody connects. The server says it in its own
language: it is known here in English and Chinese, as of PostgreSQL 15 to 18. In any other it is
waited for the database, and people read the server's words.
"""

import re
from typing import Final, Literal

Refusal = Literal["login", "role", "none"]

_NAMED: Final = r'\s*[“"][^"”]*[”"]\s*'
_REFUSALS: Final[tuple[tuple[Refusal, re.Pattern[str]], ...]] = (
    # The first that fits: the file's name is the same in every language.
    ("login", re.compile(r"pg_hba\.conf")),
    (
        "login",
        re.compile(r"authentication failed for user|认证失败|对等认证|no password supplied"),
    ),
    ("role", re.compile(rf"role{_NAMED}does not exist|角色{_NAMED}不存在")),
    ("role", re.compile(rf"role{_NAMED}is not permitted to log in|不允许角色{_NAMED}进行登录")),
    ("none", re.compile(rf"database{_NAMED}does not exist|数据库{_NAMED}不存在")),
    (
        "login",
        re.compile(r"permission denied for database|访问数据库.*权限不够|对数据库.*权限不够"),
    ),
)
# Before it says this, libpq says where it has connected to.
_FATAL: Final = re.compile(r".*(?:FATAL|致命错误)[:：]\s*", re.DOTALL)


def refusal_of(text: str) -> Refusal | None:
    """Say what is refused: the login, the role, or that there is such a database; else None."""
    return next((refusal for refusal, fits in _REFUSALS if fits.search(text)), None)


def words_of(text: str) -> str:
    """Return the server's own words."""
    return _FATAL.sub("", text)
