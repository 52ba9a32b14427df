"""Why the gateway keeps a message in quarantine instead of using it, in both languages.

The journal stores the English text alone. ``decoding.quarantine_reason`` finds its code again, so
a text that was stored once is never changed here: an entry of it would be shown in English.
"""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

QUARANTINE: Final[Mapping[str, Text]] = {
    # The first, because the others would take its end for a part of their last value.
    "kept.missing": Text("{why} (missing)", "{why}（缺少此键）"),
    # A key of a message.
    "kept.range": Text("not a whole number from {low} to {high}", "应为 {low} 至 {high} 的整数"),
    "kept.printable": Text(
        "not a text of at most {most} printable ASCII characters without quote and backslash",
        "应为不超过 {most} 个可打印 ASCII 字符的文本，不含引号和反斜杠",
    ),
    "kept.choice": Text("not one of {codes}", "应为下列之一：{codes}"),
    "kept.product": Text("not 1 to 32 of a-z 0-9 - _", "应为 1 至 32 个 a-z 0-9 - _ 字符"),
    "kept.version": Text("not version {version}", "不是版本 {version}"),
    "kept.state": Text(
        "{state} is not allowed for {kind}: one of {codes}",
        "{kind}不允许状态 {state}，应为下列之一：{codes}",
    ),
    "kept.detail": Text(
        "{detail} has no meaning for {kind} {state}", "{detail} 对{kind}{state}没有意义"
    ),
    "kept.boot": Text(
        "{boot} is an earlier boot than this device has had",
        "{boot} 早于该设备已有的启动编号",
    ),
    # A message as a whole.
    "kept.body": Text("body", "消息内容"),
    "kept.object": Text("not a JSON object", "不是 JSON 对象"),
    "kept.long": Text("longer than {most} bytes", "超过 {most} 字节"),
    "kept.utf8": Text("not UTF-8 (byte {byte})", "不是 UTF-8（第 {byte} 字节）"),
    "kept.json": Text("not JSON ({why})", "不是 JSON（{why}）"),
    "kept.deep": Text("nested too deeply", "嵌套过深"),
    # Where it came from.
    "kept.site": Text(
        "site: {site} is not this gateway's site {own}", "站点 {site} 不是本网关的站点 {own}"
    ),
    "kept.channel": Text(
        "channel: {channel} is not for the gateway", "通道 {channel} 不是发给网关的"
    ),
    "kept.device": Text("device: {device} is not in the register", "登记表中没有设备 {device}"),
    "kept.no_key": Text(
        "device: {device} has no key for {way}", "设备 {device} 没有用于 {way} 的密钥"
    ),
    "kept.coap_channel": Text(
        "channel: {channel} does not go over CoAP", "通道 {channel} 不经 CoAP 传送"
    ),
    "kept.serial_channel": Text(
        "channel: {channel} does not go up a serial line", "通道 {channel} 不经串行线路上传"
    ),
    "kept.method": Text("method: only POST", "只允许 POST 方法"),
    "kept.too_long": Text("body: too long", "消息内容过长"),
    "kept.no_coap": Text("body: no CoAP message", "不是 CoAP 消息"),
    "kept.unconfirmable": Text("type: not confirmable", "不是需确认（CON）的消息"),
    "kept.rate": Text("rate: too fast", "发送过于频繁"),
    "kept.waiting": Text("rate: too many wait for the disk", "等待写入磁盘的消息过多"),
}
