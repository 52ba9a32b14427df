"""States and marks of alarms and partitions, in both languages; keys: the journal's values."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

CONDITIONS: Final[Mapping[str, Text]] = {
    "active": Text("active", "持续中"),
    "restored": Text("restored", "已恢复"),
}
HANDLING: Final[Mapping[str, Text]] = {
    "new": Text("NEW", "未确认"),
    "acknowledged": Text("acknowledged", "已确认"),
    "dispatched": Text("dispatched", "已派出"),
    "on_scene": Text("on scene", "已到场"),
    "resolved": Text("resolved", "已处置"),
    "closed": Text("closed", "已结案"),
}
MARKS: Final[Mapping[str, Text]] = {
    "": Text("real", "真实"),
    "drill": Text("drill", "演练"),
    "test": Text("walk test", "步行测试"),
}
CAUSES: Final[Mapping[str, Text]] = {
    "real": Text("real", "真实警情"),
    "false": Text("false", "误报"),
    "test": Text("test", "测试"),
    "drill": Text("drill", "演练"),
    "fault": Text("fault", "故障"),
    "maintenance": Text("maintenance", "维护"),
}
# What a person did about an alarm.
ACTIONS: Final[Mapping[str, Text]] = {
    "acknowledge": Text("acknowledged", "确认"),
    "dispatch": Text("somebody sent", "派出人员"),
    "arrive": Text("arrived on scene", "到达现场"),
    "reinforce": Text("reinforcement arrived", "增援到达"),
    "resolve": Text("resolved", "处置完毕"),
    "close": Text("closed", "结案"),
    "note": Text("noted", "备注"),
}
# Each deadline: while time is left, and once it is missed.
TO_DO: Final[Mapping[str, Text]] = {
    "acknowledge": Text("to be acknowledged within {age}", "须在 {age}内确认"),
    "arrive": Text("to be on scene within {age}", "须在 {age}内到场"),
    "reinforce": Text("to be reinforced within {age}", "须在 {age}内增援"),
    "resolve": Text("to be resolved within {age}", "须在 {age}内处置"),
}
OVERDUE: Final[Mapping[str, Text]] = {
    "acknowledge": Text("NOT ACKNOWLEDGED, {age} overdue", "确认已超时 {age}"),
    "arrive": Text("NOBODY ON SCENE, {age} overdue", "到场已超时 {age}"),
    "reinforce": Text("NO REINFORCEMENT, {age} overdue", "增援已超时 {age}"),
    "resolve": Text("NOT RESOLVED, {age} overdue", "处置已超时 {age}"),
}
STAGES: Final[Mapping[str, Text]] = {
    "centre": Text("at the centre", "送达接警中心"),
    "acknowledged": Text("acknowledged", "确认"),
    "arrived": Text("on scene", "到场"),
    "closed": Text("closed", "结案"),
}
PARTITIONS: Final[Mapping[str, Text]] = {
    "disarmed": Text("disarmed", "已撤防"),
    "arming": Text("arming ({mode})", "布防延时（{mode}）"),
    "armed": Text("armed ({mode})", "已布防（{mode}）"),
    "pending": Text("entry delay ({mode})", "进入延时（{mode}）"),
    "triggered": Text("ALARM ({mode})", "报警（{mode}）"),
}
# The same states without their mode.
PANEL_STATES: Final[Mapping[str, Text]] = {
    "disarmed": Text("disarmed", "撤防"),
    "arming": Text("arming", "布防延时"),
    "armed": Text("armed", "布防"),
    "pending": Text("pending", "进入延时"),
    "triggered": Text("triggered", "报警"),
}
MODES: Final[Mapping[str, Text]] = {
    "home": Text("home", "在家"),
    "away": Text("away", "外出"),
    "night": Text("night", "夜间"),
}

#: Response levels, 1 (the most serious) to 4, as policies for emergencies have them.
LEVELS: Final[Mapping[int, Text]] = {
    1: Text("level I", "一级响应"),
    2: Text("level II", "二级响应"),
    3: Text("level III", "三级响应"),
    4: Text("level IV", "四级响应"),
}
#: What a place is used as.
PROFILES: Final[Mapping[str, Text]] = {
    "estate": Text("housing estate", "住宅小区"),
    "school": Text("school", "学校"),
    "kindergarten": Text("kindergarten", "幼儿园"),
    "hospital": Text("hospital", "医院"),
    "bank": Text("bank", "银行"),
    "kiosk": Text("shop or kiosk with an alarm point", "兼作报警点的商铺或岗亭"),
}
