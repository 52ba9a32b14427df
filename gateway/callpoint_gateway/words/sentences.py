"""The sentences of all pages and commands, in both languages; keys are `page.name`."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

SENTENCES: Final[Mapping[str, Text]] = {
    # Used by several pages.
    "days": Text("{count} d", "{count} 天"),
    "hours": Text("{count} h", "{count} 小时"),
    "minutes": Text("{count} min", "{count} 分钟"),
    "seconds": Text("{count} s", "{count} 秒"),
    "zone": Text("zone {zone}", "防区 {zone}"),
    "more": Text("and {count} more", "另有 {count} 条"),
    "ago": Text("{age} ago", "{age}前"),
    "error": Text("Error: ", "错误："),
    "lang.unknown": Text(
        "'{value}' is no language here; write {valid}", "没有语言“{value}”，可用：{valid}"
    ),
    "with_reason": Text("{what} ({why})", "{what}（{why}）"),
    "times_are_of": Text("times: {zone}", "时间：{zone}"),
    # callpoint config check
    "config.good": Text(
        "{path}: good. Site {site}, {devices} devices, centres: {centres}",
        "{path}：正确。站点 {site}，设备 {devices} 台，中心：{centres}",
    ),
    "config.note": Text("note: {what}; {remedy}", "注意：{what}；{remedy}"),
    "config.alike": Text(
        "Note: centre {centre} cannot tell these devices apart when they report their battery or "
        "silence; give them a centre_zone: {devices}",
        "注意：中心 {centre} 无法区分以下设备自身的电池和失联报告，请设置 centre_zone：{devices}",
    ),
    "config.silent": Text(
        "{name} at {host}:{port} does not answer within {seconds} s",
        "{name}（{host}:{port}）在 {seconds} 秒内无应答",
    ),
    "config.unreachable": Text(
        "{name} at {host}:{port}: {why}; is it running?",
        "{name}（{host}:{port}）：{why}；它在运行吗？",
    ),
    "config.untried": Text(
        "Note: centre {centre} was not tried over UDP, which has no connection",
        "注意：中心 {centre} 的 UDP 路径未测试（UDP 无连接）",
    ),
    "config.centre": Text("centre", "中心"),
    "config.place": Text("place", "位置"),
    "config.device": Text("device", "设备"),
    "config.zone": Text("zone", "防区"),
    "config.account": Text("account", "账号"),
    "config.number": Text("number", "编号"),
    "config.text": Text("the centre reads", "中心显示"),
    # callpoint watch
    "watch.title": Text("Callpoint", "Callpoint 报警点"),
    "watch.running": Text("gateway is running", "网关运行中"),
    "watch.stopped": Text("NO GATEWAY IS RUNNING", "网关未运行"),
    "watch.unknown": Text(
        "no permission to see whether the gateway is running", "无权限查看网关是否运行"
    ),
    "watch.quiet": Text("All quiet", "一切正常"),
    "watch.alarms": Text("Open alarms ({count})", "未结束的报警（{count}）"),
    "watch.exercise": Text("{what} runs, {age} left", "{what}进行中，剩余 {age}"),
    "watch.drills": Text("Alarms of the drill ({count})", "演练报警（{count}）"),
    "watch.faults": Text("Faults ({count})", "故障（{count}）"),
    "watch.partitions": Text("Partitions", "分区"),
    "watch.levels": Text("Response levels", "响应级别"),
    "watch.level_at": Text(
        "{level}  {area}, until {until}: {reason}", "{level}  {area}，至 {until}：{reason}"
    ),
    "watch.inhibits": Text("Held back from the centres ({count})", "已屏蔽（{count}）"),
    "watch.inhibit": Text("{what}, until {until}", "{what}，至 {until}"),
    "watch.links": Text("Waiting to be delivered", "待送达"),
    "watch.rates": Text("Last minute", "最近一分钟"),
    "watch.backlog": Text("{name}: {count} waiting", "{name}：待处理 {count} 条"),
    "watch.level": Text("{name}: nothing waiting", "{name}：无积压"),
    "watch.no_links": Text("no centre and no time series yet", "尚无接警中心和时序库"),
    "watch.rate_events": Text("{count} events", "事件 {count} 条"),
    "watch.rate_telemetry": Text("{count} readings", "遥测 {count} 条"),
    # An alarm as one line
    "alarm.accepted": Text("with centre {centres}", "接警中心已接收：{centres}"),
    "alarm.refused": Text("REFUSED by {centres}", "接警中心拒收：{centres}"),
    "alarm.waiting": Text("NO CENTRE HAS IT YET", "尚无接警中心接收"),
    "alarm.events": Text("{count} events", "{count} 个事件"),
    "alarm.escalated": Text("{who} told", "已通知 {who}"),
    # callpoint alarms, alarm, drill and walktest
    "alarms.none": Text("no open alarms", "没有未结束的报警"),
    "act.done": Text("alarm {alarm}: {handling}", "报警 {alarm}：{handling}"),
    "act.noted": Text("alarm {alarm}: noted", "报警 {alarm}：已备注"),
    # callpoint alarm show
    "history.title": Text("alarm {alarm}: {what}, {where}", "报警 {alarm}：{what}，{where}"),
    "history.stored": Text("stored by the gateway", "网关已存储"),
    "history.by": Text("{what} by {who} ({origin})", "{what}：{who}（{origin}）"),
    "history.accepted": Text("centre {centre} has it", "接警中心 {centre} 已接收"),
    "history.set_aside": Text(
        "centre {centre} does not take it: {why}", "接警中心 {centre} 未接收：{why}"
    ),
    "history.refused": Text("centre {centre} does not take it", "接警中心 {centre} 未接收"),
    "history.escalated": Text("{what}; {who} told", "{what}；已通知 {who}"),
    "history.sounds": Text("sounders on: {devices}", "警号启动：{devices}"),
    "history.silent": Text("sounders off", "警号停止"),
    "exercise.running": Text("{called} runs, {age} left", "{called} 进行中，剩余 {age}"),
    "exercise.started": Text("{called} started, ends in {age}", "{called} 已开始，{age}后结束"),
    "exercise.stopped": Text("{called} ended", "{called} 已结束"),
    "exercise.idle": Text("no drill and no walk test is running", "当前没有演练或步行测试"),
    "exercise.tested": Text("tested: {count}", "已测试：{count}"),
    "exercise.untested": Text("still to be tested ({count}):", "尚未测试（{count}）："),
    # callpoint report
    "report.title": Text("Alarms: {count}, open: {open}", "报警：{count}，未结案：{open}"),
    "report.drills": Text(
        "Alarms of drills: {count}, open: {open}", "演练报警：{count}，未结案：{open}"
    ),
    "report.period": Text("from {since} to {until} ({zone})", "{since} 至 {until}（{zone}）"),
    "report.beginning": Text("the beginning", "最早记录"),
    "report.now": Text("now", "现在"),
    "report.all": Text("all", "全部"),
    "report.place": Text("by place", "按地点"),
    "report.kind": Text("by kind", "按类型"),
    "report.month": Text("by month", "按月"),
    "report.causes": Text("causes", "原因"),
    "report.alarms": Text("alarms", "报警数"),
    "report.within": Text("acknowledged within", "按时确认比例"),
    "report.share": Text("{seconds} s: {share}", "{seconds} 秒内 {share}"),
    "report.took": Text("{seconds} s {share}", "{seconds} 秒 {share}"),
    # callpoint arm, disarm and partitions
    "partition.left": Text("{age} left", "剩余 {age}"),
    "partition.bypassed": Text(
        "left out until it is disarmed: {zones}", "旁路（至撤防）：{zones}"
    ),
    "partition.none": Text("the register has no [[partition]]", "登记表中没有 [[partition]]"),
    "partition.partition": Text("partition", "分区"),
    "partition.state": Text("state", "状态"),
    "partition.open": Text("open", "未就绪"),
    "partition.left_out": Text("left out", "旁路"),
    "partition.by": Text("by", "操作者"),
    # callpoint inhibit
    "level.site": Text("the whole site", "全站"),
    "level.none": Text("no response level holds", "没有启动响应级别"),
    "level.begun": Text(
        "{area}: {level} holds until {until} (number {number})",
        "{area}：已启动{level}，至 {until}（编号 {number}）",
    ),
    "level.ended": Text("{area}: {level} is over", "{area}：{level}已解除"),
    "level.number": Text("number", "编号"),
    "level.level": Text("level", "级别"),
    "level.area": Text("area", "区域"),
    "level.left": Text("left", "剩余"),
    "level.until": Text("until ({zone})", "至（{zone}）"),
    "level.who": Text("by", "启动人"),
    "level.reason": Text("reason", "原因"),
    "inhibit.none": Text("nothing is inhibited", "没有屏蔽"),
    "inhibit.number": Text("number", "编号"),
    "inhibit.what": Text("what", "方式"),
    "inhibit.where": Text("device or place", "设备或地点"),
    "inhibit.left": Text("left", "剩余"),
    "inhibit.until": Text("until ({zone})", "至（{zone}）"),
    "inhibit.role": Text("role", "角色"),
    "inhibit.reason": Text("reason", "原因"),
    "inhibit.inhibit": Text("inhibit", "屏蔽"),
    "inhibit.maintenance": Text("maintenance", "维护"),
    "inhibit.life": Text("{what}, LIFE ALARMS TOO", "{what}，含生命安全报警"),
    "inhibit.begun": Text(
        "{where}: {what} {number}, ends in {left}, at {until}",
        "{where}：{what} {number}，{left}后结束（{until}）",
    ),
    "inhibit.ended": Text(
        "{where}: ended; what still stands is raised now", "{where}：已解除，仍存在的报警现在上报"
    ),
    # callpoint supervision
    "supervision.what": Text("what", "对象"),
    "supervision.state": Text("state", "状态"),
    "supervision.for": Text("for", "持续"),
    "supervision.after": Text("fault after", "故障判定时间"),
    "supervision.reason": Text("reason", "原因"),
    "supervision.remedy": Text("what to do", "处理办法"),
    # callpoint broker list
    "broker.name": Text("name", "名称"),
    "broker.state": Text("state", "状态"),
    "broker.ends": Text("certificate ends", "证书到期"),
    "broker.key_ends": Text("key ends (by cable)", "密钥到期（须有线更换）"),
    "broker.in_use": Text("in use", "使用中"),
    "broker.made": Text("made, not heard yet", "已签发，尚未使用"),
    "broker.waits": Text("in use; a later one waits", "使用中，新证书待下发"),
    "broker.ends_soon": Text("ENDS SOON", "即将到期"),
    "broker.ended": Text("ENDED", "已到期"),
    "broker.revoked": Text("revoked", "已吊销"),
    # callpoint duty
    "duty.answered": Text("{who} has answered {centres}", "{who} 已应答 {centres} 的查岗"),
    # callpoint events
    "events.time": Text("time ({zone})", "时间（{zone}）"),
    "events.device": Text("device", "设备"),
    "events.place": Text("place", "地点"),
    "events.kind": Text("kind", "类型"),
    "events.state": Text("state", "状态"),
    "events.zone": Text("zone", "防区"),
    "events.number": Text("boot/seq", "启动/序号"),
    "events.how_far": Text("how far", "进度"),
    "events.readings": Text("readings", "读数"),
    "events.nothing": Text("nothing found", "没有记录"),
    "events.on_test": Text("on test", "测试中"),
    "events.guarded": Text("its partition decides", "由分区判定"),
    "events.stored": Text("stored", "已存储"),
    "events.at_centre": Text("at centre {centre}", "已送达 {centre}"),
    "events.refused_by": Text("refused by {centre}", "{centre} 拒收"),
    "events.inhibited": Text("inhibited by {number}", "被屏蔽 {number} 扣留"),
    "events.repaired": Text("the wall clock had been {ms} ms behind", "系统时钟曾慢 {ms} 毫秒"),
    "events.dropped": Text(
        "{count} dropped, {first} to {last}", "丢弃 {count} 条，{first} 至 {last}"
    ),
    "events.inhibit": Text("{role}, until {until}: {reason}", "{role}，至 {until}：{reason}"),
    "events.ended_by": Text("ended by {role}", "由 {role} 解除"),
    "events.ended": Text("its time was up", "到期结束"),
    "events.left_out": Text("{by}, left out: {zones}", "{by}，旁路：{zones}"),
    # What a panel does not obey.
    "panel.locked": Text(
        "too many wrong codes; none is taken for {seconds} s",
        "密码错误次数过多，{seconds} 秒内不接受密码",
    ),
    "panel.wrong": Text("wrong code", "密码错误"),
    "panel.needs_code": Text("that needs a code", "需要密码"),
    "panel.no_codes": Text(
        "there are no codes here; set codes_file in [arming]",
        "尚未设置密码，请在 [arming] 中设置 codes_file",
    ),
    "panel.queued": Text(
        "a command that came while the gateway was away is not obeyed",
        "网关离线期间收到的命令不予执行",
    ),
    "panel.no_action": Text("no such action; valid are {valid}", "无此操作，可用：{valid}"),
    "panel.too_long": Text("a command of more than {most} bytes", "命令超过 {most} 字节"),
    "panel.no_command": Text(
        'no command; send {{"action": "ARM_AWAY"}}', '不是命令，应为 {{"action": "ARM_AWAY"}}'
    ),
    # A name or number that nothing has.
    "unknown.device": Text(
        "no device '{name}' is in the register; near it: {near}",
        "登记表中没有设备“{name}”；相近的有：{near}",
    ),
    "unknown.zone": Text(
        "the device has no zone {name}; it has: {near}",
        "该设备没有防区 {name}；现有：{near}",
    ),
    "unknown.place": Text(
        "no place '{name}' is in the register; near it: {near}",
        "登记表中没有位置“{name}”；相近的有：{near}",
    ),
    "unknown.point": Text(
        "no such place or device: {name}; near it: {near}",
        "没有此位置或设备：{name}；相近的有：{near}",
    ),
    "unknown.places": Text(
        "'{name}' means several places; name one of: {near}",
        "“{name}”对应多个位置，请指定其一：{near}",
    ),
    "unknown.partition": Text(
        "no partition '{name}'; there are {near}", "没有分区“{name}”；现有：{near}"
    ),
    "unknown.centre": Text(
        "no centre '{name}' is configured; there are {near}",
        "未配置中心“{name}”；现有：{near}",
    ),
    "unknown.alarm": Text(
        "no alarm has the number {name}; near it: {near}",
        "没有编号为 {name} 的报警；相近的有：{near}",
    ),
    "unknown.open_alarm": Text(
        "no open alarm has the number {name}; open are: {near}. A closed one is shown by: "
        "callpoint alarm show {name}",
        "没有编号为 {name} 的未结案报警；未结案的有：{near}。"
        "已结案的请用：callpoint alarm show {name}",
    ),
    "unknown.inhibit": Text(
        "no inhibit {name} stands; there are: {near}", "没有编号为 {name} 的屏蔽；现有：{near}"
    ),
    "unknown.level": Text(
        "no level {name} holds; there are: {near}", "没有编号为 {name} 的响应级别；现有：{near}"
    ),
    # Who may ask what: control/access.
    "refused.user": Text(
        "user {user} may not ask for '{question}': that needs the role {needed}. In [control] of "
        'gateway.toml write users.{user} = ["{first}"], then reload; or add the user to a group '
        "that has the role (adduser {user} {group}) and log in again",
        "用户 {user} 无权执行“{question}”：需要角色 {needed}。请在 gateway.toml 的 [control] "
        '中写入 users.{user} = ["{first}"] 并重新加载；或将该用户加入具有此角色的组'
        "（adduser {user} {group}）后重新登录",
    ),
    "refused.as_role": Text(
        "user {user}, as {role}, may not ask for '{question}': that needs the role {needed}; "
        "choose another with --as, or leave it out",
        "用户 {user} 以角色 {role} 无权执行“{question}”：需要角色 {needed}；"
        "请用 --as 选择其他角色，或不写 --as",
    ),
    "refused.role_missing": Text(
        "user {user} does not have the role {role}, but: {has}. --as chooses among them; in "
        '[control] of gateway.toml users.{user} = ["{role}"] gives it',
        "用户 {user} 没有角色 {role}，现有：{has}。--as 只能在其中选择；如需此角色，请在 "
        'gateway.toml 的 [control] 中写入 users.{user} = ["{role}"]',
    ),
    "refused.process": Text(
        "user {user} may not ask for an account: only the site's own processes may; write "
        'processes = ["{user}"] in [control] of gateway.toml, then reload',
        "用户 {user} 不得代账号提问：只有本站自身的进程可以；请在 gateway.toml 的 [control] "
        '中写入 processes = ["{user}"] 并重新加载',
    ),
    "refused.account": Text(
        "account {account}, as {role}, may not ask for '{question}': that needs the role {needed}",
        "账号 {account} 以角色 {role} 无权执行“{question}”：需要角色 {needed}",
    ),
    "refused.journal": Text(
        "{path}: you may not read it. Ask an administrator to add you to the group callpoint-read "
        "(adduser NAME callpoint-read), and log in again",
        "{path}：您无权读取。请管理员将您加入 callpoint-read 组"
        "（adduser 用户名 callpoint-read）后重新登录",
    ),
    "refused.newest": Text(
        "{path} has the newest entries, and you may not read it together with the file -shm "
        "beside it; without it something would be missing. Start the gateway, or run this as its "
        "user",
        "{path} 中有最新记录，您无权将其与旁边的 -shm 文件一起读取，缺少它记录将不完整。"
        "请启动网关，或以网关用户身份运行",
    ),
    "refused.busy": Text(
        "you have too many connections to the gateway; close some of them",
        "您与网关的连接过多，请关闭一部分",
    ),
    # What is refused wherever people may write freely.
    "refused.who": Text(
        "a role or an operator's id, such as desk-2 (a letter, then up to 31 of a-z 0-9 _ . -, "
        "in ASCII in every language); never a name or a telephone number",
        "填写角色或操作员编号，例如 desk-2（以小写字母开头，其后最多 31 个 a-z 0-9 _ . -，"
        "只用 ASCII 字符）；不得填写姓名或电话号码",
    ),
    "refused.origin": Text(
        "a letter, then up to 31 of a-z 0-9 _ : . -",
        "以小写字母开头，其后最多 31 个 a-z 0-9 _ : . -",
    ),
    "refused.line": Text("one line of at most {most} characters", "一行，最多 {most} 个字符"),
    "refused.empty": Text("write at least one word", "至少写一个词"),
    "refused.person": Text(
        "no telephone numbers, identity numbers or mail addresses of persons; name the place",
        "不得填写电话号码、身份证号或电子邮箱；请写地点",
    ),
}
