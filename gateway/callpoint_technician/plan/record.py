"""What the last import knew beyond the register: ``plan.json`` beside it, without secrets."""

from pathlib import Path
from typing import Final

import msgspec

from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.words.said import of, said, said_by
from callpoint_technician.plan.mistakes import PlanRefused

FILE: Final = "plan.json"


class DeviceRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a device was built: board, wiring (as a cell has it), network, mark of its identity."""

    board: str = ""
    wiring: str = ""
    network: str = ""
    mark: str = ""


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """The places and devices of the plan, and whose roles are wanted at which cells.

    ``replaced``: by the name of a board that is out, the board that has its place now.
    """

    version: int = 1
    places: list[str] = []
    devices: dict[str, DeviceRecord] = {}
    cells: dict[str, list[str]] = {}
    replaced: dict[str, str] = {}


def read(folder: Path) -> Record:
    """Return the record, an empty one if there was no import. PlanRefused: it is damaged."""
    path = folder / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Record)
    except FileNotFoundError:
        return Record()
    except OSError as error:
        raise PlanRefused([of(str(path), said_by(error))]) from None
    except NOT_JSON:
        raise PlanRefused([of(str(path), said("plan.record"))]) from None


def encoded(record: Record) -> bytes:
    """Return what is written."""
    return msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"
