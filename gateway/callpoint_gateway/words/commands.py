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
    "cli.duration_bounds": Text(
        "'{text}': at least {least} and at most {most}", "“{text}”：最短 {least}，最长 {most}"
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
    "journal.unopenable": Text(
        "{path}: cannot be opened as a journal ({why})", "{path}：无法作为日志库打开（{why}）"
    ),
    "journal.other_version": Text(
        "{path}: written by another version (schema {schema}, this program reads {known}); use "
        "the version that wrote it",
        "{path}：由其他版本写入（格式 {schema}，本程序可读 {known}）；请使用写入它的版本",
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
    "journal.gap": Text(
        "positions {first} to {last} are missing", "缺少第 {first} 至 {last} 条记录"
    ),
    "journal.chain": Text(
        "position {position} does not fit the chain", "第 {position} 条记录与校验链不符"
    ),
    "journal.cursor_ahead": Text(
        "cursor {name} is at {position}, ahead of the last entry {last}",
        "游标 {name} 位于 {position}，超过最后一条记录 {last}",
    ),
    "journal.unreadable_on": Text("cannot be read any further ({why})", "无法继续读取（{why}）"),
    # callpoint backup and restore
    "backup.exists": Text(
        "{target} exists; name a folder that does not", "{target} 已存在；请指定新的文件夹"
    ),
    "backup.none": Text(
        "{source}: is no backup of a gateway ({why})", "{source}：不是网关的备份（{why}）"
    ),
    "backup.other_site": Text(
        "{source}: is of site {site}, the configuration is of {own}",
        "{source}：属于站点 {site}，而配置属于 {own}",
    ),
    "backup.changed": Text(
        "{file}: is not the file that was written", "{file}：与备份时写入的文件不同"
    ),
    "backup.has_journals": Text(
        "{folder} has journals or accounts; --replace keeps them under another name",
        "{folder} 中已有日志库或账号；用 --replace 可将其改名保留",
    ),
    "backup.no_accounts": Text(
        "{folder} has no accounts of a console; see `state_dir`, and copy the database by pg_dump",
        "{folder} 中没有控制台账号；请检查 state_dir，数据库请用 pg_dump 复制",
    ),
    "backup.strange": Text(
        "{source}: nobody knows {file}; use the version that made it",
        "{source}：无法识别 {file}；请使用生成该备份的版本",
    ),
    "file.in_use": Text(
        "{file} is in use; stop the program that uses it first",
        "{file} 正在使用；请先停止使用它的程序",
    ),
    "file.wrong": Text("{file}: {why}", "{file}：{why}"),
    "file.no_room": Text(
        "nothing more can be written ({why}); make room on the disk and run the command again",
        "无法继续写入（{why}）；请清理磁盘空间后重新运行本命令",
    ),
    # What ends a start.
    "state_dir.unusable": Text(
        "state directory {folder}: {why}; make it writable or set state_dir in [gateway]",
        "状态目录 {folder}：{why}；请使其可写，或更正 [gateway] 中的 state_dir",
    ),
    "state_dir.in_use": Text(
        "state directory {folder} is in use by another gateway; stop it first",
        "状态目录 {folder} 正被另一网关使用；请先停止该网关",
    ),
    "service.no_socket": Text(
        "no socket can be made in {folder}: {why}; set state_dir in [gateway] to a folder on a "
        "Linux file system",
        "无法在 {folder} 中建立套接字：{why}；请将 [gateway] 中的 state_dir 设为 Linux 文件系统"
        "上的文件夹",
    ),
    "service.status_page": Text(
        "the status page cannot listen on {where}: {why}; free the port or correct [status]",
        "状态页无法在 {where} 监听：{why}；请释放该端口，或更正 [status]",
    ),
    "service.coap": Text(
        "CoAP cannot listen on {where}: {why}; free the port or correct [coap]",
        "CoAP 无法在 {where} 监听：{why}；请释放该端口，或更正 [coap]",
    ),
    "service.died": Text(
        "{parts} has died; see the log above", "{parts} 已停止运行；原因见上方日志"
    ),
    "backup.journal": Text("{name} up to {last}", "{name} 至 {last}"),
    "backup.done": Text(
        "{target}: {journals}; the copy was read again and is sound",
        "{target}：{journals}；副本已回读，完好",
    ),
    "backup.done_accounts": Text(
        "{target}: the console's accounts; the copy was read again and is sound. "
        "The database is copied with pg_dump",
        "{target}：控制台账号；副本已回读，完好。数据库请用 pg_dump 复制",
    ),
    "backup.not_noted": Text(
        "the console cannot show when this copy was made: {why}; "
        "make copies as the gateway's user or as root",
        "控制台无法显示本次备份时间：{why}；请以网关用户或 root 身份备份",
    ),
    "backup.restored": Text(
        "{folder}: journals as they were at {time}", "{folder}：日志库已恢复到 {time}"
    ),
    "backup.restored_accounts": Text(
        "{folder}: the console's accounts as they were at {time}",
        "{folder}：控制台账号已恢复到 {time}",
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
    "quarantine.reason": Text("reason:", "原因："),
    "quarantine.text": Text("text:  ", "内容："),
    "events.empty_quarantine": Text("nothing in quarantine", "没有被隔离的消息"),
    "events.exclusive": Text(
        "--telemetry and --quarantine exclude each other",
        "--telemetry 和 --quarantine 不能同时使用",
    ),
    "events.kind_only": Text("--kind is for events only", "--kind 仅用于事件"),
}
