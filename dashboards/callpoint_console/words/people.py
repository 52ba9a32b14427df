"""The sentences about people on the pages, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

PEOPLE: Final[Mapping[str, Text]] = {
    # Beside the card of an alarm
    "responsible.title": Text("Responsible here", "负责人员"),
    "responsible.nobody": Text("nobody", "无人"),
    "responsible.on_duty": Text("on duty", "值班中"),
    "responsible.off_duty": Text("off duty", "未值班"),
    "household.show": Text("Household", "住户信息"),
    "household.title": Text("Household", "住户"),
    "household.nobody": Text(
        "No resident and no key holder is stored for this place.",
        "此地点未登记居民和钥匙保管人。",
    ),
    "household.recorded": Text(
        "This look is on record. Press H to hide it.", "此次查看已记录。按 H 键隐藏。"
    ),
    "household.drill": Text("A drill shows no household.", "演练中不显示住户信息。"),
    "told.title": Text("Told outside", "对外通知"),
    "told.nobody": Text("Nobody has been told yet.", "尚未通知任何人。"),
    "told.unreadable": Text(
        "What was told cannot be read; the console's log says why.",
        "无法读取通知记录，原因见控制台日志。",
    ),
    "news.alarm": Text("alarm", "报警"),
    "news.escalated": Text("deadline missed", "处置超时"),
    "news.acknowledged": Text("acknowledged", "已确认"),
    "news.closed": Text("closed", "已结案"),
    "news.trouble": Text("trouble", "故障"),
    "news.trouble_over": Text("trouble over", "故障恢复"),
    "news.fault": Text("fault of the gateway", "网关故障"),
    "news.fault_over": Text("fault over", "网关故障恢复"),
    "news.test": Text("test message", "测试消息"),
    "news.to_one": Text("one person", "个人"),
    # The link of a message
    "reply.alarm": Text("Alarm", "报警编号"),
    "reply.state": Text("State", "状态"),
    "reply.age": Text("Since", "已过"),
    "reply.closed": Text("closed", "已结案"),
    "reply.acknowledge": Text("Acknowledge the alarm", "确认报警"),
    "reply.sign_in_first": Text(
        "Sign in to acknowledge it; opening this page has done nothing.",
        "确认前请先登录；打开此页面不会执行任何操作。",
    ),
    "reply.not_yours": Text(
        "Your account does not handle alarms at this place.", "您的账号不处理此地点的报警。"
    ),
    "reply.over": Text("This link leads nowhere", "链接无效"),
    "reply.over_do": Text(
        "It was used, is too old, or is not complete. Open the console to see all alarms.",
        "链接已使用、已过期或不完整。请打开控制台查看全部报警。",
    ),
}
