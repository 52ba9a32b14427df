"""The sentences of the page of response levels, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

LEVELS: Final[Mapping[str, Text]] = {
    "levels.title": Text("Response levels", "响应级别"),
    "levels.explain": Text(
        "A level changes deadlines, ladder and supervision of its area at once, until its end.",
        "响应级别立即改变该区域的处置时限、升级顺序和监督周期，直至结束。",
    ),
    "levels.none": Text("No level is in force.", "当前没有启动响应级别。"),
    "levels.level": Text("Level", "级别"),
    "levels.area": Text("Area", "区域"),
    "levels.until": Text("Until", "截止"),
    "levels.reason": Text("Reason", "原因"),
    "levels.by": Text("Begun by", "启动人"),
    "levels.begin": Text("Begin a level", "启动响应级别"),
    "levels.hours": Text("For how many hours", "持续时间（小时）"),
    "levels.why": Text("Reason (no names, no numbers)", "原因（不得填写姓名和电话）"),
    "levels.do": Text("Begin it", "启动"),
    "levels.end": Text("End", "结束"),
    "levels.end_one": Text("End {level} of {area}", "结束 {area} 的{level}"),
    "grade.1": Text("{level}, the most serious", "{level}（特别重大）"),
    "grade.2": Text("{level}", "{level}（重大）"),
    "grade.3": Text("{level}", "{level}（较大）"),
    "grade.4": Text("{level}, a notice", "{level}（一般）"),
    "levels.no_area": Text("Choose an area of the list.", "请从列表中选择区域。"),
    "levels.no_hours": Text(
        "Choose a level, and 1 to {most} hours.", "请选择级别，持续时间为 1 至 {most} 小时。"
    ),
    "levels.no_reason": Text("Give a reason.", "请填写原因。"),
    "levels.over": Text("That level is over already.", "该响应级别已结束。"),
}
