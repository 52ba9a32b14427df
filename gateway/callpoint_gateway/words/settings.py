"""What is wrong with a configuration, a register or a file with secrets, and what to write.

In both languages. Keys, tables and values in braces are data: people find them in the file.
"""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

SETTINGS: Final[Mapping[str, Text]] = {
    "config.in_file": Text("{path}: {what}", "{path}：{what}"),
    "config.in_line": Text("{path}:{line}: {what}", "{path}:{line}：{what}"),
    # Files.
    "config.unreadable": Text("cannot be read: {why}", "无法读取：{why}"),
    "config.no_file": Text(
        "cannot be read: there is no such file; write it, or correct its name",
        "无法读取：没有此文件；请编写此文件，或更正文件名",
    ),
    "config.no_gateway_file": Text(
        "cannot be read: there is no such file; write it as CONFIGURATION.md says, or name "
        "another with --config",
        "无法读取：没有此文件；请按 CONFIGURATION.md 编写，或用 --config 指定",
    ),
    "config.not_text": Text("is not UTF-8 text", "不是 UTF-8 文本"),
    "config.not_toml": Text("not valid TOML: {why}", "TOML 格式错误：{why}"),
    "config.file": Text("{field} {file}: {why}", "{field} {file}：{why}"),
    "config.no_text": Text("is not text", "不是文本"),
    "config.no_folder": Text("no folder", "不是文件夹"),
    # Keys.
    "config.unknown": Text("unknown key '{key}'; {hint}", "不认识的键“{key}”；{hint}"),
    "config.unknown_in": Text(
        "unknown key '{key}' in {table}; {hint}", "{table} 中有不认识的键“{key}”；{hint}"
    ),
    "config.near": Text("did you mean '{near}'?", "是否指“{near}”？"),
    "config.valid": Text("valid are {valid}", "可用：{valid}"),
    "config.missing": Text("missing key `{key}`", "缺少 `{key}`"),
    "config.one_of": Text("one of {valid}", "可用：{valid}"),
    "config.none_such": Text("no '{name}'; valid are {valid}", "没有“{name}”，可用：{valid}"),
    "config.no_kind": Text(
        "no kind '{kind}'; valid are {valid}", "没有类型“{kind}”，可用：{valid}"
    ),
    "config.id": Text("1 to 32 of a-z 0-9 - _", "1 至 32 个 a-z 0-9 - _"),
    "config.time_zone": Text(
        "no '{name}'; one such as Asia/Shanghai", "没有“{name}”，例如 Asia/Shanghai"
    ),
    "config.pair": Text(
        "certificate_file and key_file belong together", "certificate_file 和 key_file 须同时设置"
    ),
    "config.same_centre": Text("two centres are named '{name}'", "有两个接警中心名为“{name}”"),
    "config.same_serial": Text(
        "two serial lines are named '{name}'", "有两条串口线路名为“{name}”"
    ),
    "config.same_webhook": Text("two webhooks are named '{name}'", "有两个 Webhook 名为“{name}”"),
    "config.same_channel": Text("two channels are named '{name}'", "有两个渠道名为“{name}”"),
    "config.port_or_usb": Text(
        "give the line a port or a usb, one of them", "请为线路设置 port 或 usb 之一"
    ),
    # Hosts, URLs, certificates.
    "host.empty": Text("empty; write a name or an address", "为空；请填写名称或地址"),
    "host.blank": Text("'{host}' has a blank; remove it", "“{host}”含有空格，请去掉"),
    "host.url": Text(
        "'{host}' is a URL; write the name or the address alone",
        "“{host}”是网址；请只填写名称或地址",
    ),
    "host.brackets": Text(
        "'{host}' has brackets; write the address without them",
        "“{host}”含有方括号；请去掉方括号",
    ),
    "host.character": Text(
        "'{host}' can be no name or address: '{character}' is in it",
        "“{host}”不可能是主机名或地址：含有“{character}”",
    ),
    "host.no_name": Text(
        "'{host}' can be no name: each part between dots has 1 to 63 characters",
        "“{host}”不可能是主机名：点号之间的每段须为 1 至 63 个字符",
    ),
    "url.unprintable": Text("a character that cannot be printed is in it", "含有不可显示的字符"),
    "url.begins": Text(
        "it begins with http:// or https:// and a host", "应以 http:// 或 https:// 加主机开头"
    ),
    "url.user": Text("no user belongs into it", "不得含有用户名"),
    "url.port_0": Text("no server has port 0", "端口不能为 0"),
    "url.no_url": Text("it is no URL", "不是网址"),
    "url.no_host": Text("'{host}' is no name of a host", "“{host}”不是主机名"),
    "url.only_path": Text(
        "only up to the path; what is asked for stands in org and bucket",
        "只写到路径为止；查询内容写在 org 和 bucket 中",
    ),
    "ca.no_pem": Text("{file} holds no certificate in PEM form", "{file} 中没有 PEM 证书"),
    "ca.unreadable": Text("{file} cannot be read: {why}", "{file} 无法读取：{why}"),
    # Secrets.
    "secret.not_utf8": Text("is not UTF-8", "不是 UTF-8"),
    "secret.mark": Text(
        "begins with a byte order mark; save it as UTF-8 without one",
        "以字节顺序标记开头；请另存为无标记的 UTF-8",
    ),
    "secret.lines": Text("has more than one line", "多于一行"),
    "secret.control": Text("holds a control character", "含有控制字符"),
    "secret.token": Text(
        "a token has no spaces and no characters beyond ASCII", "令牌只能是不含空格的 ASCII 字符"
    ),
    "secret.short": Text("needs at least {least} characters", "至少 {least} 个字符"),
    "secret.colon": Text("no colon can be in it (RFC 7617, 2)", "不能含有冒号（RFC 7617, 2）"),
    "secret.open": Text(
        "others may use this file; run: chmod 600 {path}",
        "其他用户可使用此文件，请运行：chmod 600 {path}",
    ),
    "secret.no_toml": Text(
        "is not TOML; each line is: {example}", "TOML 格式错误；每行应为：{example}"
    ),
    "key.device": Text(
        "a device is named by 1 to 32 of a-z 0-9 - _", "设备名为 1 至 32 个 a-z 0-9 - _"
    ),
    "key.no_hex": Text("the key is no hex text", "密钥不是十六进制文本"),
    "key.length": Text(
        "a key has {least} to {most} hex digits, make one: openssl rand -hex 32",
        "密钥为 {least} 至 {most} 个十六进制数字，可用 openssl rand -hex 32 生成",
    ),
    "code.length": Text(
        "a code has {least} to {most} characters", "密码为 {least} 至 {most} 个字符"
    ),
    "code.none": Text(
        "no code; make the line with: callpoint partitions code",
        "不是密码；请用 callpoint partitions code 生成该行",
    ),
    "code.no_codes": Text(
        "there are no codes; set codes_file as well", "没有密码；请同时设置 codes_file"
    ),
    "code.no_partition": Text(
        "the register has no partition '{name}'", "登记表中没有分区“{name}”"
    ),
    # Centres.
    "centre.in_paths": Text(
        "{keys} stand in each [[centre.path]], not beside it",
        "{keys} 应写在各 [[centre.path]] 中，而非其旁",
    ),
    "centre.in_routes": Text(
        "kinds, places and hours stand in each [[centre.route]]",
        "kinds、places 和 hours 应写在各 [[centre.route]] 中",
    ),
    "centre.openings": Text("only protocol {able} has words for it", "只有协议 {able} 支持"),
    "centre.test_both": Text("not together with test_every_s", "不能与 test_every_s 同时设置"),
    "centre.key_missing": Text(
        "missing key `{key}` for protocol {protocol}", "协议 {protocol} 缺少 `{key}`"
    ),
    "centre.key_unused": Text(
        "{key}: not used for protocol {protocol}", "{key}：协议 {protocol} 不使用"
    ),
    "centre.ca_without_tls": Text('only used with transport = "tls"', '仅用于 transport = "tls"'),
    "centre.table": Text(
        "[centre.{table}] belongs to protocol {protocol}, which needs it",
        "[centre.{table}] 属于协议 {protocol}，且为其必需",
    ),
    "centre.token_in_clear": Text(
        "it would go over the network in clear; use an https url",
        "将以明文经过网络；请使用 https 网址",
    ),
    "centre.kinds_missing": Text(
        "no centre takes {kinds}; add them to its kinds",
        "没有接警中心接收 {kinds}；请加入其 kinds",
    ),
    "centre.reads_nothing": Text(
        "centre {centre} can read nothing of the place '{id}' ({place}); give it a label in the "
        "letters that the centre takes",
        "接警中心 {centre} 无法显示地点“{id}”（{place}）；请用该中心支持的字符设置 label",
    ),
    "centre.alike": Text(
        "centre {centre} cannot tell {one} from {other}: it reads {text} of both; {remedy}",
        "接警中心 {centre} 无法区分 {one} 和 {other}：两者都显示为 {text}；{remedy}",
    ),
    "centre.label": Text("give one of their places a label", "请为其中一个地点设置 label"),
    "centre.number": Text(
        "give one of the devices another number =", "请为其中一台设备设置另一个 number ="
    ),
    "centre.zone": Text(
        "give one of them another centre_zone, its device an account, or its place a label",
        "请为其中一个设置另一个 centre_zone，为其设备设置 account，或为其地点设置 label",
    ),
    "route.nowhere": Text(
        "nothing of the register is at '{place}'", "登记表中没有位于“{place}”的内容"
    ),
    "route.near": Text(
        "nothing of the register is at '{place}'; did you mean '{near}'?",
        "登记表中没有位于“{place}”的内容；是否指“{near}”？",
    ),
    "route.gap": Text(
        "no centre takes {kind} at {place}; give it a route",
        "{place} 的 {kind} 没有接警中心接收；请为其设置路由",
    ),
    "route.gap_from": Text(
        "no centre takes {kind} at {place} from {when}; give it a route",
        "{place} 的 {kind} 自 {when} 起没有接警中心接收；请为其设置路由",
    ),
    # Alarms, levels, notifications, console.
    "alarms.ladder_empty": Text(
        "each step informs a role or a group at least", "每一级至少通知一个角色或组"
    ),
    "alarms.ladder_order": Text(
        "each step's after_s is at least that of the one before",
        "每一级的 after_s 不得小于前一级",
    ),
    "level.twice": Text("{level} has a table already", "{level} 已有设置"),
    "notify.file": Text(
        "give the channel a url_file or a request_file, one of them",
        "请为渠道设置 url_file 或 request_file 之一",
    ),
    "notify.address": Text(
        "a kind of address, such as phone or email", "地址类型，例如 phone 或 email"
    ),
    "notify.no_channel": Text(
        "no channel '{name}'; valid are {valid}", "没有渠道“{name}”，可用：{valid}"
    ),
    "notify.no_channels": Text(
        "none: there is no [[notify.channel]]", "无：没有 [[notify.channel]]"
    ),
    "notify.quiet": Text("hours such as 22:00-07:00", "时段，例如 22:00-07:00"),
    "notify.nothing": Text(
        "there is no [[notify.channel]] to tell anybody over", "没有用于通知的 [[notify.channel]]"
    ),
    "console.no_address": Text(
        "'{address}' is no address, such as 127.0.0.1 or 0.0.0.0",
        "“{address}”不是地址，例如 127.0.0.1 或 0.0.0.0",
    ),
    "console.no_network": Text(
        "'{network}' is no address and no network", "“{network}”不是地址或网段"
    ),
    "console.also_public": Text(
        "also needs public_url: the address in the browser, such as https://console.example",
        "还须设置 public_url：浏览器中的地址，例如 https://console.example",
    ),
    "console.no_path": Text(
        "the address in the browser, such as https://console.example, without a path",
        "浏览器中的地址，例如 https://console.example，不含路径",
    ),
    "console.https": Text("https only; a password is typed there", "只能是 https，因为要输入密码"),
    "console.no_tls": Text(
        "nobody speaks TLS here; set certificate_file and key_file, or the address of the proxy "
        "that does in proxies",
        "此处未使用 TLS；请设置 certificate_file 和 key_file，"
        "或在 proxies 中写明使用 TLS 的代理地址",
    ),
    "console.absolute": Text("at least idle_s", "不得小于 idle_s"),
    "console.in_clear": Text(
        "passwords would cross the network unencrypted; set certificate_file and key_file, or "
        "proxies and a proxy that speaks TLS",
        "密码将不加密经过网络；请设置 certificate_file 和 key_file，或 proxies 及支持 TLS 的代理",
    ),
    # The register.
    "register.place_id": Text(
        "1 to 64 letters, digits or . / - _ or blanks, a letter or digit first",
        "1 至 64 个文字、数字或 . / - _ 或空格，以文字或数字开头",
    ),
    "register.person": Text(
        "persons do not belong in the register; remove it", "登记表不得登记人员，请删除"
    ),
    "register.same_place": Text("two places have the id '{id}'", "有两个地点的编号为“{id}”"),
    "register.same_partition": Text(
        "two partitions have the id '{id}'", "有两个分区的编号为“{id}”"
    ),
    "register.same_device": Text("two devices have the id '{id}'", "有两台设备的编号为“{id}”"),
    "register.same_zone": Text("zone {zone} stands twice", "防区 {zone} 重复"),
    "register.own_name": Text(
        "'{id}' is one of the gateway's own names", "“{id}”是网关自用的名称"
    ),
    "register.no_place": Text("no [[place]] has the id '{id}'", "没有编号为“{id}”的 [[place]]"),
    "register.no_partition": Text(
        "no [[partition]] has the id '{id}'", "没有编号为“{id}”的 [[partition]]"
    ),
    "register.no_other": Text(
        "no other [[device]] has the id '{id}'", "没有编号为“{id}”的其他 [[device]]"
    ),
    "register.unguarded": Text("only of a zone with guarded_by", "仅用于有 guarded_by 的防区"),
    "register.always_on": Text(
        "a zone of kind {kind} is always on; only {valid}",
        "类型为 {kind} 的防区始终有效；仅限 {valid}",
    ),
    "register.opening": Text(
        "not with guarded_by, which decides it", "有 guarded_by 时不适用，由分区决定"
    ),
}
