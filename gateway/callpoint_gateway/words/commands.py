"""What the commands say beside their tables, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

COMMANDS: Final[Mapping[str, Text]] = {
    "cli.or_register": Text(
        "{why}; or name the register with --register", "{why}；或用 --register 指定登记表"
    ),
    "cli.no_duration": Text(
        "'{text}' is no duration; write 90s, 30m, 2h or 1d",
        "“{text}”不是时长；请写 90s、30m、2h 或 1d",
    ),
    "cli.no_time": Text(
        "'{text}' is neither like 10m, 2h, 30d nor a date or an ISO time ({zone})",
        "“{text}”既不是 10m、2h、30d，也不是日期或 ISO 时间（{zone}）",
    ),
    "cli.journal_unreadable": Text(
        "the journal cannot be read ({why}); check the disk and the file",
        "日志库无法读取（{why}）；请检查磁盘和文件",
    ),
    # callpoint reload
    "reload.done": Text("reloaded; changed: {sections}", "已重新加载；已更改：{sections}"),
    "reload.nothing": Text(
        "nothing; keys and certificates read again", "无；已重新读取密钥和证书"
    ),
    "reload.away": Text(
        "the gateway has not come back within {seconds:g} s; its log says why",
        "网关 {seconds:g} 秒内未恢复，原因见其日志",
    ),
    # callpoint journal
    "journal.none": Text(
        "{file}: no such journal; has the gateway run here yet?",
        "{file}：没有此日志库；网关是否在此运行过？",
    ),
    "journal.line": Text("{name}: {problem}", "{name}：{problem}"),
    "journal.verified": Text(
        "{file}: {entries} entries, {problems} problems",
        "{file}：{entries} 条记录，{problems} 处异常",
    ),
    "journal.no_problems": Text("no", "0"),
    "journal.changed": Text("somebody or something has changed the journal", "日志库已被改动"),
    "journal.brought_back": Text(
        "no centre had accepted {undelivered} events; {brought_back} of them were brought back "
        "now",
        "{undelivered} 条事件未被任何接警中心接收，现已找回其中 {brought_back} 条",
    ),
    # callpoint backup and restore
    "backup.journal": Text("{name} up to {last}", "{name} 至 {last}"),
    "backup.done": Text(
        "{target}: {journals}; the copy was read again and is sound",
        "{target}：{journals}；副本已回读，完好",
    ),
    "backup.restored": Text(
        "{folder}: journals as they were at {time}", "{folder}：日志库已恢复到 {time}"
    ),
    # callpoint device
    "device.asleep": Text(
        "{device} does not listen now; it gets the order when it next reports, if it does within "
        "{seconds:g} s",
        "{device} 现在未在线；若在 {seconds:g} 秒内上报，则届时收到命令",
    ),
    "device.needs_seconds": Text("{order} needs --seconds", "{order} 须带 --seconds"),
    "device.takes_no_seconds": Text("{order} takes no --seconds", "{order} 不带 --seconds"),
    "device.done": Text("{device}: {order}: done", "{device}：{order}：已执行"),
    "device.not_heard": Text(
        "{device} has not listened within {seconds:g} s; wait longer with --wait",
        "{device} 在 {seconds:g} 秒内未上线；可用 --wait 延长等待",
    ),
    "device.not_answered": Text(
        "{device} has not answered within {seconds:g} s; is it on, and online?",
        "{device} 在 {seconds:g} 秒内未应答；是否已通电并在线？",
    ),
    # callpoint inhibit, report and events
    "inhibit.give": Text(
        "give DEVICE or --place, or --list, or --end NUMBER",
        "请给出 DEVICE 或 --place，或 --list，或 --end 编号",
    ),
    "inhibit.needed": Text(
        "--for and --reason are needed: --for 2h --reason 'new door'",
        "须带 --for 和 --reason：--for 2h --reason '更换门锁'",
    ),
    "report.order": Text("--since is not before --until", "--since 不早于 --until"),
    "events.empty_quarantine": Text("nothing in quarantine", "没有被隔离的消息"),
    "events.exclusive": Text(
        "--telemetry and --quarantine exclude each other",
        "--telemetry 和 --quarantine 不能同时使用",
    ),
    "events.kind_only": Text("--kind is for events only", "--kind 仅用于事件"),
}
