"""The kinds and states of journal entries that are no events, in both languages.

Keys are the values that programs read (`callpoint events --json`).
"""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

KINDS: Final[Mapping[str, Text]] = {
    "status": Text("status", "设备状态"),
    "fault": Text("fault", "系统故障"),
    "loss": Text("loss", "数据丢失"),
    "inhibit": Text("inhibit", "屏蔽"),
    "time": Text("time", "时间"),
    "arming": Text("arming", "布撤防"),
    "action": Text("action", "处置"),
    "exercise": Text("exercise", "演练与测试"),
    "level": Text("response level", "响应级别"),
}
STATES: Final[Mapping[str, Text]] = {
    "online": Text("online", "在线"),
    "lost": Text("lost", "失联"),
    "sleeping": Text("sleeping", "休眠"),
    "active": Text("active", "发生"),
    "over": Text("over", "结束"),
    "dropped": Text("dropped", "已丢弃"),
    "begins": Text("begins", "开始"),
    "maintenance": Text("maintenance", "维护开始"),
    "start": Text("begins", "开始"),
    "warning": Text("ends soon", "即将结束"),
    "end": Text("ends", "结束"),
    "repaired": Text("repaired", "已校正"),
}
