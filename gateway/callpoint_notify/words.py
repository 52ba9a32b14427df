"""The texts of notifications, in both languages; keys are `subject.name`."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

TEXTS: Final[Mapping[str, Text]] = {
    # How urgent it is, before the title.
    "mark.life": Text("[URGENT]", "【紧急】"),
    "mark.alarm": Text("[ALARM]", "【警情】"),
    "mark.fault": Text("[FAULT]", "【故障】"),
    "mark.over": Text("[OVER]", "【恢复】"),
    "mark.drill": Text("[DRILL]", "【演练】"),
    "mark.test": Text("[TEST]", "【测试】"),
    # What happened.
    "news.alarm": Text("{what}", "{what}"),
    "news.escalated": Text("{what}: {overdue}", "{what}：{overdue}"),
    "news.acknowledged": Text("{what}: acknowledged by {who}", "{what}：{who} 已确认"),
    "news.closed": Text("{what}: closed, {cause}", "{what}：已结案，{cause}"),
    "news.trouble": Text("{what}", "{what}"),
    "news.trouble_over": Text("{what}", "{what}"),
    "news.fault": Text("{what}", "{what}"),
    "news.fault_over": Text("over: {what}", "已恢复：{what}"),
    "news.test": Text(
        "This is a message of test. Nothing is to be done.", "这是一条测试消息，无需处理。"
    ),
    # The lines of a message.
    "line.place": Text("Place: {where}", "地点：{where}"),
    "line.time": Text("Time: {time}", "时间：{time}"),
    "line.alarm": Text("Alarm {alarm}", "报警编号：{alarm}"),
    "line.reason": Text("Reason: {reason}", "原因：{reason}"),
    "line.remedy": Text("What to do: {remedy}", "处理：{remedy}"),
    "line.acknowledge": Text("See and acknowledge: {url}", "查看并确认：{url}"),
    "line.site": Text("Site {site}", "站点：{site}"),
    "line.number": Text("Message {number}", "消息编号：{number}"),
    "line.one": Text("{time} {news}{where}", "{time} {news}{where}"),
    "line.where": Text(", {where}", "，{where}"),
    "title.several": Text("{count} messages", "{count} 条消息"),
    # Why a message waits.
    "wait.no_channel": Text(
        "no channel: give the role a channel in [notify], or the person an address",
        "没有渠道：请在 [notify] 中为该角色设置渠道，或登记其联系方式",
    ),
    "wait.no_role": Text(
        "nobody has this role here; see: callpoint contact give",
        "该地点无人担任此角色；请使用 callpoint contact give 登记",
    ),
}


def say(key: str, language: str, **values: object) -> str:
    """Return a text with its values filled in."""
    return TEXTS[key].in_(language).format(**values)
