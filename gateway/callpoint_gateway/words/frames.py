"""What is wrong with a frame of an alarm centre, or cannot stand in one; in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

FRAMES: Final[Mapping[str, Text]] = {
    "frame.time_range": Text("time: out of range", "时间超出范围"),
    "frame.time_form": Text("time: not HH:MM:SS,MM-DD-YYYY", "时间格式不是 HH:MM:SS,MM-DD-YYYY"),
    "frame.time_none": Text("time: no such moment", "时间不存在"),
    "frame.long": Text("body: longer than {most} bytes", "报文超过 {most} 字节"),
    "frame.ends": Text("frame: does not start with LF and end with CR", "帧不以 LF 开头、CR 结尾"),
    "frame.envelope": Text("frame: no checksum and length", "帧没有校验和与长度"),
    "frame.length": Text(
        "length: {length} for {actual:04X} bytes", "长度为 {length}，实为 {actual:04X} 字节"
    ),
    "frame.checksum": Text(
        "checksum: {checksum} for {actual}", "校验和为 {checksum}，应为 {actual}"
    ),
    "frame.number": Text("number: not from 0 to 9999", "编号不在 0 至 9999 之间"),
    "frame.account": Text("account: missing", "缺少账号"),
    "frame.header_parts": Text(
        "header: token, receiver, prefix or account not as clause 5.5.1 has it",
        "报头的标识、接收机号、前缀或账号不符合 5.5.1 条",
    ),
    "frame.data": Text(
        "data: holds a bracket or a line end, or a block has no letter",
        "数据含方括号或换行，或数据块没有字母",
    ),
    "frame.key": Text("key: none for an encrypted frame", "加密帧没有密钥"),
    "frame.never": Text("token: {token} is never encrypted", "{token} 从不加密"),
    "frame.untimed": Text("time: an encrypted frame must carry one", "加密帧必须带时间"),
    "frame.header": Text("header: not as clause 5.5.1 has it", "报头不符合 5.5.1 条"),
    "frame.hex": Text("encrypted part: not hexadecimal", "加密部分不是十六进制"),
    "frame.tail": Text(
        "data: brackets or time not as clause 5.5.1 has them", "数据的方括号或时间不符合 5.5.1 条"
    ),
    "frame.text": Text("text: cannot be encoded", "文本无法编码"),
    "frame.blocks": Text(
        "encrypted part: not whole blocks of 16 bytes", "加密部分不是 16 字节的整数倍"
    ),
    "frame.other_key": Text(
        "encrypted part: does not decrypt with this key", "加密部分无法用此密钥解密"
    ),
    "frame.token": Text("token: not ACK, NAK, DUH or RSP", "标识不是 ACK、NAK、DUH 或 RSP"),
    "frame.untimed_answer": Text("time: an encrypted answer must carry one", "加密应答必须带时间"),
    "frame.not_reported": Text(
        "kind {kind}, state {state} is told to no centre",
        "类型 {kind}、状态 {state} 不上报接警中心",
    ),
    "frame.partition": Text("partition: not from 0 to 99", "分区不在 0 至 99 之间"),
    "frame.zone": Text("zone: not from 0 to 999", "防区不在 0 至 999 之间"),
    "frame.zero": Text("number: 0 is for link tests", "编号 0 用于链路测试"),
    "frame.no_code": Text(
        "no code for kind {kind}, state {state}, detail {detail}",
        "类型 {kind}、状态 {state}、细节 {detail} 没有代码",
    ),
    "frame.years": Text("time: not from 2000 to 2099", "时间不在 2000 至 2099 年之间"),
    "frame.moment": Text("time: no such moment {six}", "时间 {six} 不存在"),
    "frame.field": Text("{name}: not from 0 to {most}", "{name} 不在 0 至 {most} 之间"),
    "frame.short": Text("length: shorter than a frame", "长度不足一帧"),
    "frame.start": Text("start: not 40 40", "启动符不是 40 40"),
    "frame.more": Text("length: {length} is more than {most}", "长度 {length} 超过 {most}"),
    "frame.inside": Text(
        "length: {length} in a frame of {size} bytes", "帧有 {size} 字节，长度却为 {length}"
    ),
    "frame.end": Text("end: not 23 23", "结束符不是 23 23"),
    "frame.version": Text("version: {version} is not known", "版本 {version} 未知"),
    "frame.command": Text("command: {command} is not known", "命令 {command} 未知"),
    "frame.objects": Text(
        "objects: {count} of type {unit}, at most {most}",
        "类型 {unit} 有 {count} 个信息对象，最多 {most} 个",
    ),
    "frame.object": Text(
        "objects: {called} in type {unit}", "类型 {unit} 中不能有信息对象 {called}"
    ),
    "frame.size": Text(
        "data: {size} bytes, at most {most}", "数据为 {size} 字节，最多 {most} 字节"
    ),
    "frame.value": Text("{name}: {value} does not fit", "{name} 的值 {value} 超出范围"),
    "frame.no_type": Text("data: shorter than type and count", "数据不足以含类型和数目"),
    "frame.type": Text("type: {unit} is not known", "类型 {unit} 未知"),
    "frame.cut": Text("data: type {unit} is cut short", "类型 {unit} 的数据不完整"),
    "frame.behind": Text(
        "data: {count} bytes behind type {unit}", "类型 {unit} 之后多出 {count} 字节"
    ),
    "frame.not_here": Text(
        "type: {unit} asks for what is not here", "类型 {unit} 所查询的内容不存在"
    ),
    "frame.no_centre": Text(
        "command: {command} comes from no centre", "接警中心不会发出命令 {command}"
    ),
    "frame.no_order": Text("type: {unit} is no order", "类型 {unit} 不是指令"),
    "frame.key_digits": Text(
        "key: not 32, 48 or 64 hexadecimal digits", "密钥不是 32、48 或 64 位十六进制数字"
    ),
    "frame.key_text": Text(
        "key: not 16, 24 or 32 ASCII characters nor hexadecimal digits",
        "密钥既不是 16、24 或 32 个 ASCII 字符，也不是十六进制数字",
    ),
}
