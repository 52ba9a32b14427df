"""Which code an event has at an alarm centre: Contact ID (DC-05) and SIA DC-03.

Every kind and state that the protocol allows stands either in the table or in
``report.NOT_REPORTED``; a test proves it. Qualifier 1 is a new event, 3 its restore.
"""

from typing import Final

import msgspec

from callpoint_gateway.protocols.report import (
    ARMED_AWAY,
    ARMED_STAY,
    BYPASS_OVER,
    BYPASSED,
    CANCELLED,
    EXIT_ERROR,
    NOT_REPORTED,
    NOT_TAKEN,
    NOTIFIER,
    OPENED,
    OPENED_STAY,
    PATH_1,
    PATH_2,
    PATH_OTHER,
    TEST_WITH_TROUBLE,
    WRONG_CODE,
)
from callpoint_gateway.words.said import said
from callpoint_protocol import names


class Code(msgspec.Struct, frozen=True):
    """``contact_id`` is the qualifier and three digits, ``dcs`` two letters."""

    contact_id: str
    dcs: str


_ALARM: Final = (names.ALARM, names.RESTORE)
_TROUBLE: Final = (names.TROUBLE, names.TROUBLE_RESTORE)

# kind, the states that begin and end it, Contact ID, DC-03 begin, DC-03 end.
_ROWS: Final = (
    (names.PANIC, _ALARM, "120", "PA", "PH"),
    (names.PANIC, _TROUBLE, "375", "PT", "PJ"),
    (names.MEDICAL, _ALARM, "100", "MA", "MH"),
    (names.MEDICAL, _TROUBLE, "380", "UT", "UJ"),
    (names.SMOKE, _ALARM, "111", "FA", "FH"),
    (names.SMOKE, _TROUBLE, "373", "FT", "FJ"),
    (names.DOOR, _TROUBLE, "380", "BT", "BJ"),
    (names.INTRUSION, _ALARM, "130", "BA", "BH"),
    (names.INTRUSION, _TROUBLE, "380", "BT", "BJ"),
    (names.TAMPER, _ALARM, "383", "TA", "TR"),
    (names.TAMPER, _TROUBLE, "380", "UT", "UJ"),
    (names.GAS, _ALARM, "151", "GA", "GH"),
    (names.GAS, _TROUBLE, "380", "UT", "UJ"),
    (names.WATER, _ALARM, "154", "WA", "WH"),
    (names.WATER, _TROUBLE, "380", "UT", "UJ"),
    (names.DEVICE, _TROUBLE, "380", "UT", "UJ"),
    (names.BATTERY, _TROUBLE, "384", "XT", "XR"),
    (names.SUPERVISION, _TROUBLE, "381", "UY", "UJ"),
)
_TABLE: Final = {
    (kind, state): Code(qualifier + code, letters)
    for kind, (begins, ends), code, begin, end in _ROWS
    for state, qualifier, letters in ((begins, "1", begin), (ends, "3", end))
}
# What a trouble's detail says more exactly. A line that is cut or bridged is tampered with until
# somebody has looked; to a fire centre it is a fire trouble, as the table has it.
_LINE: Final = ((names.LOOP_OPEN, "371", "TA", "TR"), (names.LOOP_SHORT, "372", "TA", "TR"))
_DOOR_LINE: Final = (
    (names.LEFT_OPEN, "426", "DM", "DH"),
    (names.FORCED, "423", "DF", "DR"),
    *_LINE,
)
_LINES: Final = {
    names.PANIC: _LINE,
    names.MEDICAL: _LINE,
    names.DOOR: _DOOR_LINE,
    names.INTRUSION: _LINE,
    names.TAMPER: _LINE,
    names.GAS: _LINE,
    names.WATER: _LINE,
}
_DETAILED: Final = {
    (kind, state, detail): Code(qualifier + code, letters)
    for kind, line in _LINES.items()
    for detail, code, begin, end in line
    for state, qualifier, letters in zip(_TROUBLE, "13", (begin, end), strict=True)
}
# A silent panic must not make the centre call the place back.
_SILENT: Final = {
    names.ALARM: Code("1122", "HA"),
    names.RESTORE: Code("3122", "HH"),
}
# A door only tells its position. Whoever reports it has decided that open is an alarm.
_DOOR: Final = {names.OPEN: Code("1131", "BA"), names.CLOSED: Code("3131", "BH")}
_TEST: Final = {
    0: Code("1601", "RX"),
    names.TEST_MANUAL: Code("1601", "RX"),
    names.TEST_PERIODIC: Code("1602", "RP"),
    names.TEST_WALK: Code("1607", "TS"),
    names.TEST_WALK_END: Code("3607", "TE"),
    TEST_WITH_TROUBLE: Code("1608", "RY"),
}
# What the gateway says about itself. "Telephone line 1 and 2" are today's first and second path.
_OWN: Final = (
    {
        (names.SUPERVISION, state, detail): Code(qualifier + code, letters)
        for detail, code, begin, end in (
            (PATH_1, "351", "LT", "LR"),
            (PATH_2, "352", "LT", "LR"),
            (PATH_OTHER, "350", "YS", "YK"),
            (NOT_TAKEN, "354", "YC", "YK"),
        )
        for state, qualifier, letters in zip(_TROUBLE, "13", (begin, end), strict=True)
    }
    | {
        # "System peripheral trouble", "expansion trouble": of a part beside the gateway.
        (names.DEVICE, names.TROUBLE, NOTIFIER): Code("1330", "ET"),
        (names.DEVICE, names.TROUBLE_RESTORE, NOTIFIER): Code("3330", "ER"),
    }
    | {
        (names.INTRUSION, names.NOTICE, detail): Code(contact_id, letters)
        for detail, contact_id, letters in (
            (ARMED_AWAY, "3401", "CL"),
            (ARMED_STAY, "3441", "NL"),
            (OPENED, "1401", "OP"),
            (OPENED_STAY, "1441", "OP"),
            (CANCELLED, "1406", "BC"),
            (BYPASSED, "1570", "BB"),
            (BYPASS_OVER, "3570", "BU"),
            (EXIT_ERROR, "1374", "EE"),
            (WRONG_CODE, "1461", "JA"),
        )
    }
)


def code_for(kind: int, state: int, detail: int = 0, *, silent: bool = False) -> Code | None:
    """Return the code of an event, None for one that no centre is told of.

    ValueError for a combination that protocol version 1 does not have.
    """
    if (kind, state) in NOT_REPORTED:
        return None
    key = kind, state, detail
    code = _OWN.get(key) or _DETAILED.get(key) or _TABLE.get((kind, state))
    if kind == names.PANIC and silent:
        code = _SILENT.get(state, code)
    elif kind == names.DOOR and state == names.NOTICE:
        code = _DOOR.get(detail)
    elif kind == names.TEST and state == names.TESTED:
        code = _TEST.get(detail)
    if code is None:
        raise ValueError(said("frame.no_code", kind=kind, state=state, detail=detail))
    return code
