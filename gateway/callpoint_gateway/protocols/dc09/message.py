"""A report of the gateway as a DC-09 frame.

One event per frame in the form that every receiver examined reads alike:
``#account|Nri<partition>/<code><zone>`` (SIA-DCS) or ``#account|QEEE GG CCC`` (ADM-CID).
The frame's own time is the time of this transmission, because receivers refuse one that is
more than 40 s old; when a late event happened stands in its ``[H...]`` block (5.5.1.8).
"""

import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from callpoint_gateway.protocols.dc09.codes import code_for
from callpoint_gateway.protocols.dc09.frame import Frame, time_text
from callpoint_gateway.protocols.place_text import fit, fold, says_something
from callpoint_gateway.protocols.report import Report
from callpoint_gateway.words.said import said

# Receivers read at most 1000 bytes at once, and encryption doubles the text.
MAX_TEXT: Final = 64


class Encoding(StrEnum):
    """How the event is written; the value is the frame's token."""

    SIA_DCS = "SIA-DCS"
    ADM_CID = "ADM-CID"


class NotReported(ValueError):
    """An event of which no centre is told (``report.NOT_REPORTED``)."""


def data_block(report: Report, account: str, encoding: Encoding) -> str:
    """Return the content of the frame's data brackets."""
    code = code_for(report.kind, report.state, report.detail, silent=report.silent)
    if code is None:
        raise NotReported(said("frame.not_reported", kind=report.kind, state=report.state))
    if not 0 <= report.partition <= 99:
        raise ValueError(said("frame.partition"))
    if not 0 <= report.zone <= 999:
        raise ValueError(said("frame.zone"))
    if encoding is Encoding.ADM_CID:
        return f"#{account}|{code.contact_id} {report.partition:02d} {report.zone:03d}"
    return f"#{account}|Nri{report.partition}/{code.dcs}{report.zone}"


def extended_blocks(
    report: Report,
    encoding: Encoding,
    clock_offset_s: float = 0.0,
    letters: str = "I",
    *,
    utf8: bool = False,
) -> tuple[str, ...]:
    """Return the extended blocks: ``H`` for a late event, then those of ``letters`` with a value.

    The offset takes the gateway's clock to the centre's. ``I`` and ``L`` name the place in full,
    ``O`` the building, ``R`` the room, ``S`` the site; ``X`` and ``Y`` are its position.
    """
    blocks = [letter + value for letter in letters if (value := _value(letter, report, utf8))]
    if report.late:
        blocks.insert(0, "H" + time_text(report.occurred_ms / 1000 + clock_offset_s))
    # pysiaalarm refuses a Contact ID frame with two blocks: the time matters most.
    return tuple(blocks[:1] if encoding is Encoding.ADM_CID else blocks)


def _value(letter: str, report: Report, utf8: bool) -> str:
    if letter in "XY":
        value, digits, signs = (
            (report.longitude, 3, "EW") if letter == "X" else (report.latitude, 2, "NS")
        )
        return "" if value is None else degrees(value, digits, signs)
    texts = {"O": report.building, "R": report.room, "S": report.site}
    if letter in texts:
        return printable(texts[letter], utf8=utf8)
    return place_text(report.place, report.place_id, utf8=utf8)


def degrees(value: float, digits: int, signs: str) -> str:
    """Return degrees and thousandths of minutes around a letter: ``46N56.789``."""
    thousandths = round(abs(value) * 60_000)
    whole, minutes = divmod(thousandths, 60_000)
    return f"{whole:0{digits}d}{signs[value < 0]}{minutes // 1000:02d}.{minutes % 1000:03d}"


def printable(text: str, *, utf8: bool = False) -> str:
    """Return ``text`` short and without the characters that have a meaning in a frame.

    In ASCII unless ``utf8``: the newest edition has UTF-8, older ones Windows-1252, and
    pysiaalarm refuses the frame in both cases. Empty when no letter and no digit is left.
    """
    return fit([_clean(text, utf8)], MAX_TEXT, _bytes)


def place_text(parts: Sequence[str], place_id: str, *, utf8: bool = False) -> str:
    """Return the text of a place, else its id; empty when a frame can carry neither."""
    text = fit([_clean(part, utf8) for part in parts], MAX_TEXT, _bytes)
    return text or printable(place_id, utf8=utf8)


def _clean(text: str, utf8: bool) -> str:
    spaced = " ".join(text.split())
    spaced = unicodedata.normalize("NFC", spaced) if utf8 else fold(spaced)
    kept = "".join(char for char in spaced if char not in "[]|^" and char.isprintable())
    return " ".join(kept.split()) if says_something(kept) else ""


def _bytes(text: str) -> int:
    return len(text.encode(errors="replace"))


def event_frame(
    report: Report,
    number: int,
    account: str,
    encoding: Encoding,
    clock_offset_s: float = 0.0,
    letters: str = "I",
    *,
    utf8: bool = False,
) -> Frame:
    """Return the frame of an event, still without time, receiver and encryption."""
    if number < 1:
        raise ValueError(said("frame.zero"))
    return Frame(
        token=encoding.value,
        number=number,
        account=account,
        data=data_block(report, account, encoding),
        extended=extended_blocks(report, encoding, clock_offset_s, letters, utf8=utf8),
    )


def link_test(account: str, category: str | None = None) -> Frame:
    """Return the frame that only asks whether somebody is there (5.5.2): always number 0.

    With a supervision category (``DP4``) it is the 2026 edition's XNM, which says it.
    """
    if category is None:
        return Frame(token="NULL", number=0, account=account)
    return Frame(token="XNM", number=0, account=account, extended=("C" + category,))
