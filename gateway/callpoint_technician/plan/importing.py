"""Compares a plan with its site and refuses what cannot be; nothing is written."""

import msgspec

from callpoint_gateway.centres import routing
from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.words.said import said
from callpoint_technician.plan import columns, site, table
from callpoint_technician.plan.difference import (
    DEVICE,
    PLACE,
    Change,
    Difference,
    Way,
    difference,
)
from callpoint_technician.plan.identities import Wanted, read_image
from callpoint_technician.plan.mistakes import PlanRefused
from callpoint_technician.plan.record import Record
from callpoint_technician.plan.register_text import RegisterText
from callpoint_technician.plan.site import Files, Site
from callpoint_technician.plan.units import Unit, check


class Options(msgspec.Struct, frozen=True):
    """What a person allows. ``remove``: what the plan no longer has; ``new_keys``: for devices
    whose identity has left this machine."""

    remove: bool = False
    new_keys: bool = False


class Given(msgspec.Struct, frozen=True):
    """Register and record as they will be, where no table of units says it."""

    text: str
    record: Record


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that was compared with its site; nothing is written yet."""

    site: Site
    options: Options
    units: list[Unit]
    difference: Difference
    wanted: Wanted | None
    given: Given | None = None

    @property
    def to_build(self) -> list[str]:
        """The devices that get an identity."""
        return [change.id for change in self.difference.changes if change.identity]

    @property
    def to_do(self) -> list[Change]:
        """The changes that are made: removals only if that was allowed."""
        return [
            change
            for change in self.difference.changes
            if change.way is not Way.REMOVED or self.options.remove
        ]


def prepare(content: bytes, files: Files, options: Options, clock: Clock) -> Prepared:
    """Compare a plan with the site. PlanRefused: all that is wrong with it."""
    found = check(table.read(content))
    mistakes = list(found.mistakes)
    has_boards = any(unit.board for unit in found.units)
    here = site.read(files, needs_boards=has_boards)
    wanted = None
    marks: dict[str, str] = {}
    if here.boards is not None:
        coap = files.config.coap is not None
        now_s = clock.wall_ms() // 1000
        wrong = {mistake.values.get("line") for mistake in mistakes}
        good = [unit for unit in found.units if unit.line.number not in wrong]
        wanted = Wanted(files.config.gateway.site, good, here.boards, coap, now_s)
        mistakes += wanted.mistakes
        marks = wanted.marks()
    compared = difference(found.units, here.register, here.record, marks)
    mistakes += compared.mistakes
    if mistakes:
        raise PlanRefused(mistakes)
    prepared = Prepared(
        site=here, options=options, units=found.units, difference=compared, wanted=wanted
    )
    _check_keys(prepared, clock)
    new_text(prepared)
    return prepared


def _check_keys(prepared: Prepared, clock: Clock) -> None:
    """Refuse to make a key for a device that has one, unless that was allowed."""
    if not prepared.to_build:
        return
    authority = site.authority(prepared.site.files, clock)
    by_name = authority.book.by_name()
    there = prepared.site.files.identities
    lines = {unit.device: unit.line for unit in prepared.units if unit.device}
    mistakes = [
        lines[device].wrong(columns.DEVICE, said("plan.has_key", device=device))
        for device in prepared.to_build
        if any(not known.revoked for known in by_name.get(device, ()))
        and read_image(there, device) is None
    ]
    if mistakes and not prepared.options.new_keys:
        raise PlanRefused(mistakes)


def new_text(prepared: Prepared) -> str:
    """Return the register as it will be, read again and compared with what is wanted."""
    here = prepared.site
    ids = {PLACE: [place.id for place in here.register.places()]}
    ids[DEVICE] = here.register.device_ids()
    changing = RegisterText(here.text, ids)
    for change in prepared.to_do:
        changing.apply(change)
    text = changing.changed() if prepared.to_do else here.text
    found = site.as_written(here.files, text)
    try:
        routing.check(here.files.config, found, here.files.config_file)
    except ConfigError as error:
        raise PlanRefused([said("plan.register_refused", why=error.why)]) from None
    if _content(found) != _content(_expected(here.register, prepared.to_do)):
        raise PlanRefused([said("plan.register_form", file=str(here.files.register))])
    return text


def _content(register: Register) -> tuple[dict[str, Place], dict[str, Device | None]]:
    return (
        {place.id: place for place in register.places()},
        {id: register.device(id) for id in register.device_ids()},
    )


def _expected(register: Register, changes: list[Change]) -> Register:
    """Return the register with changes, made on its content instead of its text."""
    places, devices = (msgspec.to_builtins(part) for part in _content(register))
    for change in changes:
        rows = places if change.table == PLACE else devices
        if change.way is Way.REMOVED:
            del rows[change.id]
            continue
        row = rows.setdefault(change.id, {"id": change.id})
        for key in change.keys:
            row.pop(key.name, None)
            if key.new is not None:
                row[key.name] = key.new
        if change.zones is not None:
            row["zone"] = _zones(row.get("zone", []), change.zones)
    return Register(
        msgspec.convert(list(places.values()), list[Place]),
        msgspec.convert(list(devices.values()), list[Device]),
    )


def _zones(there: list[dict[str, object]], wanted: dict[int, str]) -> list[object]:
    kept = [zone | {"kind": wanted[n]} for zone in there if (n := _number(zone)) in wanted]
    numbers = {_number(zone) for zone in there}
    new = [Zone(zone=n, kind=kind) for n, kind in wanted.items() if n not in numbers]
    return [*kept, *(msgspec.to_builtins(zone) for zone in new)]


def _number(zone: dict[str, object]) -> int:
    number = zone["zone"]
    assert isinstance(number, int)
    return number
