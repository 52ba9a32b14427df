"""The sentences of the manager's page and of alarms on every page, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

MANAGER: Final[Mapping[str, Text]] = {
    # The sentence at the top; its parts are counted in the language of the page.
    "sentence": Text(
        "{site} · {alarms}, {faults}, {online} of {devices} devices online",
        "{site} · {alarms}，{faults}，在线设备 {online}/{devices} 台",
    ),
    "sentence.alarms": Text("{count} alarms", "报警 {count} 起"),
    "sentence.alarm": Text("{count} alarm", "报警 {count} 起"),
    "sentence.faults": Text("{count} faults", "故障 {count} 处"),
    "sentence.fault": Text("{count} fault", "故障 {count} 处"),
    "sentence.quiet": Text("{site} · All quiet since {since}", "{site} · {since} 起一切正常"),
    "sentence.unread": Text("{site} · nothing has been read yet", "{site} · 尚未读取任何数据"),
    "manager.title": Text("{site} - overview", "{site} 总览"),
    "manager.wall": Text("{site} - wall screen", "{site} 大屏"),
    "manager.alarms": Text("Open alarms ({count})", "未结束的报警（{count}）"),
    "manager.faults": Text("Faults ({count})", "故障（{count}）"),
    "manager.fault_group": Text("{count} × {what}", "{what} × {count}"),
    "manager.since": Text("for", "已持续"),
    "manager.remedy": Text("What to do: {remedy}", "处理办法：{remedy}"),
    "manager.buildings": Text("Buildings", "楼栋"),
    "manager.building": Text("Place", "地点"),
    "manager.as_table": Text("The same as a table", "以表格显示"),
    "manager.no_device": Text("no device", "无设备"),
    "manager.calm": Text("{count} more: as they should be", "另有 {count} 栋，状态正常"),
    "manager.open_alarms": Text("Open alarms", "未结束的报警"),
    "manager.devices_at_fault": Text("Devices at fault", "故障设备"),
    "manager.devices_online": Text("Devices online", "在线设备"),
    "manager.week": Text("The last 7 days", "最近 7 天"),
    "manager.week_alarms": Text("Alarms", "报警数"),
    "manager.median_seen": Text("Median until seen", "确认时间中位数"),
    "manager.exercise": Text(
        "{what} runs until {until}: alarms there are not real ({where})",
        "{where}：{what}进行中，至 {until}，其报警不是真实警情",
    ),
    "online.title": Text("Devices online", "在线设备"),
    "online.least": Text("at least {least} of {devices}", "最少 {least}/{devices} 台"),
    "online.time": Text("Time", "时间"),
    "online.now": Text("now", "现在"),
    "foot.gateway": Text("Gateway", "网关"),
    "foot.heard": Text("heard", "在线"),
    "foot.unheard": Text("not heard", "失联"),
    "foot.retired": Text("out of service since {since}", "{since} 起停用"),
    "foot.power": Text("Power", "供电"),
    "foot.backup": Text("Last backup", "最近备份"),
    "foot.unknown": Text("not known", "未知"),
    "foot.answered": Text("last answer:", "最近应答："),
    "foot.path": Text("path {number}:", "通道 {number}："),
    "foot.not_yet": Text("none yet", "尚无"),
    "foot.ago": Text("{age} ago", "{age}前"),
    "power.mains": Text("mains", "市电"),
    "power.battery": Text("on battery", "电池供电"),
    "power.low": Text("VOLTAGE TOO LOW", "供电电压过低"),
    "power.enough": Text("voltage is high enough", "供电电压正常"),
    "power.charged": Text("{supply}, {percent} %", "{supply}，电量 {percent}%"),
    "foot.well": Text("well", "正常"),
    "foot.waiting": Text("{count} waiting", "待送达 {count} 条"),
    "alarm.raised": Text("raised {time}", "{time} 报警"),
    "alarm.late": Text(
        "happened {happened}, arrived {arrived}", "{happened} 发生，{arrived} 到达"
    ),
    "alarm.seen_by": Text("seen by {who} {time}", "{who} 于 {time} 确认"),
    "act.seen": Text("Seen", "已看到"),
    "act.on_my_way": Text("On my way", "正在赶往"),
    "act.arrived": Text("I am there", "已到现场"),
    "act.close": Text("Close...", "结案……"),
    "act.close_now": Text("Close the alarm", "确定结案"),
    "act.cause": Text("What was it?", "警情原因"),
    "act.note": Text("Note (no names, no numbers)", "备注（不得填写姓名和电话）"),
    "act.not_yours": Text("Your roles do not allow that", "您的角色无权执行此操作"),
    "act.no_step": Text("There is no such step any more", "此步骤已不存在"),
    "act.no_answer": Text("The gateway does not answer: {why}", "网关无应答：{why}"),
    "act.taken": Text(
        "{who} has acknowledged alarm {alarm} before you", "报警 {alarm} 已由 {who} 先行确认"
    ),
    "remedy.unheard": Text(
        "see whether it is mounted, has power and has the right network",
        "请检查是否已安装、通电，网络设置是否正确",
    ),
    "remedy.silent": Text(
        "see whether it has power, and whether its network reaches the gateway",
        "请检查供电，以及网络能否到达网关",
    ),
    "remedy.battery": Text("replace the battery", "请更换电池"),
    "remedy.look": Text("look at the device and its wiring", "请检查设备和线路"),
}
