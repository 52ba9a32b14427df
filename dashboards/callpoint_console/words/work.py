"""The sentences of work orders and snoozed faults, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

WORK: Final[Mapping[str, Text]] = {
    "work.title": Text("Work orders", "工单"),
    "work.one": Text("Work order {number}", "工单 {number}"),
    "work.new": Text("New work order", "新建工单"),
    "work.make": Text("Make work order", "派发工单"),
    "work.make_one": Text("Make work order: {name}", "派发工单：{name}"),
    "work.lists": Text("Which work orders", "工单筛选"),
    "work_list.open": Text("Open", "未完成"),
    "work_list.overdue": Text("Overdue", "已逾期"),
    "work_list.mine": Text("Mine", "我的"),
    "work_list.done": Text("Done", "已完成"),
    "work.nothing": Text("There is none.", "没有工单。"),
    "work.number": Text("Number", "编号"),
    "work.what": Text("What", "内容"),
    "work.for": Text("For", "负责人"),
    "work.due": Text("By", "期限"),
    "work.overdue": Text("overdue", "已逾期"),
    "work.state": Text("State", "状态"),
    "work.note": Text("Note", "备注"),
    "work.made": Text("Made", "派发"),
    "work.made_by": Text("{time} by {who}", "{time} {who}"),
    "work.history": Text("History", "处理记录"),
    "work.gone": Text("over", "已恢复"),
    "work.mark_done": Text("It is done", "标记完成"),
    "work.reopen": Text("Open it again", "重新打开"),
    "work.print": Text("Print", "打印"),
    "work.missed": Text("sends nothing", "失联"),
    "work.alarm": Text("alarm {alarm}: {kind}", "报警 {alarm}：{kind}"),
    "work.device": Text("work at the device", "设备维护"),
    "work.who_is_told": Text(
        "The notifier tells the contacts who have this role at the place; of an account, the "
        "contacts whose group has its name.",
        "通知服务将通知该地点担任此角色的联系人；选择账号时，通知组名与账号相同的联系人。",
    ),
    "work.and_more": Text("{what} and {count} more", "{what}等，另有 {count} 项"),
    "work.place": Text("work at the place", "现场维护"),
    "work.none": Text("There is no such work order here", "没有此工单"),
    "work.over": Text("That is over, or it is not here", "该故障已恢复或不存在"),
    "work.no_assignee": Text("Choose who is to do it.", "请选择负责人。"),
    "work.no_day": Text(
        "The last day is today or later, within a year.", "期限须为今天或之后，且在一年之内。"
    ),
    "work.closes": Text(
        "It is done by itself when the fault is over, and opens again when it comes again within "
        "30 days.",
        "故障恢复后工单自动完成；30 天内再次发生时自动重新打开。",
    ),
    "work_state.open": Text("open", "未完成"),
    "work_state.done": Text("done", "已完成"),
    "work_state.reopened": Text("open again", "重新打开"),
    "work_step.made": Text("made", "派发"),
    "work_step.done": Text("done", "完成"),
    "work_step.restored": Text("done: the fault is over", "故障已恢复，自动完成"),
    "work_step.reopened": Text("opened again", "重新打开"),
    "work_step.returned": Text("opened again: the fault came again", "故障再次发生，自动重新打开"),
    "sentence.snoozed": Text(" ({count} snoozed)", "（另有 {count} 处暂缓）"),
    "snooze.until": Text("Snooze until", "暂缓至"),
    "snooze.do": Text("Hide it until then", "确定暂缓"),
    "snooze.again": Text("Show it again", "恢复显示"),
    "snooze.again_one": Text("Show it again: {name}", "恢复显示：{name}"),
    "snooze.count": Text("Snoozed {count}", "暂缓 {count} 处"),
    "snooze.by": Text("until {until}, by {who}", "暂缓至 {until}，操作人 {who}"),
    "snooze.no_day": Text(
        "Choose a day from tomorrow on, within {days} days.",
        "请选择明天起 {days} 天之内的日期。",
    ),
    "role.viewer": Text("viewers", "查看人员"),
    "role.manager": Text("managers", "物业经理"),
    "role.technician": Text("technicians", "技术员"),
    "role.operator": Text("operators", "值机员"),
    "role.supervisor": Text("supervisors", "值班长"),
    "role.admin": Text("admins", "管理员"),
}
