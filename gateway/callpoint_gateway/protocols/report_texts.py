"""What a report says to people, in both languages: an event, or what the gateway itself tells."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.protocols.report import (
    ARMED_AWAY,
    ARMED_STAY,
    BYPASS_OVER,
    BYPASSED,
    CANCELLED,
    EXIT_ERROR,
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
from callpoint_gateway.words import facts
from callpoint_gateway.words.text import Text
from callpoint_protocol import names

DETAILS: Final[Mapping[int, Text]] = {
    PATH_1: Text("first path to the centre", "至中心的第一路径"),
    PATH_2: Text("second path to the centre", "至中心的第二路径"),
    PATH_OTHER: Text("further path to the centre", "至中心的其他路径"),
    NOT_TAKEN: Text("another centre never took an event", "其他中心始终未接收某事件"),
    NOTIFIER: Text("telling people outside", "对外通知"),
    TEST_WITH_TROUBLE: Text("periodic test, with troubles", "定期测试（存在故障）"),
    ARMED_AWAY: Text("armed, nobody inside", "外出布防"),
    ARMED_STAY: Text("armed, somebody inside", "在家布防"),
    OPENED: Text("disarmed", "撤防"),
    OPENED_STAY: Text("disarmed by somebody inside", "在家撤防"),
    CANCELLED: Text("alarm cancelled by disarming", "撤防并取消报警"),
    BYPASSED: Text("zone left out", "防区旁路"),
    BYPASS_OVER: Text("zone takes part again", "防区旁路恢复"),
    EXIT_ERROR: Text("open at the end of the exit delay", "退出延时结束时未关闭"),
    WRONG_CODE: Text("wrong code", "密码错误"),
}
# What is lost and comes back.
_LOST: Final = (PATH_1, PATH_2, PATH_OTHER, NOTIFIER)
_ENDS: Final[Mapping[int, Text]] = {
    names.TROUBLE: Text("{what} is lost", "{what}中断"),
    names.TROUBLE_RESTORE: Text("{what} is back", "{what}恢复"),
}


def text_of(kind: int, state: int, detail: int, language: str) -> str:
    """Return what a report says. KeyError for a kind or state that the protocol has not."""
    known = DETAILS.get(detail)
    if known is None:
        return facts.event(kind, state, detail, language)
    text = known.in_(language)
    return (
        _ENDS[state].in_(language).format(what=text)
        if detail in _LOST and state in _ENDS
        else text
    )
