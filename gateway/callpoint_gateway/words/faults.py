"""Why a centre or a part of the gateway is at fault, and what to do; in both languages.

``.do`` at the end of a code: what a person can do. Values in braces are data.
"""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

FAULTS: Final[Mapping[str, Text]] = {
    # The connection to an alarm centre.
    "centre.no_connection": Text("no connection: {why}", "无法连接：{why}"),
    "centre.no_connection_within": Text(
        "no connection within {seconds:g} s", "{seconds:g} 秒内无法连接"
    ),
    "centre.no_connection.do": Text(
        "ask the centre whether its receiver listens at {host}:{port}, and see that the network "
        "lets the gateway reach it; else correct host and port in [[centre]]",
        "请向接警中心确认其接收机在 {host}:{port} 监听，并检查网络；"
        "否则请更正 [[centre]] 中的 host 和 port",
    ),
    "centre.untrusted.do": Text(
        "correct ca_file in [[centre]], or the receiver's certificate: it must be valid for "
        "{host}",
        "请更正 [[centre]] 中的 ca_file，或更换接收机的证书：证书须对 {host} 有效",
    ),
    "centre.no_answer": Text("no answer within {seconds:g} s", "{seconds:g} 秒内无应答"),
    "centre.closed": Text("closed without an answer", "未应答即断开"),
    "centre.instead": Text("{what} ({instead})", "{what}（{instead}）"),
    "centre.answers": Text("answers", "有应答"),
    "centre.answers_again": Text("answers again", "恢复应答"),
    "centre.takes_all": Text("takes all", "全部接收"),
    "centre.does_not_take": Text(
        "does not take {count} events: {why}", "有 {count} 条事件未被接收：{why}"
    ),
    "centre.set_aside_before": Text("set aside by an earlier run", "上次运行时已搁置"),
    "centre.set_aside_before.do": Text(
        "see what was set aside with: callpoint events", "搁置的事件见 callpoint events"
    ),
    "centre.no_path": Text("is no path of this centre any more", "已不是该中心的路径"),
    "centre.unfit.do": Text(
        "correct the numbers that the register gives its places and zones for this centre",
        "请更正登记表中为该中心设置的位置编号和防区编号",
    ),
    # SIA DC-09.
    "dc09.silent.do": Text(
        "ask the centre whether it expects this account, encoding and key; a receiver that does "
        "not know them stays silent",
        "请与接警中心核对账号、编码和密钥；接收机不认识时不会应答",
    ),
    "dc09.nak": Text("NAK again", "再次收到 NAK"),
    "dc09.nak_without_time": Text("NAK without a time", "收到不带时间的 NAK"),
    "dc09.nak_unbelieved": Text(
        "NAK with a time that is not believed: {off:+d} s from this machine's clock",
        "NAK 中的时间不可信：与本机时钟相差 {off:+d} 秒",
    ),
    "dc09.nak.do": Text(
        "see that this machine's clock is right, and ask the centre about its own",
        "请检查本机时钟，并与接警中心核对其时钟",
    ),
    "dc09.duh": Text("DUH: the receiver cannot use this event", "DUH：接收机不支持此事件"),
    "dc09.duh.do": Text(
        "ask the centre which codes it takes; correct kinds and encoding",
        "请向接警中心确认其支持的代码，更正 kinds 和 encoding",
    ),
    "dc09.duh_in_clear": Text(
        "DUH in clear: it does not count where frames are encrypted",
        "收到明文 DUH：加密路径上无效",
    ),
    "dc09.clear.do": Text(
        "an answer in clear proves nothing on a path with a key; ask the centre what it answers, "
        "and whether somebody else can write to the line; it may take TLS",
        "加密路径上的明文应答不可信；请向接警中心核实其应答，"
        "并检查线路是否可能被他人接入；可改用 TLS",
    ),
    "dc09.instead_empty": Text("empty answer", "空应答"),
    "dc09.instead_headless": Text("answer without checksum and length", "应答没有校验码和长度"),
    "dc09.instead_cut": Text("answer cut short", "应答不完整"),
    "dc09.instead_other": Text("answer is no DC-09 frame", "应答不是 DC-09 帧"),
    "dc09.instead_checksum": Text("answer with a wrong checksum", "应答的校验码错误"),
    "dc09.instead_unreadable": Text("answer not readable: {why}", "应答无法解读：{why}"),
    "dc09.instead_bare": Text(
        "{token} in clear and without a frame", "收到明文且不成帧的 {token}"
    ),
    "dc09.instead_number": Text("an answer to number {number:04d}", "应答的编号是 {number:04d}"),
    "dc09.instead_account": Text("an answer for another account", "应答的账号不符"),
    "dc09.instead_clear": Text("an answer in clear to an encrypted frame", "对加密帧作了明文应答"),
    "dc09.instead_off": Text(
        "a sealed answer whose time is {off:+d} s off", "加密应答的时间相差 {off:+d} 秒"
    ),
    "dc09.instead_old": Text(
        "a sealed answer {seconds:d} s older than the last", "加密应答比上一条早 {seconds:d} 秒"
    ),
    # GB/T 26875.3.
    "gbt.no_answer.do": Text(
        "ask the centre whether its receiver runs; compare source, centre and user_version in "
        "[centre.gbt] with what the centre has on record",
        "请确认监控中心的接收系统在运行，"
        "并与其核对 [centre.gbt] 中的 source、centre 和 user_version",
    ),
    "gbt.denied": Text("the centre denies it", "监控中心否认"),
    "gbt.denied.do": Text(
        "compare source, centre and user_version in [centre.gbt] with what the centre has on "
        "record",
        "请与监控中心核对 [centre.gbt] 中的 source、centre 和 user_version",
    ),
    # CAP.
    "cap.no_word": Text("CAP has no word for {what}", "CAP 无法表示 {what}"),
    "cap.no_word.do": Text(
        "leave it out of kinds in [[centre]]", "请从 [[centre]] 的 kinds 中去掉"
    ),
    "cap.secret.do": Text(
        "correct token_file, and let the gateway's user read it",
        "请更正 token_file，并允许网关的用户读取",
    ),
    "cap.refused.do": Text(
        "see the log of the receiver; compare sender, addresses and token_file with what it has",
        "请查看接收方的日志；核对 sender、addresses 和 token_file",
    ),
    # A fire centre asks whether anybody is there.
    "duty.nothing": Text("nothing is asked", "没有查岗"),
    "duty.asks": Text("asks whether anybody is there", "正在查岗"),
    "duty.asks.do": Text(
        "answer within {minutes} min with: callpoint duty",
        "请在 {minutes} 分钟内应答：callpoint duty",
    ),
    "duty.by": Text("answered by {who}", "{who} 已应答"),
    "duty.nobody": Text("nobody answered within {minutes} min", "{minutes} 分钟内无人应答"),
    # The notifier, which tells people outside.
    "notifier.works": Text("tells people outside", "对外通知正常"),
    "notifier.silent": Text(
        "the notifier has been silent for {seconds} s", "通知服务已 {seconds} 秒无响应"
    ),
    "notifier.silent.do": Text(
        "start it: systemctl restart callpoint-notify; its log says why it ended",
        "请启动：systemctl restart callpoint-notify；退出原因见其日志",
    ),
    "notifier.undelivered": Text(
        "{count} messages reached nobody; channels that cannot be used: {channels}",
        "{count} 条消息未能送达；不可用的渠道：{channels}",
    ),
    "notifier.undelivered.do": Text(
        "see why with: callpoint notify status", "原因见 callpoint notify status"
    ),
    "notifier.delivered": Text("all messages reach somebody", "消息均已送达"),
    # The clock.
    "clock.synchronised": Text("synchronised", "已同步"),
    "clock.unsynchronised": Text("nobody synchronises the clock", "时钟未与任何时间源同步"),
    "clock.unsynchronised.do": Text(
        "timedatectl set-ntp true, and see that UDP port 123 or a local time server is reached",
        "请执行 timedatectl set-ntp true，并检查能否连接 UDP 端口 123 或本地时间服务器",
    ),
    "clock.steady": Text("steady", "稳定"),
    "clock.stepped": Text("the wall clock has stepped by {ms} ms", "系统时钟跳变 {ms} 毫秒"),
    "clock.stepped.do": Text(
        "find who sets the clock beside the time service; see journalctl -u systemd-timesyncd",
        "请查找时间服务以外修改时钟的程序；见 journalctl -u systemd-timesyncd",
    ),
    # Journals and disk.
    "journal.writable": Text("can be written", "可写入"),
    "journal.log_cut": Text("its log can be cut", "日志文件可截断"),
    "journal.log_grows": Text(
        "the log beside {file} grows: {size}", "{file} 的日志文件持续增大：{size}"
    ),
    "journal.log_grows.do": Text(
        "find who reads it (fuser -v {file}-wal), and end that program",
        "请查找正在读取的程序（fuser -v {file}-wal）并结束",
    ),
    "journal.log_held": Text(
        "process {who} stands still within a read of {file}; its log grows: {size}",
        "进程 {who} 停在读取 {file} 的过程中；日志文件持续增大：{size}",
    ),
    "journal.log_held.do": Text(
        "let it go on (kill -CONT {pids}), or end it (kill -KILL {pids})",
        "请让其继续（kill -CONT {pids}）或结束它（kill -KILL {pids}）",
    ),
    "journal.full.do": Text("make room on the disk", "请清理磁盘空间"),
    "journal.read_only.do": Text(
        "mount the disk for writing, and let the gateway's user write to it",
        "请以可写方式挂载磁盘，并允许网关的用户写入",
    ),
    "journal.not_allowed.do": Text(
        "let the gateway's user write to the disk", "请允许网关的用户写入磁盘"
    ),
    "journal.not_mounted.do": Text(
        "mount the disk, and let the gateway's user write to it",
        "请挂载磁盘，并允许网关的用户写入",
    ),
    "journal.broken_disk.do": Text(
        "see what the kernel says of the disk (dmesg), and replace it in time: callpoint backup, "
        "then restore on a new one",
        "请查看内核对磁盘的报告（dmesg）并及时更换：先 callpoint backup，再在新盘上 restore",
    ),
    "journal.busy.do": Text(
        "end the other program that writes to the journal", "请结束正在写入日志库的其他程序"
    ),
    "journal.disk.do": Text(
        "see what the kernel says of the disk (dmesg), and whether it has room",
        "请查看内核对磁盘的报告（dmesg），以及是否还有空间",
    ),
    "journal.damaged_events": Text("{count} events brought back", "已找回 {count} 条事件"),
    "journal.damaged_readings": Text(
        "readings before now are in {file}, as far as it can be read",
        "此前的读数在 {file} 中，以可读部分为限",
    ),
    "journal.salvage.do": Text(
        "run: callpoint journal salvage {file}", "请运行：callpoint journal salvage {file}"
    ),
    "journal.salvaged": Text("salvaged; the file may be moved elsewhere", "已抢救，文件可移走"),
    "disk.room": Text("room again", "空间已恢复"),
    "disk.low": Text(
        "{megabytes} MB free in {folder}: readings wait, alarms go on",
        "{folder} 仅剩 {megabytes} MB：读数暂停存储，报警不受影响",
    ),
    "disk.low.do": Text(
        "make room there, or lower telemetry_mb and telemetry_days in [gateway]",
        "请清理空间，或减小 [gateway] 中的 telemetry_mb 和 telemetry_days",
    ),
    # Devices.
    "device.look.do": Text(
        "see whether it has power, and whether its network reaches the broker",
        "请检查供电，以及其网络能否连接 MQTT 服务器",
    ),
    "device.with_others": Text("with others", "与其他设备同时"),
    "devices.look.do": Text(
        "look at what they share: power, the access point or bridge, the network",
        "请检查其共用部分：供电、无线接入点或网桥、网络",
    ),
    "devices.none_left": Text("none of them is supervised any more", "这些设备已不再监测"),
    "devices.heard": Text("all heard again", "已全部恢复响应"),
    "device.flood": Text(
        "sends more than it may; the rest waits in its memory",
        "发送超过限额，其余留在设备内等待",
    ),
    "device.flood_unusable": Text(
        "sends much that cannot be used; some of it is not kept",
        "大量发送无法使用的消息，部分未保留",
    ),
    "device.flood.do": Text(
        "see what it does; if its input chatters, mend it; if it is lost or stolen, revoke its "
        "certificate",
        "请检查该设备；输入抖动请维修；设备丢失或被盗请吊销其证书",
    ),
    "device.unregistered.do": Text(
        "correct the register, or take the device away; `callpoint events --quarantine` shows "
        "what it sent",
        "请更正登记表或移走该设备；其发送内容见 `callpoint events --quarantine`",
    ),
    "device.no_zone": Text(
        "zone {zone} ({kind}) of {device} is not in the register",
        "登记表中没有 {device} 的防区 {zone}（{kind}）",
    ),
    "device.other_kind": Text(
        "zone {zone} of {device} is {registered} in the register, not {kind}",
        "{device} 的防区 {zone} 登记为 {registered}，不是 {kind}",
    ),
    "device.chatter": Text(
        "zone {zone}: {kind} {state} {times} times in {seconds} s",
        "防区 {zone}：{seconds} 秒内 {times} 次{kind}{state}",
    ),
    "device.chatter.do": Text(
        "mend its input; until then `callpoint inhibit {device} --zone {zone} --for 2h --reason "
        "TEXT` holds it back, with --life also an alarm for life",
        "请维修其输入；此前可用 `callpoint inhibit {device} --zone {zone} --for 2h --reason TEXT` "
        "屏蔽，加 --life 则含生命安全报警",
    ),
    "device.identity": Text(
        "two boards send as this device: {first}; {second}",
        "有两块电路板使用此设备身份：{first}；{second}",
    ),
    "device.board": Text(
        "boot {boot} (its start {start}) over {source}",
        "启动号 {boot}（第 {start} 次启动），经由 {source}",
    ),
    "device.board_firmware": Text(
        "boot {boot} (its start {start}) over {source} with firmware {firmware}",
        "启动号 {boot}（第 {start} 次启动），经由 {source}，固件 {firmware}",
    ),
    "device.identity.do": Text(
        "find both boards: `callpoint events --device {device} --json` shows which boot sent "
        "what; make an identity of its own for one of them (`callpoint identity build`), or take "
        "it away",
        "请找到这两块电路板：`callpoint events --device {device} --json` 显示各启动号发送的事件；"
        "为其中一块制作独立的身份（`callpoint identity build`），或将其撤下",
    ),
    "device.quiet_again": Text(
        "nothing of that kind for {minutes} minutes", "{minutes} 分钟内未再发生"
    ),
    # Codes of partitions.
    "keypad.locked": Text(
        "no code is taken after {misses} wrong ones in a row",
        "连续 {misses} 次密码错误，暂停接受密码",
    ),
    "keypad.locked.do": Text(
        "find out who tries codes there; a right code ends the count",
        "请查明是谁在试密码；输入正确密码后重新计数",
    ),
    "keypad.right": Text("a right code was entered", "已输入正确密码"),
    "keypad.open": Text("codes are taken again", "已恢复接受密码"),
    "part.removed": Text("removed", "已移除"),
}
