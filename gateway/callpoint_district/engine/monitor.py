"""Asks the engine's monitoring port, which listens on this machine only."""

from typing import Final, TypeVar

import msgspec
import urllib3

from callpoint_gateway.host.json_text import NOT_JSON

#: The port that an engine's configuration has, unless it was made with another.
MONITOR: Final = 8222
#: How long an answer may take, in seconds, and how long it may be, in bytes.
WAIT_S: Final = 3.0
MOST: Final = 1024 * 1024


AnswerT = TypeVar("AnswerT", bound=msgspec.Struct)


class StoreSettings(msgspec.Struct, frozen=True):
    """``sync_always``: each message is on the disk before it is acknowledged."""

    store_dir: str = ""
    max_storage: int = 0
    sync_always: bool = False


class StoreUse(msgspec.Struct, frozen=True):
    """What its store takes, in bytes."""

    storage: int = 0


class Store(msgspec.Struct, frozen=True):
    """JetStream, as ``/varz`` has it."""

    config: StoreSettings | None = None
    stats: StoreUse | None = None


class Varz(msgspec.Struct, frozen=True):
    """What the engine says of itself (``/varz``); a field that it does not know is left out."""

    server_id: str
    version: str
    config_load_time: str
    connections: int = 0
    jetstream: Store = Store()


class NoAnswer(Exception):
    """The engine does not answer on its monitoring port."""


class Connz(msgspec.Struct, frozen=True):
    """Connections of the engine (``/connz``)."""

    num_connections: int


def varz(port: int) -> Varz:
    """Ask the engine about itself. NoAnswer: none listens there, or it is no engine."""
    return _asked(port, "varz", Varz, {})


def connections_of(port: int, gateway: str) -> int:
    """Return how many connections a gateway has. NoAnswer: as ``varz``."""
    return _asked(port, "connz", Connz, {"auth": "1", "user": f"CN={gateway}"}).num_connections


def _asked(port: int, what: str, type: type[AnswerT], fields: dict[str, str]) -> AnswerT:
    try:
        with urllib3.PoolManager(retries=False) as pool:
            answer = pool.request(
                "GET",
                f"http://127.0.0.1:{port}/{what}",
                fields=fields,
                timeout=WAIT_S,
                preload_content=False,
            )
            body = answer.read(MOST)
            answer.close()
        return msgspec.json.decode(body, type=type)
    except (urllib3.exceptions.HTTPError, OSError, *NOT_JSON) as error:
        raise NoAnswer(str(error)) from error
