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
    "mark.work": Text("[WORK]", "【工单】"),
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
    "news.work_given": Text(
        "Work order {order} for you: {what}, until {due}", "新工单 {order}：{what}，{due} 前完成"
    ),
    "news.work_reopened": Text(
        "Work order {order} is open again: {what}, until {due}",
        "工单 {order} 重新打开：{what}，{due} 前完成",
    ),
    "news.work_due": Text(
        "Work order {order} is due: {what}, until {due}", "工单 {order} 到期：{what}，{due} 前完成"
    ),
    # The lines of a message.
    "line.place": Text("Place: {where}", "地点：{where}"),
    "line.time": Text("Time: {time}", "时间：{time}"),
    "line.alarm": Text("Alarm {alarm}", "报警编号：{alarm}"),
    "line.reason": Text("Reason: {reason}", "原因：{reason}"),
    "line.remedy": Text("What to do: {remedy}", "处理：{remedy}"),
    "line.acknowledge": Text("See and acknowledge: {url}", "查看并确认：{url}"),
    "line.open": Text("Open: {url}", "打开：{url}"),
    "line.site": Text("Site {site}", "站点：{site}"),
    "line.number": Text("Message {number}", "消息编号：{number}"),
    "line.one": Text("{time} {news}{where}", "{time} {news}{where}"),
    "line.where": Text(", {where}", "，{where}"),
    "title.several": Text("{count} messages", "{count} 条消息"),
    # Why a channel cannot be used.
    "channel.open": Text(
        "{path}: others may use this file; run: chmod 600 {path}",
        "{path}：其他用户可使用此文件，请运行：chmod 600 {path}",
    ),
    "channel.unreadable": Text("{path}: {reason}", "{path}：{reason}"),
    "channel.not_installed": Text(
        "{path}: Apprise is not installed; run: pip install 'callpoint[notify]'",
        "{path}：未安装 Apprise，请运行：pip install 'callpoint[notify]'",
    ),
    "channel.no_url": Text(
        "{path}: is no Apprise URL, such as dingtalk://token/",
        "{path}：不是 Apprise 地址，如 dingtalk://token/",
    ),
    "channel.unknown_url": Text(
        "{path}: Apprise does not know this URL", "{path}：Apprise 不认识此地址"
    ),
    "channel.content_type": Text(
        "{path}: content_type: one of {valid}", "{path}：content_type 可用 {valid}"
    ),
    "channel.url_fields": Text(
        "{path}: url: addresses and texts belong into the body",
        "{path}：url 中不得含联系方式和正文，请写入 body",
    ),
    "channel.query": Text(
        '{path}: a query belongs to method = "GET", and only to it',
        '{path}：query 仅用于 method = "GET"，且必须填写',
    ),
    "channel.body": Text(
        '{path}: a body belongs to method = "POST", and only to it',
        '{path}：body 仅用于 method = "POST"，且必须填写',
    ),
    "channel.no_pattern": Text(
        "{path}: success: is no regular expression", "{path}：success 不是正则表达式"
    ),
    # Why a service did not take a message.
    "sent.http": Text("HTTP {status}", "HTTP {status}"),
    "sent.unlike": Text(
        "HTTP {status}, and the answer is not as `success` wants it",
        "HTTP {status}，应答不符合 success",
    ),
    "sent.said": Text("{answer}", "{answer}"),
    "sent.late": Text("no answer in time", "未及时应答"),
    "sent.unfit": Text(
        "Apprise does not know this URL, or the address does not fit",
        "Apprise 不认识此地址，或联系方式不符",
    ),
    "sent.refused": Text("the service cannot be reached or refuses", "无法连接该服务，或被其拒绝"),
    "sent.ended": Text("the notifier was ended", "通知程序已退出"),
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


class Problem(Exception):
    """What went wrong with a channel, in both languages; ``str`` is in English.

    It has no address, no secret and no person: it reaches logs and pages.
    """

    def __init__(self, key: str, **values: object) -> None:
        """``key``: of ``TEXTS``."""
        self.text = Text(say(key, "en", **values), say(key, "zh", **values))
        super().__init__(self.text.en)

    @property
    def both(self) -> str:
        """The text for a reader whose language is not known."""
        return both(self.text)


def both(text: Text) -> str:
    """Return a text in both languages, or once if they are the same."""
    return text.en if text.en == text.zh else " / ".join(text)


def say(key: str, language: str, **values: object) -> str:
    """Return a text with its values filled in."""
    return TEXTS[key].in_(language).format(**values)
