"""The sentences about drills of plans, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

DRILLS: Final[Mapping[str, Text]] = {
    "drill.title": Text("Drills", "演练"),
    "drill.about": Text(
        "Each plan is drilled once a year in each building that has its devices. An ended drill "
        "of the journal is the proof.",
        "每个预案在有相应设备的每栋楼每年演练一次。以事件日志中已结束的演练为凭证。",
    ),
    "drill.reminder": Text("Drills due: {count}", "待开展演练：{count}"),
    "drill.none_due": Text("No drill is due.", "没有待开展的演练。"),
    "drill.reading": Text(
        "The journal is still being read; more drills may be found.",
        "正在读取日志，可能还有演练记录。",
    ),
    "drill.plan": Text("Plan", "预案"),
    "drill.building": Text("Building", "楼栋"),
    "drill.last": Text("Last drill", "最近演练"),
    "drill.proof": Text("{date}, entry {exercise}, {who}", "{date}，日志第 {exercise} 条，{who}"),
    "drill.never": Text("never", "从未"),
    "drill.due": Text("Due", "应开展日期"),
    "drill.now": Text("now", "立即"),
    "drill.overdue": Text("overdue", "已逾期"),
    "drill.soon": Text("soon", "即将到期"),
    "drill.done": Text("done", "已完成"),
    "drill.state": Text("State", "状态"),
    "drill.start": Text("Start (30 minutes)", "开始（30 分钟）"),
    "drill.sure": Text(
        "Start the drill now? For 30 minutes alarms count as a drill there: {plan}, {building}.",
        "现在开始演练？{plan}，{building}：30 分钟内的报警将按演练处理。",
    ),
    "drill.begin": Text("Begin a drill", "开始演练"),
}
