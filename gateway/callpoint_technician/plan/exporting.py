"""Writes what a site has as the table that an import takes."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.host.csv_text import as_cell
from callpoint_gateway.words.people import PROFILES
from callpoint_gateway.words.text import Text
from callpoint_people import roles
from callpoint_technician.plan import columns, wiring
from callpoint_technician.plan.columns import GRID
from callpoint_technician.plan.record import DeviceRecord, Record

_POWERS = {"mains": Text("mains", "市电"), "battery": Text("battery", "电池")}


def export(register: Register, record: Record, language: str) -> bytes:
    """Return the table of a site with heads in a language; an import of it changes nothing."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns.heads_in(language))
    for row in _rows(register, record, language):
        writer.writerow([_cell(row.get(column)) for column in columns.HEADS])
    # With a byte order mark, without which Excel takes it for another encoding.
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _cell(given: Any) -> str:
    return "" if given is None else str(as_cell(str(given)))


def _rows(register: Register, record: Record, language: str) -> Iterator[dict[str, Any]]:
    """Yield a line for each device, and for each place that has none of its own."""
    cells = dict(record.cells)
    seen: set[str] = set()
    for id in register.device_ids():
        device = register.device(id)
        place = register.place_of(id)
        if device is None or place is None:
            continue
        seen.add(place.id)
        yield {
            **_place(place, cells, language),
            **_device(device, record.devices.get(id, DeviceRecord()), language),
        }
    for place in register.places():
        if place.id not in seen:
            yield _place(place, cells, language)


def _place(place: Place, cells: dict[str, list[str]], language: str) -> dict[str, Any]:
    found: dict[str, Any] = {column: getattr(place, column) for column in columns.OF_PLACES}
    found[columns.PLACE] = place.id
    profile = place.profile.value
    found[columns.PROFILE] = profile if language == "en" else PROFILES[profile].in_(language)
    # The responders of a cell stand in the first line that is in it.
    for count in range(1, len(place.grid) + 1):
        cell = " / ".join(place.grid[:count])
        if cell in cells:
            given = cells.pop(cell)
            found[columns.RESPONDERS] = " + ".join(
                roles.name_of(role).in_(language) for role in given
            )
            part = [part for part in GRID if getattr(place, part)][count - 1]
            found[columns.CELL] = columns.HEADS[part].in_(language)
            break
    return found


def _device(device: Device, known: DeviceRecord, language: str) -> dict[str, Any]:
    return {
        columns.DEVICE: device.id,
        columns.BOARD: known.board,
        columns.WIRING: wiring.written(wiring.parse(known.wiring), language)
        or _kinds(device, language),
        columns.POWER: _POWERS[device.power].in_(language),
        columns.NETWORK: known.network,
        columns.ACCOUNT: device.account,
        columns.NUMBER: device.number,
    }


def _kinds(device: Device, language: str) -> str:
    """Return the zones of a device that no plan has wired."""
    kinds = [(zone.zone, wiring.kind_in(zone.kind, language)) for zone in device.zone]
    return " + ".join(
        kind if zone == number else f"{zone}={kind}"
        for number, (zone, kind) in enumerate(kinds, 1)
    )
