"""Why a link of the gateway does not work, and what a person can do; in both languages.

Links are those to the broker, to alarm centres, to servers and over serial lines. ``.do`` at the
end of a code: what to do. Values in braces are data.
"""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

LINK_FAULTS: Final[Mapping[str, Text]] = {
    # The MQTT broker.
    "link.connected": Text("connected", "已连接"),
    "broker.no_tls": Text(
        "no TLS with the broker at {where}: {why}", "与 MQTT 服务器 {where} 无法建立 TLS：{why}"
    ),
    "broker.no_tls.do": Text(
        "correct ca_file in [broker], or the broker's certificate",
        "请更正 [broker] 中的 ca_file，或更换 MQTT 服务器的证书",
    ),
    "broker.password": Text(
        "the broker's password cannot be used: {why}", "MQTT 服务器的密码无法使用：{why}"
    ),
    "broker.password.do": Text(
        "correct password_file in [broker]", "请更正 [broker] 中的 password_file"
    ),
    "broker.silent": Text("no broker answers at {where}", "{where} 的 MQTT 服务器无应答"),
    "broker.silent.do": Text(
        "start it, or correct [broker]", "请启动 MQTT 服务器，或更正 [broker]"
    ),
    "broker.refuses": Text("the broker refuses: {why}", "MQTT 服务器拒绝连接：{why}"),
    "broker.refuses.do": Text(
        "correct username and password_file in [broker], or the broker's own users",
        "请更正 [broker] 中的 username 和 password_file，或 MQTT 服务器上的用户",
    ),
    "broker.code": Text("code {code}", "代码 {code}"),
    "broker.version": Text("it does not speak MQTT 3.1.1", "不支持 MQTT 3.1.1"),
    "broker.identifier": Text("it rejects the client id", "不接受客户端标识"),
    "broker.unavailable": Text("it is not available", "服务不可用"),
    "broker.login": Text("wrong user or password", "用户名或密码错误"),
    "broker.not_authorised": Text("not authorised", "网关未获授权"),
    "broker.unreadable": Text(
        "the broker does not let the gateway read {topic}", "MQTT 服务器不允许网关读取 {topic}"
    ),
    "broker.acl.do": Text(
        "give the gateway's user 'topic readwrite {topic}' in its ACL",
        "请在 MQTT 服务器的 ACL 中为网关的用户加上 'topic readwrite {topic}'",
    ),
    "broker.lost": Text("connection lost: {why}", "连接中断：{why}"),
    "broker.no_reason": Text("for no known reason", "原因不明"),
    "broker.no_sign": Text(
        "the broker has been silent for {seconds:g} s", "MQTT 服务器已 {seconds:g} 秒无响应"
    ),
    "broker.closed": Text("the broker has closed it", "被 MQTT 服务器关闭"),
    "broker.lost.do": Text(
        "see whether the broker runs; its log says why it hung up",
        "请查看 MQTT 服务器是否在运行，断开的原因见其日志",
    ),
    "broker.no_broker": Text("no MQTT broker: {why}", "对方不是 MQTT 服务器：{why}"),
    "broker.address.do": Text(
        "correct host and port in [broker]", "请更正 [broker] 中的 host 和 port"
    ),
    "broker.restart.do": Text(
        "see the broker's log, and start it anew", "请查看 MQTT 服务器的日志并重新启动"
    ),
    "broker.hangs_up": Text(
        "the broker at {where} hangs up before it has answered",
        "{where} 的 MQTT 服务器未应答即断开",
    ),
    "broker.hangs_up.do": Text("see its log", "请查看其日志"),
    "broker.taken": Text(
        "another client has taken the gateway's sessions in the last minute ({shown})",
        "最近一分钟内有其他客户端抢占了网关的会话（{shown}）",
    ),
    "broker.taken_times": Text("{name} {times} times", "{name} {times} 次"),
    "broker.taken.do": Text(
        "look for a second gateway of this site; let devices have a listener of their own: "
        "callpoint broker config",
        "请查找本站点的另一台网关；并为设备单独设置监听端口：callpoint broker config",
    ),
    "broker.not_taken": Text("nobody else takes the gateway's sessions", "网关的会话未被抢占"),
    "broker.second": Text(
        "another gateway of the site {site} uses this broker",
        "站点 {site} 的另一台网关也在使用此 MQTT 服务器",
    ),
    "broker.second.do": Text(
        "stop one of them, or give it a site of its own", "请停用其中一台，或为其设置另一个站点名"
    ),
    "broker.only": Text(
        "this is the only gateway of its site here", "本站点只有这一台网关在使用此服务器"
    ),
    # Certificates that end.
    "renewal.impossible": Text("certificates cannot be renewed: {why}", "证书无法更新：{why}"),
    "renewal.impossible.do": Text(
        "let certificates_dir in [renewal] be a folder that the gateway's user owns, with all "
        "files of the authority but the root's key",
        "请将 [renewal] 中的 certificates_dir 设为网关的用户所有的文件夹，"
        "其中有签发机构的全部文件，根密钥除外",
    ),
    "renewal.in_time": Text("certificates are renewed in time", "证书按时更新"),
    "renewal.ends": Text("its certificate ends on {day}", "其证书将于 {day} 到期"),
    "renewal.not_taken": Text(
        "it does not take a later certificate ({times} times sent); the one that it uses ends on "
        "{day}",
        "新证书已发送 {times} 次未被采用；正在使用的证书将于 {day} 到期",
    ),
    "renewal.renewed": Text("its certificate lasts longer now", "证书已更新"),
    "renewal.broker.do": Text(
        "bring the root's key, call callpoint broker config as before with --root-key PATH, then "
        "restart Mosquitto",
        "取来根密钥，按原参数加 --root-key PATH 运行 callpoint broker config，然后重启 Mosquitto",
    ),
    "renewal.device.do": Text(
        "see that it is connected and its firmware is new; else by cable: callpoint broker "
        "certificate {device} --again, then callpoint identity build",
        "请检查设备是否在线、固件是否为新版；否则用数据线：callpoint broker certificate "
        "{device} --again，再 callpoint identity build",
    ),
    # What the broker does, as it was tried.
    "truth.in_flight": Text(
        "it sends {window} messages before the first is acknowledged",
        "首条确认前可连续发送 {window} 条消息",
    ),
    "truth.in_flight.bad": Text(
        "it sends only {window} messages before it waits for an acknowledgement, which is slow",
        "只发送 {window} 条消息便等待确认，速度过慢",
    ),
    "truth.queue": Text(
        "it has kept all of {published} messages for a client that was away",
        "已为离线客户端保留全部 {published} 条消息",
    ),
    "truth.queue.bad": Text(
        "it dropped {lost} of {published} messages that it had acknowledged while their reader "
        "was away",
        "接收方离线期间，已确认的 {published} 条消息丢失了 {lost} 条",
    ),
    "truth.queue.do": Text(
        "set max_queued_messages 1000000 and bound max_queued_bytes instead",
        "请设置 max_queued_messages 1000000，改用 max_queued_bytes 限制",
    ),
    "truth.nodelay": Text("a second message leaves at once", "后续消息立即发出"),
    "truth.nodelay.bad": Text(
        "a second message waits {milliseconds} ms", "后续消息延迟 {milliseconds} 毫秒"
    ),
    "truth.write": Text("the gateway may write what devices read", "网关可以向设备发送消息"),
    "truth.write.bad": Text(
        "it does not pass on what the gateway writes to {channels}",
        "不转发网关发往 {channels} 的消息",
    ),
    "truth.unheard": Text(
        "it does not pass on what the gateway writes to {topic}: it cannot be examined",
        "不转发网关发往 {topic} 的消息，无法检查",
    ),
    "truth.retained": Text("it keeps retained messages", "支持保留消息"),
    "truth.retained.bad": Text(
        "it keeps no retained messages, so devices do not find their configuration",
        "不支持保留消息，设备无法取得配置",
    ),
    "truth.size": Text("it takes messages of {size} bytes", "可接收 {size} 字节的消息"),
    "truth.size.bad": Text("it drops messages of {size} bytes", "丢弃 {size} 字节的消息"),
    "truth.anonymous": Text(
        "nobody without a name can write to a device", "匿名用户不能向设备发送消息"
    ),
    "truth.anonymous.here": Text(
        "nobody without a name can write to a device from elsewhere; on this machine everybody "
        "can, and can take over sessions: without TLS the broker cannot tell who it is",
        "匿名用户不能从其他机器向设备发送消息；本机上的任何用户都可以发送，也可以抢占会话："
        "没有 TLS，MQTT 服务器无法分辨对方",
    ),
    "truth.anonymous.bad": Text(
        "anybody who reaches {where} can send commands to devices",
        "任何能连接 {where} 的人都可以向设备发送命令",
    ),
    "truth.anonymous.do": Text(
        "run callpoint broker config --tls, or let it listen on 127.0.0.1 only",
        "请运行 callpoint broker config --tls，或只监听 127.0.0.1",
    ),
    "truth.persistence": Text("it has kept the gateway's sessions", "已保留网关的会话"),
    "truth.persistence.bad": Text(
        "it has forgotten the gateway's sessions and what waited in them",
        "网关的会话及其中待收的消息已丢失",
    ),
    "truth.persistence.do": Text(
        "set persistence true, and persistent_client_expiration not at all",
        "请设置 persistence true，且不要设置 persistent_client_expiration",
    ),
    "truth.set.do": Text("set {setting}", "请设置 {setting}"),
    # Servers over HTTP: time series, webhooks, CAP centres.
    "server.at": Text("{url}: {why}", "{url}：{why}"),
    "server.do": Text(
        "start the server, let the network reach it, or correct url",
        "请启动服务器，检查网络，或更正 url",
    ),
    "server.secret.do": Text("correct the secret that both sides need", "请更正双方共用的密钥"),
    "server.untrusted": Text("certificate not trusted: {why}", "证书不受信任：{why}"),
    "server.untrusted.do": Text(
        "correct ca_file, or the server's certificate", "请更正 ca_file，或更换服务器的证书"
    ),
    "server.late": Text("no answer in time", "未及时应答"),
    "server.too_long": Text("an answer of more than {bytes} bytes", "应答超过 {bytes} 字节"),
    "server.ca_file": Text("ca_file: {why}", "ca_file：{why}"),
    "server.ca_file.do": Text("correct ca_file", "请更正 ca_file"),
    "server.secret_unusable": Text("its secret cannot be used", "密钥无法使用"),
    "server.token_unusable": Text("its token cannot be used", "令牌无法使用"),
    "server.refuses": Text(
        "{url} refuses the gateway (HTTP {status})", "{url} 拒绝网关访问（HTTP {status}）"
    ),
    "server.status": Text("{url}: HTTP {status}", "{url}：HTTP {status}"),
    "server.status_text": Text("{url}: HTTP {status} {text}", "{url}：HTTP {status} {text}"),
    "server.redirect": Text(
        "{url}: HTTP {status}, a redirect, is not followed", "{url}：HTTP {status} 重定向，未跟随"
    ),
    "server.url.do": Text("correct url", "请更正 url"),
    "server.receiver.do": Text("see the log of the receiver", "请查看接收方的日志"),
    "server.takes": Text("the server takes entries", "服务器正常接收"),
    "timeseries.secret.do": Text(
        "correct token_file or password_file in [timeseries], and let the gateway's user read it",
        "请更正 [timeseries] 中的 token_file 或 password_file，并允许网关的用户读取",
    ),
    "timeseries.login.do": Text(
        "correct token_file or username and password_file in [timeseries]",
        "请更正 [timeseries] 中的 token_file，或 username 和 password_file",
    ),
    "timeseries.status.do": Text(
        "see the log of the server; it needs the bucket (with v1 the database) that is in "
        "[timeseries], and room",
        "请查看服务器的日志；须有 [timeseries] 中的 bucket（v1 为 database）和足够的空间",
    ),
    "webhook.secret.do": Text(
        "correct secret_file of the webhook, and let the gateway's user read it",
        "请更正该 Webhook 的 secret_file，并允许网关的用户读取",
    ),
    "webhook.refuses.do": Text(
        "both sides need the same secret and clock", "请使双方的密钥和时钟一致"
    ),
    "part.unexpected": Text("an unexpected error", "内部错误"),
    "part.unexpected.do": Text(
        "see the gateway's log, and report the traceback to the makers",
        "请查看网关的日志，并将错误记录反馈给开发者",
    ),
    "sink.quarantined": Text(
        "{count} pieces will never be taken and are in quarantine; the first: {why}",
        "{count} 条数据被服务器拒收，已隔离；首条：{why}",
    ),
    "sink.quarantined.do": Text(
        "correct what the server expects of these fields or bodies, or its limits",
        "请更正服务器对这些字段或内容的要求或限制",
    ),
    "sink.all_taken": Text("every piece was taken again", "数据已全部被接收"),
    # Serial lines.
    "serial.open": Text("open", "已打开"),
    "serial.replaced": Text("the adapter was replaced", "适配器已被更换"),
    "serial.gone": Text("the adapter has gone", "适配器已断开"),
    "serial.cable.do": Text(
        "see whether the adapter is plugged in and its cable is whole",
        "请检查适配器是否插好，线缆是否完好",
    ),
    "serial.no_adapter": Text("no adapter {usb} is plugged in", "未插入适配器 {usb}"),
    "serial.no_adapter.do": Text(
        "plug it in, or correct usb in [[serial]]", "请插入适配器，或更正 [[serial]] 中的 usb"
    ),
    "serial.several": Text("{count} adapters are {usb}", "有 {count} 个适配器是 {usb}"),
    "serial.several.do": Text(
        "add a serial number to usb in [[serial]]", "请在 [[serial]] 的 usb 中加上序列号"
    ),
    "serial.missing": Text("{port}: {why}", "{port}：{why}"),
    "serial.missing.do": Text(
        "plug the adapter in, end what else uses it, and let the gateway's user open it (group "
        "dialout); or correct port in [[serial]]",
        "请插好适配器，关闭占用它的程序，并允许网关的用户打开（dialout 组）；"
        "或更正 [[serial]] 中的 port",
    ),
}
