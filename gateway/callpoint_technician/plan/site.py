"""The site that a plan is for: where its files are, and what is in them now."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from callpoint_gateway.broker.authority import Authority, AuthorityError
from callpoint_gateway.configuration import register as registers
from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.device_keys import device_keys
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.words.said import said
from callpoint_technician.plan import boards_file, record
from callpoint_technician.plan.boards_file import BoardsFile
from callpoint_technician.plan.mistakes import PlanRefused
from callpoint_technician.plan.record import Record


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """Where the files of a site are. ``certificates``: the folder of its authority."""

    config: Config
    config_file: Path
    boards: Path
    identities: Path
    certificates: Path | None

    @property
    def register(self) -> Path:
        """The register's file."""
        return Path(self.config.gateway.register)

    @property
    def folder(self) -> Path:
        """The folder of the register, beside which an import works."""
        return self.register.parent


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """What is there before an import."""

    files: Files
    text: str
    register: Register
    record: Record
    boards: BoardsFile | None
    coap_keys: Mapping[str, bytes]


def read(files: Files, *, needs_boards: bool) -> Site:
    """Return what is there. PlanRefused: a file is wrong.

    ``needs_boards``: some line has a board, so the file about boards must be there.
    """
    try:
        text, register = "", Register([], [])
        if files.register.exists():
            register = registers.load(files.register)  # which says if it is no text
            text = files.register.read_text(encoding="utf-8-sig")
        boards = boards_file.load(files.boards) if needs_boards else None
        coap = files.config.coap
        keys: Mapping[str, bytes] = {}
        if coap is not None and Path(coap.keys_file).exists():
            keys = device_keys(Path(coap.keys_file))
    except ConfigError as error:
        raise PlanRefused([error.why]) from None
    return Site(
        files=files,
        text=text,
        register=register,
        record=record.read(files.folder),
        boards=boards,
        coap_keys=keys,
    )


def as_written(files: Files, text: str) -> Register:
    """Return the register of a text that is not in place yet. PlanRefused: it is none."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, files.register.name)
        path.write_text(text, encoding="utf-8")
        try:
            return registers.load(path)
        except ConfigError as error:
            raise PlanRefused([said("plan.register_refused", why=error.why)]) from None


def authority(files: Files, clock: Clock) -> Authority:
    """Return the authority of the site. PlanRefused: there is none."""
    if files.certificates is None:
        raise PlanRefused([said("plan.no_authority")])
    try:
        return Authority.opened(files.certificates.absolute(), clock)
    except AuthorityError as error:
        raise PlanRefused([error.why]) from None
