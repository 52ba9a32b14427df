"""The texts about people, in both languages; keys are `subject.name`."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.said import Said
from callpoint_gateway.words.text import LANGUAGES, Text

TEXTS: Final[Mapping[str, Text]] = {
    # What is refused of a person's record. No text quotes what was written.
    "person.name": Text(
        "1 to 64 characters that can be printed; the first is none of = + - @",
        "1 至 64 个可打印字符，首字符不得为 = + - @",
    ),
    "person.language": Text("language: zh or en", "语言：zh 或 en"),
    "person.consent": Text(
        "the date of the consent, such as 2026-11-29, not in the future; nobody is stored without",
        "填写同意日期，例如 2026-11-29，不得晚于今天；未经同意不得登记",
    ),
    "person.kind": Text(
        "a kind of address is a letter, then up to 15 of a-z 0-9 _",
        "地址类型以小写字母开头，其后最多 15 个 a-z 0-9 _",
    ),
    "person.phone": Text(
        "a telephone number: 3 to 20 digits, with + first if it has a country code",
        "电话号码：3 至 20 位数字，带国家代码时以 + 开头",
    ),
    "person.email": Text(
        "a mail address such as name@example.com", "电子邮箱，如 name@example.com"
    ),
    "person.address": Text(
        "an address is 1 to 256 characters without blanks, brackets, quotes, | and !",
        "地址为 1 至 256 个字符，不含空白、括号、引号、| 和 !",
    ),
    "person.channel": Text(
        "a channel is 1 to 32 of a-z 0-9 _ -", "通知渠道为 1 至 32 个 a-z 0-9 _ -"
    ),
    "person.unknown": Text(
        "there is no contact {person}; see: callpoint contact list",
        "没有联系人 {person}；请查看：callpoint contact list",
    ),
    "household.note": Text(
        "a note has at most {longest} characters that can be printed; no line begins with = + - @",
        "备注最多 {longest} 个可打印字符，每行首字符不得为 = + - @",
    ),
    "household.code": Text(
        "an access code has at most {longest} characters; the first is none of = + - @",
        "门禁密码最多 {longest} 个字符，首字符不得为 = + - @",
    ),
    "household.empty": Text("a note or an access code", "须填写备注或门禁密码"),
    "household.twice": Text("this place stands twice", "该地点重复"),
    # What is refused of roles and places.
    "role.word": Text(
        "a role or group is a letter, then up to 31 of a-z 0-9 _ . -",
        "角色或组以小写字母开头，其后最多 31 个 a-z 0-9 _ . -",
    ),
    "role.taken": Text(
        "{cell} has a {role} already; remove that one first", "{cell}已有{role}，请先移除"
    ),
    "role.none": Text("nobody is {role} at {cell}", "{cell}没有{role}"),
    "cell.unknown": Text(
        "the register has no such place{hint}; write an id, or the first parts as they are shown",
        "登记表中没有该地点{hint}；请填写地点编号，或地点文字的前几级",
    ),
    "cell.near": Text(" (did you mean {near}?)", "（是否为 {near}？）"),
    "cell.site": Text("the whole site", "全站点"),
    # The key and the file.
    "key.missing": Text(
        "{path} is missing, and the contacts cannot be read without it; put it back from the "
        "copy that was made with --secrets",
        "缺少 {path}，无法读取联系人；请从使用 --secrets 制作的备份中恢复",
    ),
    "key.open": Text(
        "others may use {path}; run: chmod 600 {path}",
        "其他用户可使用 {path}，请运行：chmod 600 {path}",
    ),
    "key.bad": Text(
        "{path} is no key of contacts (64 hex digits)", "{path} 不是联系人密钥（64 位十六进制）"
    ),
    "key.wrong": Text(
        "contact {person} cannot be read: the key is another one, or the record was changed",
        "无法读取联系人 {person}：密钥不符或记录被改动",
    ),
    "file.unusable": Text(
        "{path} cannot be used ({reason}); check the file and the disk",
        "无法使用 {path}（{reason}）；请检查文件和磁盘",
    ),
    "file.newer": Text(
        "{path} was written by a newer version; use that version",
        "{path} 由更新的版本写入，请使用该版本",
    ),
    # The rota.
    "rota.days": Text(
        "days are mon tue wed thu fri sat sun holiday, several with commas",
        "星期填写 mon tue wed thu fri sat sun holiday，多个用逗号分隔",
    ),
    "rota.hours": Text(
        "hours are such as 08:00-20:00, or 20:00-08:00 across midnight",
        "时间如 08:00-20:00，跨夜为 20:00-08:00",
    ),
    "rota.date": Text("a date is such as 2026-11-29", "日期如 2026-11-29"),
    "rota.unknown": Text(
        "there is no shift {number}; see: callpoint rota show",
        "没有班次 {number}；请查看：callpoint rota show",
    ),
    "rota.member": Text(
        "{person} is not {role} at {cell}; give the role first",
        "{person} 不是{cell}的{role}，请先登记该角色",
    ),
    # Links.
    "link.invalid": Text("this link is not valid", "链接无效"),
    "link.expired": Text("this link has expired", "链接已过期"),
    "link.used": Text("this link has been used", "链接已使用"),
    # Files of contacts.
    "csv.head": Text(
        "line 1: no column '{column}'; columns are {columns}",
        "第 1 行：没有“{column}”列；可用的列为 {columns}",
    ),
    "csv.twice": Text("line 1: column '{column}' stands twice", "第 1 行：“{column}”列重复"),
    "csv.missing": Text("line 1: column '{column}' is missing", "第 1 行：缺少“{column}”列"),
    "csv.text": Text(
        "the file is neither UTF-8 nor GB 18030 text; save the table again as CSV UTF-8",
        "文件不是 UTF-8 或 GB 18030 文本；请将表格重新另存为 CSV UTF-8",
    ),
    "csv.workbook": Text(
        "this is a workbook of a spreadsheet program; open it and save the sheet as CSV UTF-8",
        "这是电子表格工作簿；请在表格软件中打开，并将工作表另存为 CSV UTF-8",
    ),
    "csv.form": Text("line {line}: is no CSV ({reason})", "第 {line} 行：不是 CSV（{reason}）"),
    "csv.cells": Text(
        "line {line}: {count} columns, and the first line has {heads}",
        "第 {line} 行：有 {count} 列，而首行有 {heads} 列",
    ),
    "csv.cell": Text(
        "line {line}, column {number} ({column}): {what}",
        "第 {line} 行第 {number} 列（{column}）：{what}",
    ),
    "csv.order": Text("a number from 0 to 99", "0 至 99 的数字"),
    "csv.unlike": Text(
        "differs from line {first} of the same person", "与第 {first} 行的同一人不一致"
    ),
    "csv.empty": Text("the file has no contact", "文件中没有联系人"),
    # callpoint contact
    "contact.id": Text("id", "编号"),
    "contact.name": Text("name", "姓名"),
    "contact.phone": Text("telephone number (or nothing)", "电话（可不填）"),
    "contact.email": Text("mail address (or nothing)", "邮箱（可不填）"),
    "contact.roles": Text("responsible as", "职责"),
    "contact.addresses": Text("addresses", "联系方式"),
    "contact.role": Text("{role} at {cell}", "{cell}{role}"),
    "contact.none": Text("no contacts", "没有联系人"),
    "contact.added": Text("{person}: stored", "{person}：已登记"),
    "contact.given": Text("{person}: responsible", "{person}：职责已登记"),
    "contact.taken": Text("{person}: no longer responsible", "{person}：职责已移除"),
    "contact.imported": Text(
        "{added} added, {changed} changed, {roles} responsibilities",
        "新增 {added} 人，更新 {changed} 人，职责 {roles} 项",
    ),
    "contact.exported": Text(
        "{path}: {count} contacts; keep this file locked up",
        "{path}：{count} 名联系人；请妥善保管此文件",
    ),
    "contact.deleted": Text(
        "{person}: deleted, with {roles} responsibilities, {shifts} shifts and the notes of "
        "{households} households in which nobody else lives; copies made before with --secrets "
        "and exported files still have the record",
        "{person}：已删除，含职责 {roles} 项、班次 {shifts} 个，以及已无其他居民的住户备注 "
        "{households} 条；此前用 --secrets 制作的备份和导出文件中仍有其记录",
    ),
    "contact.traces": Text(
        "another program is reading the file: its log has traces until that program ends",
        "其他程序正在读取该文件，其日志在该程序结束前仍有残留",
    ),
    "look.time": Text("time", "时间"),
    "look.who": Text("who", "查看者"),
    "look.what": Text("look", "方式"),
    "look.persons": Text("persons", "人数"),
    "look.about": Text("contact or place", "联系人或地点"),
    # callpoint rota
    "rota.number": Text("number", "编号"),
    "rota.role": Text("role", "角色"),
    "rota.place": Text("place", "地点"),
    "rota.day": Text("days", "日期"),
    "rota.time": Text("hours", "时间"),
    "rota.on_duty": Text("{person}: {role} on duty", "{person}：{role}，值班中"),
    "rota.all": Text(
        "{person}: {role}; no shift covers this moment, so all of them are told",
        "{person}：{role}；当前无人排班，全部通知",
    ),
    "rota.added": Text("shift {number} added", "班次 {number} 已添加"),
    "rota.removed": Text("shift {number} removed", "班次 {number} 已移除"),
    "rota.special": Text("{date}: like {like}", "{date}：按 {like}"),
    # callpoint notify
    "notice.channel": Text("channel", "渠道"),
    "notice.sent": Text("sent in a day", "一天内已发"),
    "notice.failed": Text("failed", "失败"),
    "notice.last": Text("last", "最近"),
    "notice.why": Text("reason", "原因"),
    "notice.made": Text("made", "生成时间"),
    "notice.to": Text("to", "接收人"),
    "notice.about": Text("about", "内容"),
    "notice.state": Text("state", "状态"),
    "notice.asked": Text(
        "asked for; callpoint notify status shows what came of it",
        "已提交；结果见 callpoint notify status",
    ),
    "news.alarm": Text("alarm {alarm}", "报警 {alarm}"),
    "news.escalated": Text("alarm {alarm}, overdue", "报警 {alarm}（超时）"),
    "news.acknowledged": Text("alarm {alarm}, acknowledged", "报警 {alarm}（已确认）"),
    "news.closed": Text("alarm {alarm}, closed", "报警 {alarm}（已结案）"),
    "news.trouble": Text("trouble", "设备故障"),
    "news.trouble_over": Text("trouble, over", "设备故障恢复"),
    "news.fault": Text("fault", "系统故障"),
    "news.fault_over": Text("fault, over", "系统故障恢复"),
    "news.test": Text("message of test", "测试消息"),
    "news.work_given": Text("work order, new", "工单（新派）"),
    "news.work_reopened": Text("work order, open again", "工单（重新打开）"),
    "news.work_due": Text("work order, due", "工单（到期）"),
    "notice.usable": Text("channel {channel}: can be used", "渠道 {channel}：可用"),
    "notice.unusable": Text("channel {channel}: {why}", "渠道 {channel}：{why}"),
    "notice.told": Text("{role}: {count} to tell", "{role}：可通知 {count} 人"),
    "notice.nobody": Text(
        "{role}: NOBODY TO TELL; add somebody: callpoint contact add --role {word}",
        "{role}：无人可通知；请添加联系人：callpoint contact add --role {word}",
    ),
    "notice.no_links": Text(
        "no links in messages: set public_url in [console]",
        "消息中没有链接：请在 [console] 中设置 public_url",
    ),
    "state.waiting": Text("waiting", "等待中"),
    "state.sending": Text("being sent over {channel}", "正在经 {channel} 发送"),
    "state.sent": Text("sent over {channel}", "已经 {channel} 发送"),
    "state.nobody": Text("NOBODY TO TELL", "无人可通知"),
    "state.gone": Text("contact deleted", "联系人已删除"),
}


class PeopleError(Exception):
    """What was asked about people is refused; the text says why and what to do.

    It quotes no name, number or address: it may reach a log.
    """

    def __init__(self, key: str, **values: object) -> None:
        """``key``: of ``TEXTS``; a value may itself be a ``Text`` or ``Said``."""
        self.key = key
        self.values = values
        super().__init__(self.in_("en"))

    def in_(self, language: str) -> str:
        """Return the text in a language."""
        return say(self.key, language, **self.values)

    @property
    def text(self) -> Text:
        """The text in every language."""
        return Text(*map(self.in_, LANGUAGES))


def say(key: str, language: str, **values: object) -> str:
    """Return a text of ``TEXTS`` with its values filled in; a value may itself be a ``Text``."""
    filled = {
        name: value.in_(language) if isinstance(value, Text | PeopleError | Said) else value
        for name, value in values.items()
    }
    return TEXTS[key].in_(language).format(**filled)
