"""What each connection to the district's database is given, so that none holds up others for long.

A process that is frozen within a transaction keeps its locks, and a machine that is gone ends no
connection. The database itself ends such sessions; their work is then done by others.
"""

from typing import Any, Final

#: A frozen session that holds locks is ended after so long, in seconds.
FROZEN_S: Final = 10.0
# A lock is waited for longer than a frozen session can hold it, a statement still longer.
_LOCK: Final = 1.5
_STATEMENT: Final = 6.0
#: Options of psycopg: a machine that has not answered for 20 s is gone.
ALIVE: Final[dict[str, Any]] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,
    "connect_timeout": 10,
}
_SERVER: Final = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "2",
    "tcp_user_timeout": "20000",
}


def bounded(frozen_s: float = FROZEN_S) -> str:
    """Return the statement that bounds what a session's transactions may hold up."""
    milliseconds = frozen_s * 1000
    return _set(
        idle_in_transaction_session_timeout=milliseconds,
        lock_timeout=milliseconds * _LOCK,
        statement_timeout=milliseconds * _STATEMENT,
    )


def watched(frozen_s: float = FROZEN_S) -> str:
    """Return the statement that ends a session which asks nothing for so long."""
    return _set(idle_session_timeout=frozen_s * 1000)


def _set(**milliseconds: float) -> str:
    values = _SERVER | {name: f"{value:.0f}" for name, value in milliseconds.items()}
    calls = [f"set_config('{name}', '{value}', false)" for name, value in values.items()]
    return f"SELECT {', '.join(calls)}"
