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
        "the code was used by another machine; ask the district for a new code, and who used it",
        "此注册码已被另一台机器使用；请向区级平台索取新的注册码，并查明使用者",
    ),
    "enrol.refused.ended": Text(
        "the code has ended; ask the district for a new code",
        "注册码已过期；请向区级平台索取新的注册码",
    ),
    "enrol.refused.request": Text(
        "the district cannot use the request for a certificate; bring both to versions that fit",
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
        "the engine goes on with its old users; its log says why, or restart it",
        "消息引擎仍在使用旧的用户；原因见其日志，或重启它",
    ),
    "district.no_place": Text(
        "{file} cannot be read; if an earlier version made the folder, remove {configuration} "
        "there and run callpoint district engine again: authority and gateways stay",
        "无法读取 {file}；若文件夹由早期版本创建，请删除其中的 {configuration} 并重新运行 "
        "callpoint district engine：证书颁发机构和网关会保留",
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
