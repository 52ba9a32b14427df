"""What concerns how a gateway gets its certificate from its district; in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

ENROLMENT: Final[Mapping[str, Text]] = {
    "enrol.code": Text(
        "{gateway} may enrol once within {hours} hours, with this code "
        "(at the gateway: callpoint upstream enrol CODE --at HOST:PORT):",
        "{gateway} 可在 {hours} 小时内用此注册码注册一次"
        "（在网关上运行：callpoint upstream enrol 注册码 --at 主机:端口）：",
    ),
    "enrol.connected": Text(
        "{gateway} is connected now. When a machine enrols with this code, the one that is "
        "connected is refused from then on. For another site use another name",
        "{gateway} 目前已连接。其他机器用此注册码注册后，当前连接的机器将被拒绝。"
        "其他站点请使用其他名称",
    ),
    "enrol.ask_code": Text("The code from the district", "区级平台给出的注册码"),
    "enrol.state.new": Text("not enrolled yet", "尚未注册"),
    "enrol.state.enrolled": Text("enrolled", "已注册"),
    "enrol.state.revoked": Text("revoked", "已吊销"),
    "district.head.state": Text("state", "状态"),
    "district.head.ends": Text("certificate ends", "证书到期"),
    "district.head.code": Text("code waits until (UTC)", "注册码有效至（UTC）"),
    "enrol.letters": Text(
        "the code has characters that no code has: {letters}; compare it with the district's",
        "注册码中有不应出现的字符：{letters}；请与区级平台核对",
    ),
    "enrol.length": Text(
        "the code has {found} letters and digits instead of {wanted}; compare it with the "
        "district's",
        "注册码有 {found} 个字母和数字，应为 {wanted} 个；请与区级平台核对",
    ),
    "enrol.mistyped": Text(
        "the code has a mistake; compare each group with the district's",
        "注册码有误；请逐组与区级平台核对",
    ),
    "enrol.at": Text(
        "'{at}' is no address; write HOST:PORT, as the district says",
        "“{at}”不是有效地址；请按区级平台所说写成 主机:端口",
    ),
    "enrol.away": Text(
        "no answer from {where}: {why}; see whether the district's enrolment service runs there",
        "{where} 没有应答：{why}；请检查区级平台的注册服务是否在该处运行",
    ),
    "enrol.engine": Text(
        "{where} asks for a certificate, as the district's engine does; the enrolment service "
        "has another port (4223, unless the district says otherwise)",
        "{where} 要求证书，这是区级平台消息引擎的端口；注册服务使用另一端口"
        "（4223，除非区级平台另有说明）",
    ),
    "enrol.no_service": Text(
        "{where} is no enrolment service of this version; compare the address with the district's",
        "{where} 不是本版本的注册服务；请与区级平台核对地址",
    ),
    "enrol.other_district": Text(
        "{where} is not the district that the code names, and nothing was sent to it; compare "
        "address and code with the district's",
        "{where} 不是注册码所指的区级平台，未向其发送任何内容；请与区级平台核对地址和注册码",
    ),
    "enrol.not_trusted": Text(
        "{where} cannot prove that it is the district: {why}; use an address that the district's "
        "engine was made for (--host)",
        "{where} 无法证明其为该区级平台：{why}；请使用创建消息引擎时指定的地址（--host）",
    ),
    "enrol.other_certificate": Text(
        "the district has answered with a certificate for another; tell the district's technician",
        "区级平台返回了他人的证书；请告知区级平台的技术人员",
    ),
    "enrol.refused.unknown": Text(
        "the district does not know this code or certificate; ask it for a new code",
        "区级平台不认识此注册码或证书；请索取新的注册码",
    ),
    "enrol.refused.used": Text(
        "the code was used already; if this gateway is not connected, ask the district for a new "
        "code, and who used this one",
        "此注册码已被使用；若本网关未连接，请向区级平台索取新的注册码，并查明使用者",
    ),
    "enrol.refused.ended": Text(
        "the code has ended; ask the district for a new code",
        "注册码已过期；请向区级平台索取新的注册码",
    ),
    "enrol.refused.request": Text(
        "the district cannot use the request for a certificate; bring both to versions that fit "
        "each other",
        "区级平台无法使用证书请求；请将双方升级到相互兼容的版本",
    ),
    "enrol.refused.key_ended": Text(
        "the key may not be used for longer; enrol anew with a code from the district",
        "密钥已到使用期限；请用区级平台的注册码重新注册",
    ),
    "enrol.refused.unable": Text(
        "the district cannot use its own files; its log says why",
        "区级平台无法使用其自身的文件；原因见其日志",
    ),
    "enrol.done": Text(
        "enrolled as {gateway} at district {district}; the certificate is valid until {day}",
        "已在区级平台 {district} 注册为 {gateway}；证书有效期至 {day}",
    ),
    "enrol.written": Text(
        "[upstream] is in {file}; run callpoint reload, or start the gateway",
        "[upstream] 已写入 {file}；请运行 callpoint reload 或启动网关",
    ),
    "enrol.written_district": Text(
        "[upstream] is in {file}; start callpoint district run again",
        "[upstream] 已写入 {file}；请重新启动 callpoint district run",
    ),
    "enrol.as_it_was": Text(
        "[upstream] in {file} says this already", "{file} 中的 [upstream] 已是如此"
    ),
    "enrol.by_hand": Text(
        "{file} has another [upstream], which was left as it is; replace it by this one:",
        "{file} 中有不同的 [upstream]，未作改动；请替换为：",
    ),
    "enrol.engine.not_running": Text(
        "the district's engine does not run there; the gateway connects when it is started",
        "区级消息引擎未在该处运行；启动后网关即可连接",
    ),
    "enrol.engine.old": Text(
        "the district's engine has not read its users; the district's technician must restart it",
        "区级消息引擎尚未读取其用户；须由区级平台技术人员重启",
    ),
    "enrol.cannot_write": Text("{file} cannot be written: {why}", "无法写入 {file}：{why}"),
    "enrolment.cannot": Text(
        "enrolments cannot be taken at {where}: {why}", "无法在 {where} 受理注册：{why}"
    ),
    "engine.done": Text("the engine has read its users again", "消息引擎已重新读取用户"),
    "engine.told": Text(
        "the engine was told to read its users again; it has no monitoring port that would say "
        "that it did",
        "已通知消息引擎重新读取用户；它没有监控端口，无法确认",
    ),
    "engine.not_running": Text(
        "no engine runs here; it reads its users when it starts",
        "此处没有运行中的消息引擎；启动时会读取用户",
    ),
    "engine.not_allowed": Text(
        "the engine here belongs to another user and was not told; do this as its user or as "
        "root: callpoint district reload FOLDER",
        "此处的消息引擎属于其他用户，未能通知；请以该用户或 root 身份运行："
        "callpoint district reload FOLDER",
    ),
    "engine.not_done": Text(
        "the engine still uses its earlier users; its log says why, or restart it",
        "消息引擎仍在使用旧的用户；原因见其日志，或重启它",
    ),
    "district.no_place": Text(
        "{file} cannot be read; if an earlier version made the folder, remove {configuration} "
        "there and run callpoint district engine again: authority and gateways stay",
        "无法读取 {file}；若文件夹由早期版本创建，请删除其中的 {configuration} 并重新运行 "
        "callpoint district engine：证书颁发机构和网关会保留",
    ),
    "doctor.engine": Text("district's engine {server}", "区级消息引擎 {server}"),
    "doctor.engine_lets_in": Text(
        "answers, accepts the certificate, and has JetStream (nats-server {version})",
        "应答正常，接受证书，JetStream 已启用（nats-server {version}）",
    ),
    "doctor.engine_refuses": Text("refuses the connection: {why}", "拒绝连接：{why}"),
    "doctor.engine_refuses.do": Text(
        "ask the district whether the certificate is revoked; then enrol anew: "
        "callpoint upstream enrol",
        "请向区级平台确认证书是否已被吊销；然后重新注册：callpoint upstream enrol",
    ),
    "doctor.engine_tls": Text("no TLS with it: {why}", "无法建立 TLS：{why}"),
    "doctor.upstream_renewal": Text("renewal at the district", "区级平台证书续期"),
    "doctor.upstream_not_renewed": Text(
        "the certificate for the district is not renewed", "用于区级平台的证书未启用续期"
    ),
    "doctor.upstream_not_renewed.do": Text(
        'add renewal = "HOST:PORT" of the district\'s enrolment service to [upstream]',
        '请在 [upstream] 中添加 renewal = "主机:端口"，即区级平台的注册服务',
    ),
    "doctor.engine_here": Text("engine", "消息引擎"),
    "doctor.store_unseen": Text(
        "not examined: {server} says how it stores on its own machine only, and does not answer "
        "on port {port} of this one",
        "未检查：{server} 只在其所在机器上说明存储情况，而本机端口 {port} 上没有该引擎应答",
    ),
    "doctor.name_folder": Text(
        "on the engine's machine, name its folder: "
        "callpoint district doctor --engine /etc/callpoint/engine",
        "请在消息引擎所在机器上指定其文件夹："
        "callpoint district doctor --engine /etc/callpoint/engine",
    ),
    "doctor.no_monitor": Text("its configuration has no monitoring port", "其配置中没有监控端口"),
    "doctor.no_monitor.do": Text(
        "remove nats.conf in its folder, run callpoint district engine with --monitor again, and "
        "restart the engine: authority and gateways stay",
        "请删除其文件夹中的 nats.conf，重新运行 callpoint district engine --monitor，"
        "并重启消息引擎：证书颁发机构和网关会保留",
    ),
    "doctor.engine_silent": Text(
        "no answer on 127.0.0.1 port {port}", "127.0.0.1 端口 {port} 没有应答"
    ),
    "doctor.engine_silent.do": Text(
        "start it: systemctl start callpoint-engine; without systemd: nats-server -c {file}",
        "请启动：systemctl start callpoint-engine；没有 systemd 时：nats-server -c {file}",
    ),
    "doctor.engine_version": Text("engine's version", "消息引擎版本"),
    "doctor.engine_is": Text("nats-server {version}", "nats-server {version}"),
    "doctor.engine_old": Text(
        "nats-server {version} cannot write each message to the disk before it acknowledges it",
        "nats-server {version} 无法在确认前将每条消息写入磁盘",
    ),
    "doctor.engine_old.do": Text(
        "use 2.10 or later, such as that of Debian 13",
        "请使用 2.10 或更高版本，如 Debian 13 的版本",
    ),
    "doctor.engine_store": Text("engine's store", "消息引擎存储"),
    "doctor.no_store": Text("JetStream is off", "JetStream 未启用"),
    "doctor.durable": Text(
        "each message is on the disk before it is acknowledged", "每条消息在确认前已写入磁盘"
    ),
    "doctor.not_durable": Text(
        "a power cut loses messages that were acknowledged; gateways send them again, later",
        "断电会丢失已确认的消息；网关会重新发送，但会延迟",
    ),
    "doctor.engine_config.do": Text(
        "in the jetstream block of nats.conf: sync_interval: always; then restart the engine",
        "在 nats.conf 的 jetstream 中设 sync_interval: always，然后重启消息引擎",
    ),
    "doctor.store_small": Text(
        "it has room for {most} MB, and `stream_mb` is {wanted}: nothing is taken from gateways",
        "其上限为 {most} MB，而 stream_mb 为 {wanted}：无法接收网关发送的内容",
    ),
    "doctor.store_small.do": Text(
        "raise max_file in nats.conf and restart the engine, or lower `stream_mb`",
        "请调高 nats.conf 中的 max_file 并重启消息引擎，或调低 stream_mb",
    ),
    "doctor.store_used": Text("{used} of {most} MB are used", "已用 {used} MB，上限 {most} MB"),
    "doctor.store_full.do": Text(
        "see whether callpoint district run takes what comes, and raise max_file in nats.conf",
        "请检查 callpoint district run 是否正常接收，并调高 nats.conf 中的 max_file",
    ),
    "doctor.enrolled": Text("enrolled gateways", "已注册的网关"),
    "doctor.gateways_enrolled": Text(
        "{count}, and none of their certificates ends soon", "{count} 个，证书近期均不到期"
    ),
    "doctor.gateway_ends.do": Text(
        "see whether it is connected and callpoint district enrolment runs, or give it a new code",
        "请检查该网关是否在线、callpoint district enrolment 是否运行，或给出新的注册码",
    ),
    "doctor.engine_certificate.do": Text(
        "put ca.key back into authority/, remove nats.conf and run callpoint district engine "
        "again",
        "将 ca.key 放回 authority/，删除 nats.conf 并重新运行 callpoint district engine",
    ),
    "doctor.database": Text("database", "数据库"),
    "doctor.database_answers": Text(
        "answers, and its schema is this version's", "应答正常，结构与本版本一致"
    ),
    "doctor.database.do": Text(
        "see whether PostgreSQL runs, and correct `database`",
        "请检查 PostgreSQL 是否运行，并更正 database",
    ),
    "doctor.old_schema": Text(
        "its schema is {steps} steps behind this version", "其结构比本版本落后 {steps} 步"
    ),
    "doctor.old_schema.do": Text(
        "start callpoint district run: it brings the schema to this version",
        "请启动 callpoint district run：它会将数据库结构更新到本版本",
    ),
    "doctor.areas": Text("desks of areas", "各区域的值班台"),
    "doctor.areas.do": Text(
        "correct the file: no process of the district starts with it",
        "请更正该文件：否则区级平台的处理进程无法启动",
    ),
    "doctor.area_empty": Text(
        "no place of any gateway lies in {area}", "没有任何网关的地点位于 {area}"
    ),
    "doctor.area_empty.do": Text(
        "see whether `grid` there is as the registers of the gateways have it",
        "请核对该处的 grid 是否与各网关登记表一致",
    ),
    "doctor.areas_good": Text("{count} areas", "{count} 个区域"),
    "doctor.gateways": Text("gateways", "网关"),
    "doctor.gateways_heard": Text("{count}, and all are heard", "{count} 个，均在线"),
    "doctor.deaf": Text(
        "the district hears nobody: no process of it has been heard through the engine for 20 s",
        "区级平台未收到任何网关的信息：20 秒内没有处理进程的信号经消息引擎传来",
    ),
    "doctor.deaf.do": Text(
        "see whether callpoint district run works, and its log; if it just started, look again",
        "请检查 callpoint district run 是否在运行，并查看其日志；如刚刚启动，请稍后再查",
    ),
    "doctor.gateway_of_district": Text("gateway {gateway}", "网关 {gateway}"),
    "doctor.gateway_silent": Text("it is not heard", "失联"),
    "doctor.gateway_silent.do": Text(
        "at its site: callpoint upstream status", "请在其站点运行：callpoint upstream status"
    ),
    "upstream.none": Text(
        "{file} has no [upstream]: this gateway has no district; see callpoint upstream enrol",
        "{file} 中没有 [upstream]：本网关不属于任何区级平台；见 callpoint upstream enrol",
    ),
    "upstream.is": Text("{gateway} at district {district}", "区级平台 {district} 的 {gateway}"),
    "upstream.state": Text("{state}: {why}", "{state}：{why}"),
    "upstream.waiting": Text(
        "entries without a receipt of the district: {entries}",
        "尚未收到区级平台回执的条目：{entries}",
    ),
    "upstream.no_gateway": Text(
        "no gateway answers here that has this line; start it, or run callpoint reload",
        "此处没有使用该线路的网关应答；请启动网关，或运行 callpoint reload",
    ),
    "upstream.place": Text(
        "'{place}' is no address; write HOST:PORT", "“{place}”不是有效地址；请写成 主机:端口"
    ),
    "upstream.certificate_until": Text(
        "the certificate is valid until {day}", "证书有效期至 {day}"
    ),
    "upstream.certificate_ends": Text(
        "the certificate for the district ends on {day}", "用于区级平台的证书将于 {day} 到期"
    ),
    "upstream.certificate_unreadable": Text(
        "{file} cannot be used: {why}", "无法使用 {file}：{why}"
    ),
    "upstream.certificate.do": Text(
        "see whether the district's enrolment service answers, or enrol anew: "
        "callpoint upstream enrol",
        "请检查区级平台的注册服务是否应答，或重新注册：callpoint upstream enrol",
    ),
}
