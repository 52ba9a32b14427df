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
    "household.call": Text("Call resident", "联系住户"),
    "household.hide": Text("Close", "关闭"),
    "household.nobody": Text(
        "No resident and no key holder is stored for this place.",
        "此地点未登记居民和钥匙保管人。",
    ),
    "household.recorded": Text("This look is on record.", "此次查看已记录。"),
    "household.code": Text("Access code", "门禁密码"),
    "household.note": Text("Note for whoever comes", "备注（供到场人员参考）"),
    "household.notes": Text("Note and access code...", "备注与门禁密码……"),
    "household.code_hint": Text(
        "Shown to the desk only while an alarm is open at this place or in it.",
        "仅在此地点或其内部有未结束的报警时，向值班台显示。",
    ),
    "household.consent_hint": Text(
        "Nothing is noted of a household that has not consented.", "未经住户同意不得登记。"
    ),
    "household.remove": Text("Remove the note and the code", "删除备注和密码"),
    "household.files": Text("Files of notes and access codes", "备注与门禁密码文件"),
    "household.import": Text("Import", "导入"),
    "household.export": Text("Export all", "导出全部"),
    "household.export_hint": Text(
        "A line is a place; the file has the codes in clear: keep it locked up.",
        "每行一个地点；文件含明文密码，请妥善保管。",
    ),
    "household.imported": Text(
        "Notes of {count} places were stored.", "已保存 {count} 个地点的备注。"
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
    "news.work_given": Text("work order given", "新工单"),
    "news.work_reopened": Text("work order open again", "工单重新打开"),
    "news.work_due": Text("work order due", "工单到期"),
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
    "people.title": Text("People", "人员"),
    # The records of people
    "contacts.title": Text("Contacts", "联系人"),
    "contacts.one": Text("Contact", "联系人信息"),
    "contacts.recorded": Text(
        "Every look at a contact is on record.", "每次查看联系人都会留下记录。"
    ),
    "contacts.of_place": Text("People of a place", "查看地点的联系人"),
    "contacts.show": Text("Show", "查看"),
    "contacts.everybody": Text("Everybody", "全部联系人"),
    "contacts.none": Text("Nobody is stored there.", "该地点没有联系人。"),
    "contacts.places": Text("Places with contacts", "有联系人的地点"),
    "contacts.count": Text("How many", "人数"),
    "contacts.name": Text("Name", "姓名"),
    "contacts.phone": Text("Telephone", "电话"),
    "contacts.email": Text("E-mail", "邮箱"),
    "contacts.further": Text("Further addresses", "其他联系方式"),
    "contacts.further_hint": Text(
        "One on each line, with its kind first, such as bark: key-of-the-telephone.",
        "每行一个，先写类型，例如 bark: 设备密钥。",
    ),
    "contacts.language": Text("Language of messages", "通知语言"),
    "contacts.channels": Text("Channels in order", "通知渠道（按顺序）"),
    "contacts.channels_hint": Text(
        "Separated by blanks; empty: those of the role.", "用空格分隔；留空则按角色的渠道。"
    ),
    "contacts.consent": Text("Consented on", "同意日期"),
    "contacts.consent_hint": Text(
        "Nobody is stored without having consented.", "未经本人同意不得登记。"
    ),
    "contacts.role": Text("Role or group", "角色或组"),
    "contacts.role_hint": Text(
        "Choose one, or write the name of a group in small letters.",
        "请选择，或用小写字母填写组名。",
    ),
    "contacts.place": Text("Place", "地点"),
    "contacts.place_hint": Text(
        "A place's id, or the first parts of its text; empty: the whole site.",
        "地点编号，或地点文字的前几级；留空为全站点。",
    ),
    "contacts.order": Text("Who is asked first (0 is first)", "先后顺序（0 最先）"),
    "contacts.roles": Text("Responsible as", "职责"),
    "contacts.no_role": Text("responsible for nothing", "没有职责"),
    "contacts.addresses": Text("Addresses", "联系方式"),
    "contacts.add": Text("Add a contact", "添加联系人"),
    "contacts.do_add": Text("Add", "添加"),
    "contacts.give": Text("Make responsible", "添加职责"),
    "contacts.take": Text("End", "移除"),
    "contacts.record": Text("Record", "资料"),
    "contacts.save": Text("Save", "保存"),
    "contacts.saved": Text("Saved.", "已保存。"),
    "contacts.more": Text("More", "其他操作"),
    "contacts.delete": Text("Delete...", "删除……"),
    "contacts.delete_now": Text("Delete this person", "确定删除此人"),
    "contacts.delete_what": Text(
        "The record, all responsibilities and all shifts of this person are removed for good.",
        "此人的资料、全部职责和班次将被永久删除。",
    ),
    "contacts.unknown": Text("There is no such contact", "没有此联系人"),
    "contacts.files": Text("Files", "文件"),
    "contacts.file": Text("CSV file", "CSV 文件"),
    "contacts.import": Text("Import", "导入"),
    "contacts.export": Text("Export all", "导出全部"),
    "contacts.export_hint": Text(
        "The file has names and numbers in clear: keep it locked up. The export is on record.",
        "文件含明文姓名和电话，请妥善保管。导出会留下记录。",
    ),
    "contacts.not_imported": Text(
        "Nothing was imported. What is wrong:", "未导入任何内容。错误如下："
    ),
    "contacts.back": Text("Back to the contacts", "返回联系人"),
    # Messages of the notifier
    "messages.title": Text("Notifications", "通知"),
    "messages.test": Text("Send a test message", "发送测试消息"),
    "messages.asked": Text(
        "Asked for; Notifications shows what came of it.", "已提交；结果见“通知”页面。"
    ),
    "messages.no_notifier": Text(
        "The notifier has never run here; start it: systemctl enable --now callpoint-notify",
        "通知服务从未在此运行；请启动：systemctl enable --now callpoint-notify",
    ),
    "messages.off": Text(
        "The notifier is off: nobody outside is told. Set enabled = true in [notify].",
        "通知服务未启用，不会通知站外人员。请在 [notify] 中设置 enabled = true。",
    ),
    "messages.unknown": Text(
        "No gateway runs that would hear the notifier.", "网关未运行，无法得知通知服务的状态。"
    ),
    "messages.silent": Text("THE NOTIFIER IS SILENT since {since}", "通知服务自 {since} 起无响应"),
    "messages.lives": Text(
        "The notifier works; its last sign of life is less than {seconds} s old.",
        "通知服务正常，最近一次心跳在 {seconds} 秒内。",
    ),
    "messages.channels": Text("Channels in the last day", "最近一天的渠道"),
    "messages.no_channel": Text(
        "There is no channel; add a [[notify.channel]].", "没有渠道；请添加 [[notify.channel]]。"
    ),
    "messages.channel": Text("Channel", "渠道"),
    "messages.sent": Text("Sent", "已发"),
    "messages.failed": Text("Failed", "失败"),
    "messages.last": Text("Last", "最近"),
    "messages.reason": Text("Reason", "原因"),
    "messages.test_over": Text("Test message over", "测试渠道"),
    "messages.each": Text("each one's first channel", "各人的首选渠道"),
    "messages.test_all": Text("Send one to everybody", "向每个人发送"),
    "messages.stuck": Text("Not delivered ({count})", "未送达（{count}）"),
    "messages.none_stuck": Text("Everybody could be told.", "全部送达。"),
    "messages.newest": Text("Newest messages", "最近的消息"),
    "messages.waiting": Text(
        "{count} wait for their turn or their time.", "{count} 条正在排队或等待时间。"
    ),
    "messages.time": Text("Time", "时间"),
    "messages.to": Text("To", "接收人"),
    "messages.about": Text("About", "内容"),
    "messages.state": Text("State", "状态"),
    # The duty rota, and who is responsible where
    "rota.title": Text("Duty rota", "值班表"),
    "rota.now": Text("On duty now", "当前值班"),
    "rota.none": Text("No role has a rota.", "没有角色排班。"),
    "rota.no_members": Text(
        "Shifts are for people: an admin adds them on the page Contacts first.",
        "须先由管理员在“联系人”页面添加人员，才能排班。",
    ),
    "rota.empty": Text(
        "Nobody has a shift yet. A role without shifts is told as a whole.",
        "尚无班次。没有班次的角色，其全部人员都会收到通知。",
    ),
    "rota.week": Text("Week {since} to {until}", "{since} 至 {until} 一周"),
    "rota.weeks": Text("Weeks", "周"),
    "rota.before": Text("Week before", "上一周"),
    "rota.this": Text("This week", "本周"),
    "rota.after": Text("Week after", "下一周"),
    "rota.role": Text("Role", "角色"),
    "rota.nobody": Text("nobody", "无人"),
    "rota.once": Text("only this day", "仅当日"),
    "rota.gap": Text("no shift", "无班次"),
    "rota.gap_means": Text(
        "Where no shift covers the hour, everybody of the role is told.",
        "无人值班的时段，该角色全部人员都会收到通知。",
    ),
    "rota.is_like": Text("like {day}", "按{day}"),
    "rota.add": Text("Add a shift...", "添加班次……"),
    "rota.do_add": Text("Add", "添加"),
    "rota.who": Text("Who", "人员"),
    "rota.hours": Text("Hours", "时间"),
    "rota.hours_hint": Text(
        "Such as 20:00-08:00; it belongs to the day on which it begins.",
        "例如 20:00-08:00；班次属于其开始的那一天。",
    ),
    "rota.days": Text("Every week on", "每周"),
    "rota.on_date": Text("Or only on this date", "或仅在此日期"),
    "rota.on_date_hint": Text(
        "Shifts of a date take the place of all weekly ones of that day.",
        "单日班次取代当天的全部每周班次。",
    ),
    "rota.remove": Text("Remove a shift...", "移除班次……"),
    "rota.remove_one": Text("Remove shift {number}", "移除班次 {number}"),
    "rota.special": Text("Holidays and exceptions...", "节假日与调休……"),
    "rota.date": Text("Date", "日期"),
    "rota.like": Text("is like", "按"),
    "rota.usual": Text("a usual day", "平常日"),
    "rota.set_special": Text("Set", "确定"),
    "rota_day.mon": Text("Monday", "周一"),
    "rota_day.tue": Text("Tuesday", "周二"),
    "rota_day.wed": Text("Wednesday", "周三"),
    "rota_day.thu": Text("Thursday", "周四"),
    "rota_day.fri": Text("Friday", "周五"),
    "rota_day.sat": Text("Saturday", "周六"),
    "rota_day.sun": Text("Sunday", "周日"),
    "rota_day.holiday": Text("holiday", "节假日"),
    "responders.title": Text("Responders", "处置力量"),
    "responders.about": Text(
        "Each building has one police officer, one grid worker and any number of volunteers; the "
        "nearest place above counts that has somebody.",
        "每栋楼配一名民警、一名网格员和若干志愿者（1+1+N）；本级无人时由上一级负责。",
    ),
    "responders.groups": Text("Groups of the site", "站点分组"),
    "responders.no_group": Text("There is no group.", "没有分组。"),
    # The kinds of looks on record
    "look_kind.household": Text("household", "住户"),
    "look_kind.notes": Text("note and access code", "备注与门禁密码"),
    "look_kind.responsible": Text("responsible people", "负责人员"),
    "look_kind.rota": Text("duty rota", "值班表"),
    "look_kind.contacts": Text("list of contacts", "联系人列表"),
    "look_kind.show": Text("one contact", "联系人信息"),
    "look_kind.export": Text("export of all contacts", "导出全部联系人"),
}
