"""One board in place of another: its place and zones under a new name, a new identity, and the
old certificate revoked. History stays with the place; what people wrote into the register stays.
"""

import re

import msgspec

from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.configuration.names import own_name
from callpoint_gateway.configuration.register import Device, Register
from callpoint_gateway.configuration.toml_file import lines_of
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.words.said import of, said
from callpoint_gateway.words.unknown import near
from callpoint_protocol import topics
from callpoint_technician.plan import site, table
from callpoint_technician.plan.difference import DEVICE, Change, Difference, Way
from callpoint_technician.plan.exporting import export
from callpoint_technician.plan.identities import Wanted
from callpoint_technician.plan.importing import Given, Options, Prepared
from callpoint_technician.plan.mistakes import PlanRefused
from callpoint_technician.plan.record import Record
from callpoint_technician.plan.site import Files, Site
from callpoint_technician.plan.units import Unit, check


def prepare(files: Files, old: str, new: str, clock: Clock) -> Prepared:
    """Return what is to be done so that ``new`` stands where ``old`` stood.

    PlanRefused: there is no such board, the name is taken, or nothing is known of how the board
    is wired.
    """
    here = site.read(files, needs_boards=True)
    _check_names(here, old, new, site.authority(files, clock))
    text = renamed(here.text, here.register, old, new)
    register = _loaded(here, text, old, new)
    record = _record(here.record, old, new)
    found = check(table.read(export(register, record, "en")))
    units = [unit for unit in found.units if unit.device == new]
    wanted = _wanted(here, units, clock)
    if wanted.mistakes or new not in wanted.settings:
        raise PlanRefused(wanted.mistakes or [said("replace.no_wiring", device=old)])
    known = msgspec.structs.replace(record.devices[new], mark=wanted.marks()[new])
    changes = [
        Change(way=Way.REMOVED, table=DEVICE, id=old),
        Change(way=Way.ADDED, table=DEVICE, id=new, identity=True),
    ]
    return Prepared(
        site=here,
        options=Options(remove=True),
        units=units,
        difference=Difference(changes, 0, []),
        wanted=wanted,
        given=Given(text, msgspec.structs.replace(record, devices={**record.devices, new: known})),
    )


def _wanted(here: Site, units: list[Unit], clock: Clock) -> Wanted:
    assert here.boards is not None
    config = here.files.config
    now_s = clock.wall_ms() // 1000
    return Wanted(config.gateway.site, units, here.boards, config.coap is not None, now_s)


def _check_names(here: Site, old: str, new: str, authority: Authority) -> None:
    known = here.register.device_ids()
    if old not in known:
        raise PlanRefused([said("unknown.device", name=old, near=near(old, known))])
    if not topics.valid_id(new):
        raise PlanRefused([of("NEW", said("config.id"))])
    if own_name(new):
        raise PlanRefused([of("NEW", said("register.own_name", id=new))])
    # A name that a board ever had could be the name of a board in somebody's drawer.
    if new in known or new in authority.named:
        raise PlanRefused([said("replace.taken", device=new)])


def _record(record: Record, old: str, new: str) -> Record:
    devices = {new if name == old else name: known for name, known in record.devices.items()}
    # Tables of before still have the old name.
    replaced = {name: new if now == old else now for name, now in record.replaced.items()}
    return msgspec.structs.replace(record, devices=devices, replaced=replaced | {old: new})


def renamed(text: str, register: Register, old: str, new: str) -> str:
    """Return a register's text in which a device has another name, also in ``alerts``."""
    lines = text.splitlines()
    quoted = re.compile(rf"([\"']){re.escape(old)}\1")
    own = (DEVICE, register.device_ids().index(old), "id")
    for place, line in lines_of(text).items():
        if place == own or (place[0] == DEVICE and place[-1] == "alerts"):
            end = line
            while place != own and "]" not in lines[end - 1]:
                end += 1  # a list of several lines
            for at in range(line - 1, end):
                lines[at] = quoted.sub(f'"{new}"', lines[at])
    return "\n".join(lines) + "\n"


def _loaded(here: Site, text: str, old: str, new: str) -> Register:
    """Return the register of the changed text. PlanRefused: it is not the one that is wanted."""
    found = site.as_written(here.files, text)
    if _devices(found) != [_renamed(each, old, new) for each in _devices(here.register)]:
        raise PlanRefused([said("plan.register_form", file=str(here.files.register))])
    return found


def _devices(register: Register) -> list[Device | None]:
    return [register.device(name) for name in register.device_ids()]


def _renamed(device: Device | None, old: str, new: str) -> Device | None:
    if device is None:
        return None
    alerts = [new if name == old else name for name in device.alerts]
    return msgspec.structs.replace(
        device, id=new if device.id == old else device.id, alerts=alerts
    )
