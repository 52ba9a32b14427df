"""What `callpoint doctor` finds and what a person can do about it, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

FINDINGS: Final[Mapping[str, Text]] = {
    # What was examined.
    "doctor.clock": Text("clock", "时钟"),
    "doctor.disk": Text("disk", "磁盘"),
    "doctor.file_system": Text("file system", "文件系统"),
    "doctor.card": Text("card {name}", "存储卡 {name}"),
    "doctor.memory": Text("memory", "内存"),
    "doctor.configuration": Text("configuration", "配置"),
    "doctor.broker": Text("broker", "MQTT 服务器"),
    "doctor.broker_truth": Text("broker {name}", "MQTT 服务器 {name}"),
    "doctor.certificate": Text("certificate {name}", "证书 {name}"),
    "doctor.certificate_of": Text("certificate of {name}", "{name} 的证书"),
    "doctor.renewal": Text("renewal", "证书续期"),
    "doctor.not_renewed": Text(
        "certificates of devices end after two years and are not renewed",
        "设备证书两年后到期，且未启用续期",
    ),
    "doctor.not_renewed.do": Text(
        'add [renewal] with certificates_dir = "{folder}"',
        '请添加 [renewal]，并设 certificates_dir = "{folder}"',
    ),
    "doctor.renewal.do": Text(
        "correct certificates_dir in [renewal]", "请更正 [renewal] 中的 certificates_dir"
    ),
    "doctor.ends_soon": Text("ends within {days} days", "{days} 天内到期"),
    "doctor.ends_soon.do": Text(
        "see that it is connected; callpoint broker list shows all",
        "请检查其是否在线；全部证书见 callpoint broker list",
    ),
    "doctor.none_ends": Text(
        "certificates of {count} names, none ends within {days} days",
        "共 {count} 个名称的证书，{days} 天内无到期",
    ),
    "doctor.no_authority": Text(
        "{folder} has no authority that can be read", "{folder} 中没有可读取的证书机构文件"
    ),
    "doctor.device_key": Text("device key", "设备密钥"),
    "doctor.device_key_here": Text("{path} is still on this machine", "{path} 仍在本机"),
    "doctor.device_key_here.do": Text(
        "once it is on {device} (callpoint identity build), delete it",
        "写入设备 {device} 后（callpoint identity build）请删除",
    ),
    "doctor.broker_files": Text("broker files", "MQTT 服务器文件数"),
    "doctor.few_files": Text(
        "Mosquitto may open {may} files, and accepts {connections} connections of devices: who "
        "fills them keeps the gateway out",
        "Mosquitto 最多打开 {may} 个文件，却接受 {connections} 个设备连接：占满后网关无法连接",
    ),
    "doctor.few_files.do": Text(
        "systemctl edit mosquitto: [Service] LimitNOFILE=4096; then restart it",
        "运行 systemctl edit mosquitto，设 [Service] LimitNOFILE=4096，然后重启",
    ),
    "doctor.enough_files": Text("{may} may be open", "最多可打开 {may} 个"),
    "doctor.secret": Text("secret", "密钥文件"),
    "doctor.secrets": Text("secrets", "密钥文件"),
    "doctor.note": Text("note", "注意"),
    "doctor.root_key": Text("root key", "根密钥"),
    "doctor.gateway": Text("gateway", "网关"),
    "doctor.fault": Text("fault {source}", "故障 {source}"),
    "doctor.port": Text("port {name}", "端口 {name}"),
    "doctor.journal": Text("journal", "日志库"),
    # What was found.
    "doctor.clock_wrong": Text(
        "nobody keeps it right: times of events are repaired only once somebody does",
        "未同步：同步之后事件时间才会校正",
    ),
    "doctor.room": Text("{megabytes} MB free in {folder}", "{folder} 剩余 {megabytes} MB"),
    "doctor.room.bad.do": Text(
        "make room: below this readings wait and only alarms are stored",
        "请清理空间：不足时读数暂停，只存储报警",
    ),
    "doctor.room.warn.do": Text(
        "make room, or lower telemetry_mb: {megabytes} are due",
        "请清理空间或减小 telemetry_mb：共需 {megabytes} MB",
    ),
    "doctor.forgets": Text(
        "{folder} is {kind}: it forgets with the power", "{folder} 是 {kind}：断电后内容丢失"
    ),
    "doctor.forgets.do": Text(
        "set state_dir in [gateway] to a folder on a disk or card",
        "请将 [gateway] 中的 state_dir 设为磁盘或存储卡上的文件夹",
    ),
    "doctor.unsafe": Text(
        "{folder} is {kind}: a journal can be damaged there",
        "{folder} 是 {kind}：日志库可能在其上损坏",
    ),
    "doctor.unsafe.do": Text(
        "set state_dir in [gateway] to a folder on ext4",
        "请将 [gateway] 中的 state_dir 设为 ext4 上的文件夹",
    ),
    "doctor.unknown": Text("not known", "未知"),
    "doctor.worn": Text("about {percent} % of its life is used", "寿命约已用 {percent}%"),
    "doctor.worn.bad.do": Text(
        "replace it now: callpoint backup, then restore on a new one",
        "请立即更换：先 callpoint backup，再在新卡上 restore",
    ),
    "doctor.worn.warn.do": Text(
        "plan its replacement; a larger one lasts longer", "请安排更换；容量大的更耐用"
    ),
    "doctor.available": Text("{megabytes} MB available", "可用 {megabytes} MB"),
    "doctor.memory.bad.do": Text(
        "end what else runs here: the gateway may be killed",
        "请结束其他程序：网关可能被系统终止",
    ),
    "doctor.memory.warn.do": Text("run less beside the gateway", "请减少与网关同时运行的程序"),
    "doctor.configuration.do": Text(
        "correct it: what it names was not examined", "请更正；其中的各项未检查"
    ),
    "doctor.configured": Text(
        "{path}: {devices} devices, {centres} centres",
        "{path}：设备 {devices} 台，接警中心 {centres} 个",
    ),
    "doctor.at": Text("{where}: {why}", "{where}：{why}"),
    "doctor.broker.do": Text(
        "start it, or correct [broker]; callpoint broker config sets one up",
        "请启动 MQTT 服务器，或更正 [broker]；可用 callpoint broker config 建立",
    ),
    "doctor.answers": Text("answers at {where}", "{where} 有应答"),
    "doctor.no_certificate": Text("{path} holds none", "{path} 中没有证书"),
    "doctor.no_certificate.do": Text(
        "correct its name, or make it again", "请更正文件名，或重新签发"
    ),
    "doctor.valid": Text("valid until {day}", "有效期至 {day}"),
    "doctor.expired": Text("expired on {day}", "已于 {day} 过期"),
    "doctor.expired.do": Text(
        "make it again ({command}), then callpoint reload",
        "请重新签发（{command}），然后 callpoint reload",
    ),
    "doctor.open_secret": Text("{path} can be read by others", "其他用户可读取 {path}"),
    "doctor.secrets_good": Text("for their owner only", "仅所有者可读"),
    "doctor.root_key_here": Text(
        "{path} is on this machine: who has it can pass for the broker",
        "{path} 在本机上：得到它的人可冒充 MQTT 服务器",
    ),
    "doctor.root_key_here.do": Text(
        "take it away, to two media in a safe", "请移走，存于两个介质并锁入保险柜"
    ),
    "doctor.root_key_away": Text("not on this machine", "不在本机上"),
    "doctor.runs": Text("runs", "运行中"),
    "doctor.stands": Text("stands", "未消除"),
    "doctor.stands.do": Text(
        "callpoint events --kind fault shows when it began",
        "开始时间见 callpoint events --kind fault",
    ),
    "doctor.port_taken.do": Text("free it, or correct [{name}]", "请释放该端口，或更正 [{name}]"),
    "doctor.port_free": Text("{where} is free", "{where} 空闲"),
    "doctor.no_journal": Text("none yet", "尚未建立"),
    "doctor.journal_unreadable.do": Text(
        "callpoint journal salvage, or callpoint restore",
        "请运行 callpoint journal salvage 或 callpoint restore",
    ),
    "doctor.journal_changed": Text(
        "{problems} of {entries} entries do not fit: {first}",
        "{entries} 条记录中有 {problems} 条校验不符：{first}",
    ),
    "doctor.journal_changed.do": Text(
        "find out who changed it: callpoint journal verify; then callpoint restore",
        "请用 callpoint journal verify 查明何处被改动，再 callpoint restore",
    ),
    "doctor.journal_long": Text(
        "{entries} entries; callpoint journal verify examines them",
        "{entries} 条记录；请用 callpoint journal verify 检查",
    ),
    "doctor.journal_good": Text(
        "{entries} entries, each in the chain", "{entries} 条记录，校验链完整"
    ),
    "doctor.line": Text("{what}: {text}", "{what}：{text}"),
    # What a configuration allows and its author may not mean.
    "note.no_codes": Text(
        "[arming]: without codes_file nobody can disarm from a panel",
        "[arming]：没有 codes_file 则无法在面板上撤防",
    ),
    "note.no_codes.do": Text(
        "make codes with: callpoint partitions code", "请用 callpoint partitions code 设置密码"
    ),
    "note.broker": Text(
        "[broker]: the password goes to {host} in clear", "[broker]：密码以明文发往 {host}"
    ),
    "note.broker.do": Text("set ca_file", "请设置 ca_file"),
    "note.timeseries": Text(
        "[timeseries]: the token goes to {host} in clear", "[timeseries]：令牌以明文发往 {host}"
    ),
    "note.timeseries.do": Text("use https", "请使用 https"),
    "note.centre": Text(
        "centre {name}: anybody on the way to {host} can read and answer for it",
        "接警中心 {name}：通往 {host} 途中的任何人都可读取并冒充应答",
    ),
    "note.centre.do": Text(
        "set key_file, or transport if the receiver takes TLS",
        "请设置 key_file；接收机支持 TLS 时请设置 transport",
    ),
    "note.no_plan": Text(
        "an alarm of kind {kind} ({profile}) has no action plan",
        "类型为{kind}的报警（{profile}）没有处置预案",
    ),
    "note.no_plan.do": Text(
        "write it on the console's page of plans", "请在控制台的处置预案页面编写"
    ),
}
