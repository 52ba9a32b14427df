"""Builds a CAP 1.2 message (OASIS CAP-v1.2, section 3.2): elements in the schema's order.

A date-time has an offset and no fraction; UTC is `-00:00` (3.3.2). Identifier and sender hold no
space, comma, `<` or `&` (3.2.1), because ``references`` lists them separated by commas.
"""

import re
from datetime import UTC, datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec

from callpoint_gateway.protocols.cap.texts import CLASSES, LANGUAGES
from callpoint_gateway.protocols.place_text import SEPARATOR, fit
from callpoint_gateway.protocols.report import Report
from callpoint_gateway.protocols.report_texts import text_of
from callpoint_protocol import names

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
# A message is in force for a day if nothing follows. So that a repeat is the same, the end of one
# that comes late is moved by whole steps: it has more than one step left, and at most two.
_STEP_S: Final = 12 * 3600
# How far around its coordinates a place reaches, km.
_RADIUS_KM = "0.05"
_OVER = (names.RESTORE, names.TROUBLE_RESTORE)
_CLOSED = (names.DOOR, names.NOTICE, names.CLOSED)
# "Some displays may only be capable of 160 characters" (3.2.2, headline).
_HEADLINE: Final = 160
# What XML 1.0 cannot hold, however it is escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Reference(msgspec.Struct, frozen=True):
    """An earlier message, as ``references`` names it; ``sent_s`` is Unix seconds."""

    identifier: str
    sent_s: int


class Heading(msgspec.Struct, frozen=True):
    """Who tells whom; ``status`` is Actual, Exercise or Test, ``kind`` Alert, Update or Cancel."""

    identifier: str
    sender: str
    sent_s: int
    status: str
    kind: str
    addresses: str
    references: list[Reference]
    expires_s: int


def expires_s(occurred_s: int, now_s: float) -> int:
    """Return until when a message that is sent now is in force, in Unix seconds."""
    steps = max(0, int(now_s - occurred_s) // _STEP_S)
    return occurred_s + (steps + 2) * _STEP_S


def moment(seconds: int) -> str:
    """Return Unix seconds as CAP's date-time, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")


def _put(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = _NOT_XML.sub(" ", text)


def _pair(parent: Element, name: str, key: str, value: str) -> None:
    pair = SubElement(parent, name)
    _put(pair, "valueName", key)
    _put(pair, "value", value)


def _parts(report: Report) -> tuple[str, ...]:
    return report.place or (report.place_id or report.device or report.site,)


def where(report: Report) -> str:
    """Return the place as the area's description names it."""
    return SEPARATOR.join(_parts(report))


def _info(alert: Element, tag: str, language: str, heading: Heading, report: Report) -> None:
    kind = CLASSES[report.kind]
    said = text_of(report.kind, report.state, report.detail, language)
    what = said[:1].upper() + said[1:]
    closed = (report.kind, report.state, report.detail) == _CLOSED
    over = report.state in _OVER or closed
    life = report.kind in names.LIFE_KINDS
    info = SubElement(alert, "info")
    _put(info, "language", tag)
    _put(info, "category", kind.category)
    _put(info, "event", what)
    _put(info, "responseType", "AllClear" if over else "Assess")
    _put(info, "urgency", "Past" if over else "Immediate" if life else "Expected")
    grave = report.state == names.ALARM
    _put(info, "severity", kind.severity if grave else "Minor")
    _put(info, "certainty", "Observed")
    _pair(info, "eventCode", "callpoint-kind", names.KINDS[report.kind])
    _pair(info, "eventCode", "callpoint-state", names.STATES[report.state])
    occurred_s = report.occurred_ms // 1000
    _put(info, "onset", moment(occurred_s))
    _put(info, "expires", moment(heading.expires_s))
    colon = "：" if language == "zh" else ": "
    place = fit(_parts(report), _HEADLINE - len(what + colon), len)
    _put(info, "headline", what + colon + place)
    for key, value in (
        ("site", report.site),
        ("device", report.device),
        ("zone", str(report.zone)),
        ("detail", str(report.detail)),
    ):
        if value:
            _pair(info, "parameter", key, value)
    area = SubElement(info, "area")
    _put(area, "areaDesc", where(report))
    if report.latitude is not None and report.longitude is not None:
        _put(area, "circle", f"{report.latitude:.6f},{report.longitude:.6f} {_RADIUS_KM}")


def build(heading: Heading, report: Report) -> bytes:
    """Return the message. KeyError for a kind or state that the protocol does not have."""
    alert = Element("alert", xmlns=NAMESPACE)
    _put(alert, "identifier", heading.identifier)
    _put(alert, "sender", heading.sender)
    _put(alert, "sent", moment(heading.sent_s))
    _put(alert, "status", heading.status)
    _put(alert, "msgType", heading.kind)
    _put(alert, "scope", "Private")
    _put(alert, "addresses", heading.addresses)
    if heading.references:
        triples = [
            f"{heading.sender},{one.identifier},{moment(one.sent_s)}" for one in heading.references
        ]
        _put(alert, "references", " ".join(triples))
    for tag, language in LANGUAGES:
        _info(alert, tag, language, heading, report)
    body: bytes = tostring(alert, encoding="utf-8", xml_declaration=True)
    return body
