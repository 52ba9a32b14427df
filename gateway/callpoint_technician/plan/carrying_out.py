"""Makes what a plan needs (keys, certificates, images), and puts all in place at once."""

from pathlib import Path
from typing import Final

import msgspec

from callpoint_gateway.host.clock import Clock
from callpoint_gateway.words.said import Said, said
from callpoint_technician.identity.device_settings import SettingsError
from callpoint_technician.plan import placing, record, site, wiring
from callpoint_technician.plan.difference import Way
from callpoint_technician.plan.identities import Built, Maker, read_image
from callpoint_technician.plan.importing import Prepared, new_text
from callpoint_technician.plan.mistakes import PlanRefused
from callpoint_technician.plan.placing import Staging
from callpoint_technician.plan.record import DeviceRecord, Record
from callpoint_technician.plan.register_text import value
from callpoint_technician.plan.units import Unit

_NEW_REGISTER_MODE: Final = 0o644


class Imported(msgspec.Struct, frozen=True):
    """What was done: identities that were made; what is still to do at the broker."""

    built: list[str]
    late: Said | None


def carry_out(prepared: Prepared, clock: Clock) -> Imported:
    """Make keys, certificates and images, and put everything in place.

    A crash leaves all old or all new; ``placing.recover`` finishes it. PlanRefused: an identity
    does not fit, and nothing was changed.
    """
    files = prepared.site.files
    built = _build(prepared, clock)
    removed = [
        change.id
        for change in prepared.to_do
        if change.way is Way.REMOVED and prepared.site.register.device(change.id) is not None
    ]
    staging = Staging(files.folder)
    staging.begin()
    for each in built:
        staging.stage(files.identities.absolute() / f"{each.device}.bin", each.image, 0o600)
    for device in removed:
        staging.manifest.delete.append(str(files.identities.absolute() / f"{device}.bin"))
    _stage_certificates(prepared, staging, built, removed, clock)
    _stage_coap_keys(prepared, staging, built, removed)
    given = prepared.given
    new_record = given.record if given else _record(prepared, {each.device for each in built})
    staging.stage(files.folder.absolute() / record.FILE, record.encoded(new_record), 0o600)
    # The register is last: what it names is there before it.
    text = given.text if given else new_text(prepared)
    if text != prepared.site.text:
        there = files.register.exists()
        mode = files.register.stat().st_mode & 0o777 if there else _NEW_REGISTER_MODE
        staging.stage(files.register.absolute(), text.encode(), mode)
    staging.commit()
    return Imported([each.device for each in built], placing.recover(files.folder, clock))


def _build(prepared: Prepared, clock: Clock) -> list[Built]:
    if not prepared.to_build or prepared.wanted is None:
        return []
    here = prepared.site
    authority = site.authority(here.files, clock)
    maker = Maker(authority, prepared.wanted, here.coap_keys, clock.wall_ms() // 1000)
    found: list[Built] = []
    for device in prepared.to_build:
        try:
            found.append(maker.make(device, read_image(here.files.identities, device)))
        except SettingsError as error:
            raise PlanRefused([said("plan.identity", device=device, why=error.why)]) from None
    return found


def _stage_certificates(
    prepared: Prepared, staging: Staging, built: list[Built], removed: list[str], clock: Clock
) -> None:
    """Have the authority take new certificates, and revoke those of removed devices."""
    made = [each for each in built if each.known is not None]
    folder = prepared.site.files.certificates
    if folder is None or not (made or removed):
        return
    shut = set(site.authority(prepared.site.files, clock).shut)
    todo = staging.manifest
    todo.certificates_dir = str(folder.absolute())
    todo.known = [each.known for each in made if each.known is not None]
    todo.revoked = removed
    todo.tell = bool(removed) or any(each.device in shut for each in made)
    for each in made:
        staging.stage(folder.absolute() / f"{each.device}.pem", each.certificate, 0o644)


def _stage_coap_keys(
    prepared: Prepared, staging: Staging, built: list[Built], removed: list[str]
) -> None:
    """Add lines to the gateway's file of keys; a line that is there is never changed."""
    coap = prepared.site.files.config.coap
    known = prepared.site.coap_keys
    new = {each.device: each.coap_key for each in built if each.coap_key}
    new = {device: key for device, key in new.items() if device not in known}
    gone = [device for device in removed if device in known]
    if coap is None or not (new or gone):
        return
    path = Path(coap.keys_file)
    text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    heads = tuple(form for device in gone for form in (f"{device} ", f"{device}=", f'"{device}"'))
    kept = [line for line in text.splitlines() if not (heads and line.lstrip().startswith(heads))]
    kept += [f"{value(device)} = {value(key)}" for device, key in new.items()]
    staging.stage(path.absolute(), ("\n".join(kept) + "\n").encode(), 0o600)


def _record(prepared: Prepared, built: set[str]) -> Record:
    """Return what the next import has to know."""
    before = prepared.site.record
    marks = prepared.wanted.marks() if prepared.wanted is not None else {}
    devices: dict[str, DeviceRecord] = {}
    cells: dict[str, list[str]] = {}
    places: dict[str, None] = {}
    for unit in prepared.units:
        places[unit.place] = None
        if unit.responders:
            roles = cells.setdefault(unit.cell, [])
            roles += [role for role in unit.responders if role not in roles]
        if unit.device:
            devices[unit.device] = _device(unit, before.devices.get(unit.device), marks)
    if not prepared.options.remove:
        for id, known in before.devices.items():
            devices.setdefault(id, known)
        places |= dict.fromkeys(before.places)
    return Record(
        places=list(places), devices=devices, cells=cells, replaced=dict(before.replaced)
    )


def _device(unit: Unit, before: DeviceRecord | None, marks: dict[str, str]) -> DeviceRecord:
    kept = before or DeviceRecord()
    return DeviceRecord(
        board=unit.board or kept.board,
        wiring=kept.wiring if unit.zones is None else wiring.written(unit.zones),
        network=unit.network or kept.network,
        mark=marks.get(unit.device, kept.mark),
    )
